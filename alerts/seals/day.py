"""A day's heads as the bytes of a file: made, and read back. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from alerts.seals.chain import moment

FORMAT = "liftline-heads-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest seal of a record on one day."""

    day: date
    kind: str
    subject: str
    lift_id: str | None
    n: int
    at: str | None  # of the entry
    seal: bytes


def compose(day: date, before: bytes | None, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A day's file as bytes; `before` is the digest of the file before it."""
    content = {
        "format": FORMAT,
        "day": day.isoformat(),
        "before": None if before is None else before.hex(),
        "heads": [
            {
                "kind": row["kind"], "subject": row["subject"], "lift_id": row["lift_id"], "n": row["n"],
                "at": moment(row["at"]), "seal": bytes(row["hash"]).hex(),
            }
            for row in rows
        ],
    }  # fmt: skip
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def parse(data: bytes) -> tuple[bytes | None, list[Head]]:
    """The digest of the file before, and the heads.

    Raises:
        ValueError, KeyError, TypeError: it is no such file.
    """
    content = json.loads(data)
    if content["format"] != FORMAT:
        raise ValueError(f"its format is {content['format']!r}, expected {FORMAT}")
    before = None if content["before"] is None else bytes.fromhex(content["before"])
    return before, [
        Head(
            day=date.fromisoformat(content["day"]), kind=one["kind"], subject=one["subject"], lift_id=one["lift_id"],
            n=one["n"], at=one["at"], seal=bytes.fromhex(one["seal"]),
        )
        for one in content["heads"]
    ]  # fmt: skip
