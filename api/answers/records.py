"""What the API answers about sealed records, and photos."""

from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas import Shape, Time


class SealedEntry(Shape):
    """An entry of a record with its seal: SHA-256 over the seal before it and the entry (docs/records.md)."""

    n: int
    entry: dict[str, Any]
    seal: str | None


class Record(Shape):
    """All entries of an incident, a visit or an order, in order."""

    kind: Literal["incident", "order", "visit"]
    subject: str
    entries: list[SealedEntry]


class Records(Shape):
    """What was done about a lift in a time, as a document that proves itself."""

    format: Literal["liftline-records-1"]
    lift_id: str
    from_: Annotated[str, Field(alias="from")]
    to: str
    whole: bool
    plans: dict[str, dict[str, Any]]
    records: list[Record]


class Photo(Shape):
    """A photo of a lift; the picture itself is at `url`."""

    id: str
    lift_id: str
    firm_id: str | None
    by: str
    width: int
    height: int
    size: int
    taken_at: str | None
    sha256: str
    uploaded_at: Time
    url: str
