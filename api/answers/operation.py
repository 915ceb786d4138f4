"""What the API answers about the platform itself: what is open, who listens, what could not be read."""

from typing import Literal

from api.schemas import Shape, Time


class Intake(Shape):
    """Whether lifts are being listened to."""

    listening: bool
    alive_at: Time | None
    since: Time | None


class Alive(Shape):
    """When a service last said that it lives."""

    alive_at: Time | None


class Overview(Shape):
    """The installation at a glance, as far as the viewer may see it; also the stream's heartbeat."""

    now: Time
    lifts: int
    lifts_online: int
    intake: Intake
    dispatch: Alive
    blind_since: Time | None
    open: dict[Literal["P1", "P2", "P3", "P4"], int]


class QuarantineItem(Shape):
    """A message that could not be read."""

    id: str
    lift_id: str | None
    topic: str
    reason: str
    detail: str
    payload: str
    received_at: Time
    replay_requested_at: Time | None
    replayed_at: Time | None
    replay_outcome: str | None
