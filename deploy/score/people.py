"""The people of a virtual control room: how they answer what the detector found, by the truth. Pure.

A dispatcher learns by telephone and from the crew whether somebody is trapped, so here the truth may be looked up. They
are no faster than people are, and never take a decision away from the detector: a suspicion that is real is confirmed
by hand only when the contract's own time for it is over.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from deploy.score.incidents import RESCUE, Incident
from simulators.truth.story import Episode, Truth

ANSWER = 120_000  # ms from the first ring of a suspicion that waits to the call into the car
CREW = 600_000  # ms from a confirmation until a crew finds the car empty
AFTER = 180_000  # ms from the last person's way out until the rescue is entered as released
REPAIR = 1_800_000  # ms until a danger has been seen to
PATIENCE = 5_000  # ms beyond the contract's time before a person confirms what no rule did


class Deed(StrEnum):
    """What a person does."""

    CONFIRM = "confirm"
    CANCEL = "cancel"
    RELEASE = "release"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Step:
    """What is done now, or when to come back; neither: nothing is left to do."""

    deed: Deed | None = None
    again: int | None = None


NOTHING = Step()


def due_by(episode: Episode) -> int:
    """When the contract's time for an entrapment is over, ms."""
    known = episode.began if episode.known_at is None else episode.known_at
    return known + round((episode.within_s or 0) * 1000)


class Room:
    """Who knows the truth about one lift."""

    def __init__(self, episodes: Iterable[Episode]) -> None:
        self._trapped = sorted(
            (one for one in episodes if one.truth is Truth.ENTRAPMENT), key=lambda one: (one.began, one.ended)
        )

    def appointment(self, incident: Incident) -> int | None:
        """When somebody first sees to an incident that rings; None: nobody needs to yet."""
        if incident.kind != RESCUE:
            return incident.opened_at + REPAIR if incident.kind == "danger" else None
        if incident.confirmed_at is not None:
            return incident.confirmed_at + CREW
        if incident.asked_at is not None:
            return incident.asked_at + ANSWER
        return None

    def see_to(self, incident: Incident, now: int) -> Step:
        """What a person does about an open incident at the appointed time."""
        if incident.kind != RESCUE:
            return Step(Deed.CLOSE) if incident.kind == "danger" else NOTHING
        trapped = self._trapped_at(now)
        if trapped is None:
            freed = any(incident.opened_at < one.ended <= now for one in self._trapped)
            return Step(Deed.RELEASE if freed else Deed.CANCEL)
        if incident.confirmed_at is not None or incident.person_at is not None:
            return Step(again=trapped.ended + AFTER)
        patient = due_by(trapped) + PATIENCE
        return Step(again=patient) if now < patient < trapped.ended else Step(Deed.CONFIRM)

    def _trapped_at(self, now: int) -> Episode | None:
        return next((one for one in self._trapped if one.began <= now < one.ended), None)
