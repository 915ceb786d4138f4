"""Notices missing numbers between a lift's messages (contract 2.1: a loss shows as a gap in `seq`). Pure.

A counter for the metrics only, with a memory of its own; the ledger of gaps per lift, which late arrivals fill again,
will stand beside the rule memory.
"""

_MOST = 200_000  # lifts and topics remembered; beyond, the memory starts anew


class Gaps:
    """The highest number seen of each lift and topic."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, str], tuple[str, int]] = {}

    def note(self, lift_no: int, topic: str, boot: str, seq: int) -> bool:
        """Whether numbers are missing before this one."""
        key = (lift_no, topic)
        last_boot, last = self._seen.get(key, (boot, seq))
        if len(self._seen) >= _MOST:
            self._seen.clear()
        self._seen[key] = (boot, seq) if boot != last_boot else (boot, max(seq, last))
        return boot == last_boot and seq > last + 1
