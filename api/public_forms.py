"""What comes in and goes out without an account: reports by the code on a lift, and the sticker that carries it."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from api.schemas import PLAIN, Form, Phone, Shape, Text, Time

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9]+$")]
Told = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), PLAIN]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16,64}$")]


def _example(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [value]})


class Trouble(StrEnum):
    """What somebody at a lift reports."""

    TRAPPED = "trapped"
    STILL = "still"
    DOOR = "door"
    LEVEL = "level"
    NOISE = "noise"
    BUTTON = "button"
    LIGHT = "light"
    OTHER = "other"


TROUBLES: dict[Trouble, Text] = {
    Trouble.TRAPPED: Text(zh="有人被困", en="somebody is trapped"),
    Trouble.STILL: Text(zh="电梯不运行", en="does not run"),
    Trouble.DOOR: Text(zh="门有问题", en="trouble with the door"),
    Trouble.LEVEL: Text(zh="停层不平", en="stops above or below the floor"),
    Trouble.NOISE: Text(zh="异响或抖动", en="noise or shaking"),
    Trouble.BUTTON: Text(zh="按钮或显示失灵", en="button or display does not work"),
    Trouble.LIGHT: Text(zh="照明或通风", en="light or fan"),
    Trouble.OTHER: Text(zh="其他", en="something else"),
}


class ReportLookForm(Form):
    """The code of the sticker on a lift."""

    model_config = _example({"code": "kq7m2vx9hd3tbw5n"})
    code: Code


class ReportForm(Form):
    """What somebody at a lift reports."""

    model_config = _example({
        "code": "kq7m2vx9hd3tbw5n", "kind": "door", "text": "3 楼的门关不上", "key": "5f0c8a1b2d3e4f60",
    })  # fmt: skip
    code: Code
    kind: Trouble
    text: Told | None = None
    phone: Phone | None = Field(None, description="only with `trapped`: whom the rescue centre may call back")
    key: Key = Field(description="made by the page: what is sent twice counts once")


class ReportView(Shape):
    """What somebody sees who has scanned the code: which lift it is, and what is known already."""

    name: str | None
    building: str | None
    address: str | None
    rescue_code: str | None
    rescue_phone: str | None
    firm_name: str | None
    rescue_under_way: bool
    kinds: dict[Trouble, Text]
    known: list[Trouble]


class ReportTaken(Shape):
    """What has come of a report."""

    kind: Trouble
    at: Time
    outcome: str = Field(description="rescue, known_rescue, order, known_order")
    text: Text


class StickerForm(Form):
    """A sticker for a lift."""

    model_config = _example({"renew": False})
    renew: bool = Field(False, description="a new code; the sticker at the lift opens nothing any more")


class StickerItem(Shape):
    """What is printed and put up at a lift; `picture` is the QR code as SVG."""

    lift_id: str
    code: str
    url: str
    made_at: Time
    picture: str
