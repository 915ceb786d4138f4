"""What people and programs send about maintenance: plans, people with certificates, terms, calendars."""

from datetime import date
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from alerts.maintenance.plans.plan import Judge, Kind
from api.schemas import Form, Line, Phone, Ref, Word
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
