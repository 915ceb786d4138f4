"""What the API answers about the catalogue of codes."""

from typing import Literal

from api.schemas import Shape, Text, Time


class Code(Shape):
    """One code of the catalogue."""

    code: str
    fault_class: Literal["alarm", "danger", "fault", "link", "mode", "test"]
    gbt: int | None
    title: Text
    priority_empty: Literal["P1", "P2", "P3", "P4"] | None
    priority_occupied: Literal["P1", "P2", "P3", "P4"] | None
    traps: bool
    rule: str | None
    lift_classes: list[str]
    advice: Text | None


class CodeTable(Shape):
    """A mapping table: raw codes of makers and standards to codes of the catalogue."""

    name: str
    version: int
    title: Text
    prefix: str | None
    codes: dict[str, str]
    nothing: list[str]


class ModelTable(Shape):
    """Which table lifts of a model speak; the first pattern that fits counts."""

    pattern: str
    table: str


class Catalogue(Shape):
    """What is known of codes."""

    codes: list[Code]
    tables: list[CodeTable]
    models: list[ModelTable]
    default: str | None


class UnknownCode(Shape):
    """A raw code that no table knew when it came; `code` is what the tables of now make of it."""

    model: str | None
    raw: str
    code: str | None
    count: int
    first_seen_at: Time
    last_seen_at: Time
    lifts: int
    lift_ids: list[str]
