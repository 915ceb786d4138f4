"""The ledger of missing numbers: what leaves a gap, what fills one, and when nothing can be said."""

import pytest

from ingest.gaps import Gap, Ledger


@pytest.mark.parametrize(
    ("seq", "highest", "gaps", "filled"),
    [
        (5, 4, [], []),
        (5, None, [], []),  # the first word of a lift says nothing
        (0, -1, [], []),
        (3, -1, [(0, 2)], []),  # a new boot counts from 0
        (9, 6, [(7, 8)], []),
        (7, 9, [], [7]),
        (9, 9, [], []),  # a sequence that stands still
    ],
)
def test_what_a_number_tells(seq: int, highest: int | None, gaps: list[tuple[int, int]], filled: list[int]) -> None:
    ledger = Ledger()
    ledger.note(1, "telemetry", "b", seq, highest)
    assert ledger.gaps == [Gap(lift_no=1, topic="telemetry", boot="b", first=one, last=two) for one, two in gaps]
    assert ledger.filled == [(1, "telemetry", "b", one) for one in filled]
