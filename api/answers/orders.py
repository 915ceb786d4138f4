"""What the API answers about work orders."""

from typing import Any, Literal

from api.schemas import Shape, Time


class OrderItem(Shape):
    """A work order as lists give it."""

    id: str
    lift_id: str
    name: str | None
    building: str | None
    district: str | None
    firm: str | None
    firm_name: str | None
    visit: str | None
    item: str | None
    text: str
    photos: list[str]
    state: Literal["open", "accepted", "done", "closed", "withdrawn"]
    opened_at: Time
    accepted_at: Time | None
    done_at: Time | None
    closed_at: Time | None
    version: int


class OrderEntry(Shape):
    """One line of an order's story."""

    n: int
    at: Time
    device_at: Time | None
    actor: dict[str, Any]
    action: str
    text: str | None
    photos: list[str]


class NamedPhoto(Shape):
    """A photo that a record names; `id` null: it has not come yet."""

    name: str
    id: str | None
    url: str | None
    sha256: str | None
    kept_sha256: str | None
    taken_at: str | None
    uploaded_at: Time | None


class OrderDetail(OrderItem):
    """An order with its story and what the caller may do now."""

    pictures: list[NamedPhoto]
    timeline: list[OrderEntry]
    allowed: list[str]
