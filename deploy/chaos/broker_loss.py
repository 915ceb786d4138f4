"""What the broker alone loses when it is killed by force: measured, not judged (contract 2.1).

The PUBACK that a lift gets says that the broker holds the message in memory. It writes its memory down every
`autosave_interval` seconds; what it took since then is gone with it, unless the platform had it already. An alarm is
repeated until `ack`, so it must never be lost.
"""

import time
from collections.abc import Callable

from deploy.chaos.arena import Arena
from deploy.chaos.ledger import Entry, What
from deploy.chaos.verdict import missing
from elevator.errors import ServerError

_QUEUE = (2.0, 12.0)  # s that the platform is away before the blow: longer than the interval, and shorter
_PATIENCE = 60.0  # s for the queue to be read
_QUIET = 3.0  # s without anything new


def measure(arena: Arena, kills: int, say: Callable[[str], None]) -> list[str]:
    """Kill the broker so many times with the platform there, and as often with it away; returns the lines to show."""
    lines = []
    for away in (False, True):
        lost = taken = alarms = 0
        worst = 0.0
        for _ in range(kills):
            mine, of, oldest, unheard = _once(arena, away=away)
            lost, taken, worst, alarms = lost + mine, taken + of, max(worst, oldest), alarms + unheard
            say(f"[ broker] killed, platform {'away' if away else 'there'}: {mine} of {of} lost")
        lines.append(
            f"the broker itself, killed by force {kills} times while the platform was {'away' if away else 'there'}:"
            f" {lost} of {taken} messages lost, the oldest {worst:.1f} s before the blow, {alarms} alarms"
            " (what it took since its last autosave; a shorter `autosave_interval` makes it less)"
        )
    return lines


def _once(arena: Arena, *, away: bool) -> tuple[int, int, float, int]:
    """Lost and taken messages, the age in seconds of the oldest lost one at the blow, and lost alarms."""
    arena.pause(paused=False)
    began = len(arena.ledger.acknowledged)
    if away:
        arena.end_workers()
        time.sleep(arena.random.uniform(*_QUEUE))
    else:
        time.sleep(2.0)
    arena.broker.kill()
    at_blow = time.monotonic()
    seen = set(arena.ledger.acknowledged[began:])
    arena.broker.start()
    arena.tend()
    arena.pause()
    arena.wait_quiet()
    left = _settled(arena, seen, at_blow)
    newest = max((entry.ts for entry in seen), default=0)
    oldest = min((entry.ts for entry in left if entry.ts), default=newest)
    return len(left), len(seen), (newest - oldest) / 1000, sum(entry.what is What.ALARM for entry in left)


def _settled(arena: Arena, seen: set[Entry], since: float) -> list[Entry]:
    """What is still missing when nothing more comes."""
    left = missing(arena.postgres.url, seen)
    changed = time.monotonic()
    while left and time.monotonic() - changed < _QUIET:
        if time.monotonic() - since > _PATIENCE:
            raise ServerError("the queue does not come to rest")
        time.sleep(0.2)
        now = missing(arena.postgres.url, seen)
        if len(now) != len(left):
            changed = time.monotonic()
        left = now
    return left
