"""What people and programs send: the bodies of writes, with examples."""

from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from api.schemas import (
    Amount,
    Form,
    Latitude,
    Line,
    Longitude,
    Moment,
    Phone,
    Prose,
    Ref,
    RescueCode,
    Secret,
    Word,
)
from api.schemas import LiftId as LiftIdText
from elevator.model import LiftClass

PersonRole = Literal["admin", "dispatcher", "supervisor", "firm", "responder", "property"]
Landing = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4, pattern=r"^[^\x00]+$")]


def _example(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [value]})


class SignIn(Form):
    """Name and password."""

    model_config = _example({"login": "chen", "password": "correct horse battery staple"})
    login: Secret
    password: Secret


class SignInCode(Form):
    """The code of a one-time sign-in link."""

    model_config = _example({"code": "k3r0P4wz1yq8"})
    code: Secret


_LIFT = {
    "lift_id": "31104302002017080012",
    "rescue_code": "430217",
    "name": "3 号楼 1 单元",
    "lift_class": "traction",
    "address": "天元区黄河北路 88 号",
    "building": "湘江花园 3 栋",
    "district": "天元区",
    "lat": 27.8274,
    "lon": 113.1339,
    "firm": "湘安电梯",
    "floors": ["B1", "1", "2", "3"],
    "commissioned_on": "2017-08-01",
}

_READ_ONLY = frozenset({"state", "offset", "firm_name", "registered", "visit"})


class LiftFields(Form):
    """A lift of the registry, all but its id; what only we can know (`state offset …`) is ignored when sent back."""

    model_config = _example({name: value for name, value in _LIFT.items() if name != "lift_id"})
    rescue_code: RescueCode = Field(description="4 to 8 digits, printed in the car; unique")
    name: Word
    lift_class: LiftClass = LiftClass.TRACTION
    address: Line | None = None
    building: Word | None = None
    district: Word | None = None
    feeder: Word | None = None
    gateway: Word | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    firm: Word | None = Field(None, description="the contracted firm, by id or by name")
    model: Word | None = None
    rated_speed: Amount | None = Field(None, description="m/s")
    load_rated: Amount | None = Field(None, description="kg")
    floors: Annotated[list[Landing], Field(max_length=300)] | None = Field(None, description="lowest first")
    commissioned_on: date | None = None
    drill: bool = False

    @model_validator(mode="before")
    @classmethod
    def _drop_read_only(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: one for name, one in value.items() if name not in _READ_ONLY}
        return value

    @model_validator(mode="after")
    def _both_or_neither(self) -> "LiftFields":
        if (self.lat is None) != (self.lon is None):
            raise ValueError("lat and lon belong together")
        return self


class LiftForm(LiftFields):
    """A lift with its id."""

    model_config = _example(_LIFT)
    lift_id: LiftIdText


class LiftPut(LiftFields):
    """A lift whose id stands in the path; it may be repeated."""

    lift_id: LiftIdText | None = None


class Report(Form):
    """A person reports that someone is trapped."""

    model_config = _example({"rescue_code": "430217", "caller": "138 0733 1122", "note": "两名成人，情绪稳定"})
    lift_id: LiftIdText | None = None
    rescue_code: RescueCode | None = None
    place: Line | None = Field(None, description="where, when neither is known")
    caller: Phone | None = None
    note: Prose | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> "Report":
        if not (self.lift_id or self.rescue_code or self.place):
            raise ValueError("say where: lift_id, rescue_code or place")
        return self


class SetLift(Form):
    """Which lift a report is about."""

    model_config = _example({"lift_id": "31104302002017080012"})
    lift_id: LiftIdText


class ActionForm(Form):
    """The body of any action; each reads what it needs (contract section 6)."""

    model_config = _example({"eta_s": 900, "at": "2026-03-01T08:30:00Z", "note": "已出发"})
    assignment_id: Ref | None = None
    unit_id: Ref | None = None
    firm_id: Ref | None = None
    tier: Annotated[int, Field(ge=1, le=3)] | None = None
    eta_s: Annotated[int, Field(ge=0, le=86_400, description="s")] | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    reason: Line | None = None
    duplicate_of: Ref | None = None
    persons: Annotated[int, Field(ge=0, le=1000)] | None = None
    injured: Annotated[int, Field(ge=0, le=1000)] | None = None
    method: Literal["crew", "property", "self", "other"] | None = None
    said_by: Line | None = None
    cause: Line | None = None
    verified_with: Line | None = None
    text: Prose | None = None
    note: Prose | None = None
    at: Moment | None = Field(None, description="the device's time")


class FirmForm(Form):
    """A maintenance firm or rescue organisation."""

    model_config = _example({"name": "湘安电梯", "phone": "0731-2220 1234"})
    name: Word
    phone: Phone | None = None
    active: bool = True


class UnitForm(Form):
    """A crew of a firm."""

    model_config = _example({"firm_id": "0198c0de-0000-7000-8000-000000000001", "name": "天元一组"})
    firm_id: Ref
    name: Word
    phone: Phone | None = None
    active: bool = True


class _Rights(Form):
    role: PersonRole
    firm_id: Ref | None = Field(None, description="of role firm and responder")
    unit_id: Ref | None = Field(None, description="of role responder")
    building: Word | None = Field(None, description="of role property")


_LOGIN = r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$"
Password = Annotated[str, StringConstraints(min_length=8, max_length=200, pattern=r"^[^\x00]+$")]


class UserForm(_Rights):
    """A person who may sign in."""

    model_config = _example({"login": "chen", "name": "陈调度", "role": "dispatcher", "password": "eight or more"})
    login: Annotated[str, StringConstraints(pattern=_LOGIN)]
    name: Word
    password: Password | None = Field(None, description="absent: unchanged, or one-time links only")
    active: bool = True


class TokenForm(_Rights):
    """A program that may call."""

    model_config = _example({"name": "crew app", "role": "firm", "firm_id": "0198c0de-0000-7000-8000-000000000001"})
    name: Word


class WebhookForm(Form):
    """Where messages about incidents go."""

    model_config = _example({"url": "https://rescue.example.org/hooks/liftline"})
    url: Annotated[str, StringConstraints(max_length=2000, pattern=r"^[\x21-\x7e]+$")]
    firm_id: Ref | None = Field(None, description="only this firm's incidents; null: everything")
    active: bool = True

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable or parts.username is not None:
            raise ValueError("expected https://host/path")
        return value
