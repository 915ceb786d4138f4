"""What storage decides, as tables: the edition, chunks, strays, slices, and from what the past is read."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from elevator.settings import Settings
from elevator.storage import keeper, plan, retention, rows
from elevator.storage.plan import DAY, HOUR, Chunk, Edition, Resolution

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEPT = 90 * DAY
GB = 2**30


@pytest.mark.parametrize(
    ("hypertable", "licence", "edition", "chunks", "compresses"),
    [
        (True, "timescale", Edition.COMMUNITY, True, True),
        (True, "apache", Edition.APACHE, True, False),
        (True, "", Edition.APACHE, True, False),
        (True, None, Edition.PLAIN, False, False),
        (False, "timescale", Edition.PLAIN, False, False),
        (False, None, Edition.PLAIN, False, False),
    ],
)
def test_edition(hypertable: bool, licence: str | None, edition: Edition, chunks: bool, compresses: bool) -> None:
    found = plan.edition(hypertable=hypertable, licence=licence)
    assert (found, found.chunks, found.compresses) == (edition, chunks, compresses)
    assert keeper._NOTES[found]


@pytest.mark.parametrize(
    ("rows_per_day", "memory", "kept", "interval"),
    [
        (0, 4 * GB, KEPT, 7 * DAY),  # nothing known: as long as retention allows
        (100_000, 4 * GB, KEPT, 7 * DAY),
        (10_000_000, 4 * GB, KEPT, DAY),  # 800 MB of indexes a day, 1 GB allowed
        (10_000_000, 16 * GB, KEPT, 4 * DAY),
        (100_000_000, 4 * GB, KEPT, 6 * HOUR),  # 90 days have at most 400 chunks of that length
        (900_000_000, 64 * GB, KEPT, 6 * HOUR),
        (900_000_000, 64 * GB, 16 * DAY, 4 * HOUR),
        (900_000_000, 64 * GB, 8 * DAY, 4 * HOUR),
        (9_000_000_000, 64 * GB, 8 * DAY, HOUR),
        (9_000_000_000, 64 * GB, 36_500 * DAY, 7 * DAY),
    ],
)
def test_chunk_interval(rows_per_day: float, memory: int, kept: timedelta, interval: timedelta) -> None:
    assert plan.chunk_interval(rows_per_day, memory=memory, kept=kept) == interval


@pytest.mark.parametrize(
    ("present", "wanted", "worth"),
    [(24, 24, False), (24, 12, False), (12, 24, False), (24, 8, True), (8, 24, True), (168, 1, True)],
)
def test_an_interval_is_changed_by_more_than_a_factor_two(present: int, wanted: int, worth: bool) -> None:
    assert plan.worth_changing(timedelta(hours=present), timedelta(hours=wanted)) is worth


def chunk(first: float, days: float = 1, *, compressed: bool = False) -> Chunk:
    """A chunk that begins so many days after midnight of NOW."""
    begins = NOW.replace(hour=0) + first * DAY
    return Chunk(table="sample", name="x", first=begins, end=begins + days * DAY, compressed=compressed)


@pytest.mark.parametrize(
    ("chunks", "interval", "missing"),
    [
        ([], 1, -0.5),  # yesterday's replays need no chunk either
        ([chunk(-1)], 1, 1 - 1.0),
        ([chunk(-1), chunk(0), chunk(1)], 1, 2),
        ([chunk(1), chunk(-1), chunk(0), chunk(2)], 1, None),
        ([chunk(-1), chunk(1), chunk(2)], 1, 0),  # a hole
        ([chunk(-5, 7)], 7, 2),  # two chunks ahead, however long
        ([chunk(-5, 7), chunk(2, 7), chunk(9, 7)], 7, None),
        ([chunk(-40_000), chunk(40_000)], 1, -0.5),  # wrong clocks do not count
        ([chunk(-1), chunk(0), chunk(1), chunk(2, 1 / 24)], 1 / 24, 2 + 1 / 24),
        ([chunk(-1, 4)], 1 / 24, None),
    ],
)
def test_next_missing_chunk(chunks: list[Chunk], interval: float, missing: float | None) -> None:
    found = plan.next_missing(chunks, NOW, interval * DAY)
    assert found == (None if missing is None else NOW.replace(hour=0) + missing * DAY)


def test_what_was_made_ahead_is_never_outside() -> None:
    """Otherwise the keeper would make and drop the same chunk for ever; whatever the interval was before."""
    for before in (HOUR, DAY, 7 * DAY):
        for interval in (HOUR, DAY, 7 * DAY):
            chunks: list[Chunk] = []
            for length in (before, interval):
                while (at := plan.next_missing(chunks, NOW, length)) is not None:
                    first = max([at - (at - plan.EPOCH) % length, *(one.end for one in chunks if one.end <= at)])
                    chunks.append(Chunk(table="sample", name="x", first=first, end=first + length, compressed=False))
            assert plan.outside(chunks, NOW, interval, KEPT) == []
            assert all(one.end > NOW - DAY for one in chunks)


def test_chunks_outside() -> None:
    past, edge, kept, far = chunk(-92), chunk(-90), chunk(-89), chunk(29_000)
    assert plan.outside([past, edge, kept, chunk(0), chunk(2), far], NOW, DAY, KEPT) == [past, far]
    assert plan.outside([], NOW, DAY, KEPT) == []


@pytest.mark.parametrize(
    ("ts", "stray"),
    [
        (NOW, False), (NOW - KEPT, False), (NOW - KEPT - HOUR, True), (NOW + DAY, False), (NOW + DAY + HOUR, True),
        (plan.EPOCH, True), (datetime(2106, 2, 7, tzinfo=UTC), True), (NOW - 8 * DAY, False),
    ],
)  # fmt: skip
def test_strays(ts: datetime, stray: bool) -> None:
    assert plan.is_stray(ts, NOW, KEPT) is stray


def test_what_is_compressed() -> None:
    old, older, done, young = chunk(-9), chunk(-10), chunk(-11, compressed=True), chunk(-7)
    assert plan.to_compress([young, old, done, older], NOW, 7 * DAY) == [older, old]


@pytest.mark.parametrize(
    ("width", "seconds", "following"),
    [(60, 0.1, 120), (60, 0.5, 60), (60, 1.5, 30), (60, math.inf, 30), (1, math.inf, 1), (86_400, 0, 86_400)],
)
def test_width_of_the_next_slice(width: float, seconds: float, following: float) -> None:
    assert plan.next_width(timedelta(seconds=width), seconds) == timedelta(seconds=following)


def test_portions_lie_within_a_day_and_hold_everything_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "_MOST_MINUTES", 2)
    minutes = [(lift, NOW + hour * HOUR) for lift in (3, 1) for hour in (13, 11, -30)]
    found = plan.portions(minutes)
    assert sorted(one for portion in found for one in portion) == sorted(minutes)
    assert [len(portion) for portion in found] == [2, 2, 2]
    assert all(len({moment.date() for _, moment in portion}) == 1 for portion in found)
    assert plan.portions([]) == []


@pytest.mark.parametrize(
    ("step", "hours", "resolution"),
    [
        (None, 1000, Resolution.RAW), (60, 1, Resolution.RAW), (60, 2, Resolution.RAW), (60, 3, Resolution.MINUTE),
        (30, 300, Resolution.RAW), (90, 300, Resolution.RAW), (300, 24, Resolution.MINUTE), (1800, 168, Resolution.MINUTE),
        (3600, 168, Resolution.HOUR), (5400, 168, Resolution.MINUTE), (86_400, 24_000, Resolution.HOUR),
    ],
)  # fmt: skip
def test_resolution(step: int | None, hours: float, resolution: Resolution) -> None:
    assert plan.resolution(step, hours * HOUR) is resolution


def test_a_sample_reaches_into_as_many_minutes_as_it_holds() -> None:
    assert rows.CONSTANTS["more"] * plan.MINUTE >= plan.HOLD > (rows.CONSTANTS["more"] - 1) * plan.MINUTE


def test_retention_has_a_time_for_every_table_it_tidies() -> None:
    kept = retention.kept(Settings(quarantine_days=3))
    assert set(retention._BY_RECEIPT) | set(retention._PLAIN_SERIES) == set(kept)
    assert {table: time // DAY for table, time in kept.items()} == {
        "sample": 90, "sample_stray": 90, "sample_minute": 400, "sample_hour": 1826, "event": 1461, "link": 1461, "quarantine": 3,
    }  # fmt: skip
    assert not {"incident", "timeline", "assignment", "outbox"} & set(kept)


def test_what_the_community_edition_is_asked() -> None:
    """Only the Apache edition can be tried here, so the words are held to TimescaleDB's documentation."""
    assert " ".join(rows._TEXTS["compression_on"].decode().split("\n", 1)[1].split()) == (
        "ALTER TABLE sample SET (timescaledb.compress, timescaledb.compress_segmentby = 'lift_no',"
        " timescaledb.compress_orderby = 'ts, boot, seq')"
    )
    assert rows._TEXTS["compress"].decode().split("\n", 1)[1] == (
        "SELECT compress_chunk(%(chunk)s::regclass, if_not_compressed => true)"
    )
