"""What people and programs send about maintenance: plans, people, terms, calendars, visits, orders."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from alerts.maintenance.checks import MOST_DRAWING, Outcome, is_drawing
from alerts.maintenance.plans.plan import Judge, Kind
from alerts.maintenance.visit import Op
from api.problems import Wrong
from api.schemas import Amount, Form, Latitude, LiftId, Line, Longitude, Moment, Phone, Prose, Ref, Secret, Word
from elevator.model import LiftClass

Rating = Annotated[str, Field(pattern=r"^[A-D]$", description="of the firm by its supervisor, A to D")]
Limiting = Annotated[float, Field(ge=-1_000_000, le=1_000_000, allow_inf_nan=False)]


def _example(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [value]})


_ITEM = {
    "kind": "quarter", "zh": "机房温度", "en": "Machine room temperature", "must_zh": "不高于 40 °C",
    "must_en": "at most 40 °C", "judge": "number", "unit": "°C", "most": 40,
}  # fmt: skip


class PlanItemForm(Form):
    """One item that a firm adds."""

    model_config = _example(_ITEM)
    kind: Kind = Field(description="the shortest kind of maintenance at which it is done")
    zh: Line
    en: Line
    must_zh: Line
    must_en: Line
    judge: Judge = Judge.QUALITATIVE
    unit: Word | None = None
    least: Limiting | None = None
    most: Limiting | None = None
    key: bool = Field(False, description="a test: a photo is compulsory")


class PlanForm(Form):
    """The next version of a firm's own plan: the newest published items, and these."""

    model_config = _example({"lift_class": "traction", "items": [_ITEM]})
    lift_class: LiftClass
    firm_id: Ref | None = Field(None, description="by an admin: whose; a firm's own otherwise")
    items: Annotated[list[PlanItemForm], Field(max_length=200)]


class CertificateForm(Form):
    """What shows that somebody may do this work."""

    model_config = _example({"kind": "T 电梯修理", "number": "T430203199001011234", "valid_until": "2028-05-31"})
    kind: Word
    number: Word
    valid_until: date = Field(description="its last day")


class WorkerForm(Form):
    """Somebody who works at lifts."""

    model_config = _example({
        "name": "王维", "phone": "139 0733 2211",
        "certificates": [{"kind": "T 电梯修理", "number": "T430203199001011234", "valid_until": "2028-05-31"}],
    })  # fmt: skip
    name: Word
    phone: Phone | None = None
    active: bool = True
    firm_id: Ref | None = Field(None, description="by an admin: whose; a firm's own otherwise")
    certificates: Annotated[list[CertificateForm], Field(max_length=20)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _once(self) -> "WorkerForm":
        keys = [(one.kind, one.number) for one in self.certificates]
        if len(set(keys)) != len(keys):
            raise ValueError("a certificate stands twice")
        return self


class OnDemandForm(Form):
    """On what terms a lift is maintained on demand (按需维保)."""

    model_config = _example({
        "ceiling_months": 2, "inspection_until": "2027-03-31", "insurance_until": "2027-01-31", "rating": "A",
    })  # fmt: skip
    ceiling_months: int = Field(description="a visit at least so often, 1 to 3 months")
    inspection_until: date
    insurance_until: date
    rating: Rating


class TermsForm(Form):
    """What the due days of a lift follow from; what is left out stays as it is."""

    model_config = _example({"last": {"half_month": "2026-02-20", "year": "2025-09-01"}, "on_demand": None})
    last: dict[Kind, date] | None = Field(None, description="visits before Liftline kept them, by kind")
    on_demand: OnDemandForm | None = Field(None, description="null ends it")


class CalendarForm(Form):
    """A calendar program that may read what is due."""

    model_config = _example({"name": "王维的手机"})
    name: Word


# --- visits --------------------------------------------------------------------------------------------------

VisitId = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
]
Photos = Annotated[list[Ref], Field(max_length=20, description="names of pictures that were sent before")]
_DRAWING = {"kind": "svg", "data": "M10 40C30 10 50 10 60 40L80 20"}
_RESULTS: list[dict[str, Any]] = [
    {"code": "A-1-1", "outcome": "normal"},
    {"code": "A-1-29", "outcome": "normal", "value": 8.5},
    {"code": "A-1-15", "outcome": "abnormal", "text": "3 层井道灯不亮", "photos": ["p-20260302-1"]},
]
# What each operation needs, and what it may carry besides.
FIELDS: dict[Op, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Op.CHECK_IN: (("kind", "worker_id"), ("second_id", "alone", "interval_s", "planned_s", "lat", "lon")),
    Op.RESULTS: (("results",), ()),
    Op.PART: (("name",), ("count", "number")),
    Op.SECOND: ((), ("second_id", "alone")),
    Op.ALIVE: ((), ()),
    Op.PAUSE: ((), ()),
    Op.RESUME: ((), ()),
    Op.SIGN: (("worker_id", "drawing"), ()),
    Op.CHECK_OUT: ((), ()),
    Op.COUNTERSIGN: (("name", "drawing"), ()),
    Op.NOTE: (("text",), ("photos",)),
    Op.VOID: (("reason",), ()),
}


class DrawingForm(Form):
    """A signature as it was drawn."""

    model_config = _example(_DRAWING)
    kind: Literal["svg", "png"] = Field(description="path data of an SVG drawing, or a PNG picture in base64")
    data: Annotated[str, StringConstraints(min_length=1, max_length=MOST_DRAWING)]

    @model_validator(mode="after")
    def _drawn(self) -> "DrawingForm":
        if not is_drawing(self.kind, self.data):
            raise ValueError("this is no signature: the path of an SVG drawing, or a PNG picture in base64")
        return self


class ResultForm(Form):
    """How one item was found."""

    model_config = _example(_RESULTS[2])
    code: Ref
    outcome: Outcome
    value: Limiting | None = None
    text: Prose | None = None
    photos: Photos = Field(default_factory=list)


class VisitForm(Form):
    """What operations of a visit may carry; each reads what it needs."""

    kind: Kind | None = None
    worker_id: Ref | None = None
    second_id: Ref | None = None
    alone: bool | None = Field(None, description="works alone: signs of life are waited for")
    interval_s: Annotated[int, Field(ge=300, le=3600, description="s between signs of life")] | None = None
    planned_s: Annotated[int, Field(ge=600, le=43_200, description="s that it should take")] | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    results: Annotated[list[ResultForm], Field(max_length=300)] | None = None
    name: Word | None = None
    count: Amount | None = None
    number: Word | None = None
    drawing: DrawingForm | None = None
    text: Prose | None = None
    photos: Photos | None = None
    reason: Line | None = None
    at: Moment | None = Field(None, description="when it was done, by the phone's clock")


class OperationForm(VisitForm):
    """One operation on line."""

    model_config = _example({"results": _RESULTS, "at": "2026-03-02T01:20:00Z"})


_CHECK_IN = {
    "kind": "half_month", "worker_id": "0198c0de-0000-7000-8000-000000000002", "alone": True, "interval_s": 900,
    "lat": 27.8274, "lon": 113.1339, "at": "2026-03-02T01:00:00Z",
}  # fmt: skip


class CheckInForm(VisitForm):
    """A visit begins."""

    model_config = _example({"lift_id": "31104302002017080012", **_CHECK_IN})
    id: VisitId | None = Field(None, description="made by the phone, so that a visit may begin without network")
    lift_id: LiftId | None = None
    qr: Line | None = Field(None, description="the text of the code on the lift, instead of `lift_id`")

    @model_validator(mode="after")
    def _somewhere(self) -> "CheckInForm":
        if (self.lift_id is None) == (self.qr is None):
            raise ValueError("say which lift: lift_id, or the text of its QR code")
        return self


class SentForm(VisitForm):
    """One operation of a batch."""

    model_config = _example({"id": "op-1", "op": "check_in", "n": 1, **_CHECK_IN})
    id: Ref = Field(description="made by the phone; the same is taken once")
    op: Op
    n: Annotated[int, Field(ge=1, le=100_000, description="its place on this phone, from 1")]


class SyncForm(Form):
    """What a phone has gathered of one visit; it may be sent as often as you like, and in pieces."""

    model_config = _example({
        "visit": "0198c0de-0000-7000-8000-000000000009", "lift_id": "31104302002017080012", "device": "phone-7",
        "sent_at": "2026-03-02T03:00:00Z", "operations": [{"id": "op-1", "op": "check_in", "n": 1, **_CHECK_IN}],
    })  # fmt: skip
    visit: VisitId
    lift_id: LiftId
    device: Ref
    sent_at: Moment = Field(description="by the phone's clock: tells how far that is off")
    operations: Annotated[list[SentForm], Field(min_length=1, max_length=300)]


class SignForm(Form):
    """A safety officer signs by link."""

    model_config = _example({"code": "k3r0P4wz1yq8", "name": "赵经理", "drawing": _DRAWING})
    code: Secret
    name: Word
    drawing: DrawingForm
    version: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = Field(
        None, description="what was looked at: if the visit has changed since, nothing is signed"
    )


class LookForm(Form):
    """The code of a link to sign."""

    model_config = _example({"code": "k3r0P4wz1yq8"})
    code: Secret


def body_of(op: Op, form: VisitForm, where: str) -> tuple[dict[str, Any], list[Wrong]]:
    """What an operation says, and all that is missing or does not belong to it."""
    needed, more = FIELDS[op]
    said = form.model_dump(mode="json", exclude_unset=True, include=set(VisitForm.model_fields) - {"at"})
    wrong = [
        Wrong(field=f"{where}.{name}", message=f"{op} needs it", expected="a value")
        for name in needed
        if said.get(name) is None
    ]
    wrong += [
        Wrong(field=f"{where}.{name}", message=f"{op} has no {name}", expected=", ".join((*needed, *more)) or "nothing")
        for name in said
        if name not in {*needed, *more}
    ]
    if ("lat" in said) != ("lon" in said) and op is Op.CHECK_IN:
        wrong.append(Wrong(field=where, message="lat and lon belong together", expected="both or neither"))
    return said, wrong


# --- orders --------------------------------------------------------------------------------------------------


class OrderForm(Form):
    """Something that must be repaired."""

    model_config = _example({"lift_id": "31104302002017080012", "text": "3 层外呼按钮松动", "photos": []})
    lift_id: LiftId
    text: Prose
    photos: Photos = Field(default_factory=list)


class OrderActionForm(Form):
    """What is said when something is done to an order."""

    model_config = _example({"text": "更换井道灯", "photos": ["p-20260303-4"], "at": "2026-03-03T02:00:00Z"})
    text: Prose | None = None
    photos: Photos = Field(default_factory=list)
    at: Moment | None = Field(None, description="the device's time")
