"""What lifts sent, and what the broker took: every PUBACK on disk before it counts."""

import asyncio
import os
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple


class What(StrEnum):
    """What must come of an entry."""

    SAMPLE = "sample"  # one row
    EVENT = "event"  # one row
    ALARM = "alarm"  # one row, and one rescue of its lift
    LINK = "link"  # at least one row
    BAD = "bad"  # one row in quarantine; its digest stands in `boot`


class Entry(NamedTuple):
    """One thing that a lift said, by its key."""

    what: What
    lift_id: str
    boot: str
    seq: int
    ts: int  # ms


class Ledger:
    """A file of entries; a line is written after the PUBACK and synced before the entry counts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sent: set[Entry] = set()  # tried, whether or not the broker took it
        self.acknowledged: list[Entry] = []  # the broker took it, and that is on disk
        self.told: dict[tuple[str, str, int], str | None] = {}  # alarm (lift, boot, seq) → incident of the `ack`
        self._coming: list[Entry] = []
        self._writing: list[Entry] = []
        self._file = path.open("a", encoding="utf-8")

    def sending(self, entries: Iterable[Entry]) -> None:
        """These are about to be published."""
        self.sent.update(entries)

    def puback(self, entries: Iterable[Entry]) -> None:
        """The broker took these."""
        self._coming.extend(entries)

    def unwritten(self) -> list[Entry]:
        """What the broker took and the disk does not hold yet."""
        return [*self._writing, *self._coming]

    async def keep(self, stop: asyncio.Event, period: float = 0.05) -> None:
        """Bring what came to the disk, again and again; one sync for all of a moment."""
        while True:
            stopping = stop.is_set()
            if self._coming:
                self._writing, self._coming = self._coming, []
                await asyncio.to_thread(self._write, self._writing)
                self.acknowledged.extend(self._writing)
                self._writing = []
            if stopping:
                return
            await asyncio.sleep(period)

    def _write(self, entries: list[Entry]) -> None:
        self._file.writelines("\t".join(str(part) for part in entry) + "\n" for entry in entries)
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read(path: Path) -> list[Entry]:
    """The entries of a ledger's file."""
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines():
        what, lift_id, boot, seq, ts = line.split("\t")
        entries.append(Entry(What(what), lift_id, boot, int(seq), int(ts)))
    return entries
