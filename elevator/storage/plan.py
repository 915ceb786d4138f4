"""What storage decides: the edition, the size of chunks, which are missing, what is kept how long. Pure.

The edition is chosen here and nowhere else:

    edition     chunks, retention              compression
    community   hypertables, drop_chunks       compress_chunk
    apache      hypertables, drop_chunks       none
    plain       one table, bounded deletes     none
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

HOLD = timedelta(seconds=125)
"""So long, at most, a sample holds when no other follows: the slowest lift sends every 60 s, and one may be lost."""

CLOCK_AHEAD = DAY
"""How far ahead of ours a lift's clock may be and still stand in `sample`; a wrong time zone is at most 14 h."""

RESERVED_LIFT = 0
"""No lift has this number (they begin at 1): its rows make chunks and are gone before anybody can see them."""


class Edition(StrEnum):
    """What the database server can do."""

    COMMUNITY = "community"
    APACHE = "apache"
    PLAIN = "plain"

    @property
    def chunks(self) -> bool:
        """Whether time series are hypertables."""
        return self is not Edition.PLAIN

    @property
    def compresses(self) -> bool:
        """Whether old chunks can be compressed."""
        return self is Edition.COMMUNITY


def edition(*, hypertable: bool, licence: str | None) -> Edition:
    """The edition, by what the server said.

    Args:
        hypertable: `sample` is one; a database that got TimescaleDB after its first migration keeps its plain table.
        licence: `timescaledb.license`, or None where the extension is not there.
    """
    if not hypertable or licence is None:
        return Edition.PLAIN
    return Edition.COMMUNITY if licence == "timescale" else Edition.APACHE


# --- chunks ------------------------------------------------------------------------------------------------

INDEX_BYTES = 80
"""Index bytes of one sample; `python -m tests.bench.sample_bytes` measured 69 to 78."""

_MEMORY_SHARE = 0.25
_INTERVALS = tuple(timedelta(hours=hours) for hours in (1, 2, 3, 4, 6, 8, 12, 24, 48, 96, 168))
MOST_CHUNKS = 400
_AHEAD_AT_LEAST = CLOCK_AHEAD + DAY


def chunk_interval(rows_per_day: float, *, memory: int, kept: timedelta) -> timedelta:
    """How long a chunk of `sample` should last.

    The indexes of the chunk that is written to should stay in memory together with everything else, so they get a
    quarter of it. Bounds: at most 7 days, because retention drops whole chunks and keeps up to one interval too much;
    at least 1 hour, and never so short that the kept time has more than 400 chunks, because every query plans over,
    and locks, all chunks that it cannot rule out.

    Args:
        rows_per_day: samples as they came lately.
        memory: bytes the server may expect to be cached (`effective_cache_size`).
        kept: how long samples are kept.
    """
    shortest = next((one for one in _INTERVALS if kept / one <= MOST_CHUNKS), _INTERVALS[-1])
    if rows_per_day <= 0:
        return _INTERVALS[-1]
    fits = DAY * min(memory * _MEMORY_SHARE / (rows_per_day * INDEX_BYTES), 7.0)
    return max(shortest, *(one for one in _INTERVALS if one <= fits), _INTERVALS[0])


def worth_changing(present: timedelta, wanted: timedelta) -> bool:
    """Whether the difference is more than a factor two; a smaller one would only make chunks of odd sizes."""
    return max(present, wanted) > 2 * min(present, wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One chunk of a hypertable."""

    table: str
    name: str  # schema-qualified and quoted
    first: datetime
    end: datetime  # exclusive
    compressed: bool


def next_missing(chunks: Sequence[Chunk], now: datetime, interval: timedelta) -> datetime | None:
    """The earliest moment that should have a chunk and has none, from a day ago to well ahead; None when all is there.

    Well ahead is two days and two chunks: as far as a lift's clock may be ahead, and a day in which this may fail.
    """
    moment = now - DAY
    until = _ahead(now, interval)
    for chunk in sorted(chunks, key=lambda one: one.first):
        if chunk.first > moment:
            break
        moment = max(moment, chunk.end)
    return moment if moment < until else None


def is_stray(ts: datetime, now: datetime, kept: timedelta) -> bool:
    """Whether a sample received now belongs into `sample_stray`: its lift's clock is far off, not its news old."""
    return not now - kept <= ts <= now + CLOCK_AHEAD


def outside(chunks: Sequence[Chunk], now: datetime, interval: timedelta, kept: timedelta) -> list[Chunk]:
    """Chunks that hold nothing they should: past their time, or so far ahead that only a wrong clock makes them."""
    until = _ahead(now, max([interval, *(one.end - one.first for one in chunks)]))
    return [one for one in chunks if one.end <= now - kept or one.first >= until]


def _ahead(now: datetime, interval: timedelta) -> datetime:
    """Up to when chunks are made before anybody needs them."""
    return now + max(_AHEAD_AT_LEAST, 2 * interval)


def to_compress(chunks: Sequence[Chunk], now: datetime, after: timedelta) -> list[Chunk]:
    """Chunks old enough to be compressed, oldest first."""
    old = [one for one in chunks if not one.compressed and one.end <= now - after]
    return sorted(old, key=lambda one: one.first)


# --- roll-ups ----------------------------------------------------------------------------------------------

SLOWEST = 1.0
"""s; a slice that took longer is followed by a smaller one."""

_WIDEST = DAY
_NARROWEST = timedelta(seconds=1)


def next_width(width: timedelta, seconds: float) -> timedelta:
    """How much received time the next slice takes, after one of `width` took so many seconds (infinite: it failed)."""
    if seconds > SLOWEST:
        return max(width / 2, _NARROWEST)
    return min(width * 2, _WIDEST) if seconds < SLOWEST / 4 else width


Minute = tuple[int, datetime]
"""A lift and where one of its minutes begins."""

_MOST_MINUTES = 5000


def portions(minutes: Iterable[Minute]) -> list[list[Minute]]:
    """Minutes in portions of one day, not too many each: a query opens the chunks of its own day only."""
    by_day: dict[date, list[Minute]] = {}
    for one in sorted(minutes):
        by_day.setdefault(one[1].date(), []).append(one)
    return [
        day[start : start + _MOST_MINUTES]
        for _, day in sorted(by_day.items())
        for start in range(0, len(day), _MOST_MINUTES)
    ]


# --- reading -----------------------------------------------------------------------------------------------


class Resolution(StrEnum):
    """What an answer about the past was made from."""

    RAW = "raw"
    MINUTE = "1m"
    HOUR = "1h"


_RAW_LIMIT = timedelta(hours=2)


def resolution(step: int | None, span: timedelta) -> Resolution:
    """From what to answer: raw where somebody looks closely, else the coarsest that divides the step.

    Args:
        step: seconds of one bucket, or None for the samples themselves.
        span: from the first to the last moment asked for.
    """
    if step is None or step % 60 or span <= _RAW_LIMIT:
        return Resolution.RAW
    return Resolution.MINUTE if step % 3600 else Resolution.HOUR
