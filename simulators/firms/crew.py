"""One visit over the public HTTP API, as a technician's phone sends it after hours without network."""

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import cos, radians
from typing import Any

import uuid_utils

from simulators.city import CityLift
from simulators.firms.deeds import MINUTE, Deed
from simulators.public_api import Platform
from simulators.truth.dice import Dice, dice

_DEGREE = 111_320  # m of latitude
_SIDE = 48  # pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What has become of a visit."""

    visit: str
    deed: Deed
    refused: tuple[str, ...] = ()


async def send(
    platform: Platform, deed: Deed, lift: CityLift, worker: str, items: Sequence[Mapping[str, Any]], now: int
) -> Sent:
    """Send the photo, then everything that was done in one batch; `platform` signs in as the firm.

    Raises:
        TroubleError: the platform refuses altogether.
    """
    lift_id, chance = lift.spec.lift_id, dice("phone", deed.id)
    picture = await platform.must("POST", f"/lifts/{lift_id}/photos", data=("image/png", png(deed.photo.bytes)))
    visit = str(uuid_utils.uuid7())
    body = {
        "visit": visit, "lift_id": lift_id, "device": f"phone-of-{worker}", "sent_at": text(now),
        "operations": operations(deed, lift, worker, items, picture["id"], chance),
    }  # fmt: skip
    answer = await platform.must("POST", "/visits/sync", body)
    refused = tuple(f"{one['id']}: {one['reason']}" for one in answer["operations"] if one["outcome"] != "applied")
    return Sent(visit=visit, deed=deed, refused=refused)


def operations(
    deed: Deed, lift: CityLift, worker: str, items: Sequence[Mapping[str, Any]], photo: str, chance: Dice
) -> list[dict[str, Any]]:
    """What the phone has gathered, in its order."""
    said: list[tuple[int, dict[str, Any]]] = [(deed.began, _check_in(deed, lift, worker))]
    for first, last in deed.breaks:
        said += [(first, {"op": "pause"}), (last, {"op": "resume"})]
    end = deed.left - MINUTE // 2
    results = [_result(item, photo, chance) for item in items]
    if deed.ghost is None and chance.chance(0.25):
        results[chance.randrange(len(results))] |= {
            "outcome": "abnormal",
            "text": "间隙偏大，已调整",
            "photos": [photo],
        }
    said.append((end, {"op": "results", "results": results}))
    said.append((end, {"op": "sign", "worker_id": worker, "drawing": drawing(deed.drawing)}))
    if deed.officer is not None:
        said.append((end, {"op": "countersign", "name": "赵经理", "drawing": drawing(deed.officer)}))
    said.append((deed.left, {"op": "check_out"}))
    return [one | {"id": f"op-{n}", "n": n, "at": text(at)} for n, (at, one) in enumerate(said, 1)]


def _check_in(deed: Deed, lift: CityLift, worker: str) -> dict[str, Any]:
    found: dict[str, Any] = {"op": "check_in", "kind": "half_month", "worker_id": worker}
    if deed.at is not None:
        east, north = deed.at[0] - deed.place.east, deed.at[1] - deed.place.north
        found["lat"] = round(lift.lat + north / _DEGREE, 6)
        found["lon"] = round(lift.lon + east / (_DEGREE * cos(radians(lift.lat))), 6)
    return found


def _result(item: Mapping[str, Any], photo: str, chance: Dice) -> dict[str, Any]:
    found: dict[str, Any] = {"code": item["code"], "outcome": "normal"}
    if item["judge"] == "number":
        least, most = item["least"], item["most"]
        low = least if least is not None else most * 0.6
        high = most if most is not None else least * 1.4
        found["value"] = round(chance.uniform(low, high), 1)
    if item["key"]:
        found["photos"] = [photo]
    return found


def drawing(of: str) -> dict[str, str]:
    """A signature: the same words draw the same line."""
    own = dice("drawing", of)
    points = [f"{10 + 3 * n + own.randrange(6)} {10 + own.randrange(30)}" for n in range(28)]
    return {"kind": "svg", "data": "M" + " L".join(points)}


def png(of: str) -> bytes:
    """A small picture: the same words give the same bytes, other words another motif."""
    own = dice("picture", of)
    shades = [[own.randrange(256) for _ in range(6)] for _ in range(6)]
    cell = _SIDE // 6
    rows = b"".join(b"\0" + bytes(shades[y // cell][x // cell] for x in range(_SIDE)) for y in range(_SIDE))
    head = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 0, 0, 0, 0)  # eight bits of grey
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


def text(ms: int) -> str:
    """A moment as the interface takes it."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat().replace("+00:00", "Z")
