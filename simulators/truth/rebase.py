"""Lives moved to another time: what was lived in virtual time is played to a broker that lives in the present.

Every time stamp that a lift wrote is moved by the same stretch as the arrivals, so that clocks that were wrong stay
wrong by as much, and what came late comes as late. The truth moves along.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from simulators.truth.story import Episode, Life, Message

_TS = re.compile(rb'"ts":(\d+)')  # no other field of a message holds a time


def message(one: Message, by_ms: int) -> Message:
    """The same message, `by_ms` later."""
    payload = _TS.sub(lambda found: b'"ts":%d' % max(int(found[1]) + by_ms, 0), one.payload)
    return replace(one, at=one.at + by_ms, payload=payload)


def messages(some: Iterable[Message], by_ms: int) -> Iterator[Message]:
    """The same messages, `by_ms` later."""
    return (message(one, by_ms) for one in some)


def episode(one: Episode, by_ms: int) -> Episode:
    """The same episode, `by_ms` later."""
    known = None if one.known_at is None else one.known_at + by_ms
    return replace(one, began=one.began + by_ms, ended=one.ended + by_ms, known_at=known)


def life(one: Life, by_ms: int) -> Life:
    """The same life, `by_ms` later; read its messages to the end, and its episodes are complete."""
    moved = Life(
        lift=one.lift, begin=one.begin + by_ms, end=one.end + by_ms, messages=iter(()),
        deaf=[(start + by_ms, stop + by_ms) for start, stop in one.deaf],
        down=[(start + by_ms, stop + by_ms) for start, stop in one.down],
    )  # fmt: skip

    def told() -> Iterator[Message]:
        yield from messages(one.messages, by_ms)
        moved.end = one.end + by_ms
        moved.episodes += [episode(each, by_ms) for each in one.episodes]

    moved.messages = told()
    return moved
