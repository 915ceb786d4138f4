"""Makers' payloads from the real broker into the real database, to the incident; and codes by the lift's model."""

import asyncio
import base64
import json
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from alerts.policy import Policy
from deploy.servers import Mosquitto
from elevator import clock
from elevator.model import Event, Sample
from elevator.settings import Settings
from elevator.wire import Decoded
from ingest import lane
from ingest.adapters import ADAPTERS, box_binary
from ingest.pipeline import Intake
from tests.integration.test_ingest_pipeline import Database, event, intake, lift_client, sample, send, until

RESCUE = "SELECT i.* FROM incident i JOIN lift l USING (lift_no) WHERE l.lift_id = %s AND i.kind = 'rescue'"


@pytest.fixture
def db(database: str) -> Database:
    return Database(database)


def china(shift_s: float = 0) -> str:
    """Now, as makers in China write it."""
    return (clock.now() + timedelta(seconds=shift_s)).astimezone(timezone(timedelta(hours=8))).strftime(
        "%Y-%m-%d %H:%M:%S"
    )  # fmt: skip


def gbt(**fields: Any) -> dict[str, Any]:
    return {
        "Service_Mode": 1, "Car_Status": 0, "Car_Direction": 0, "Door_Zone": True, "Car_Position": "3",
        "Passenger_Status": False, "Door_Status": 2, "samplingTime": china(), **fields,
    }  # fmt: skip


def box(**fields: Any) -> dict[str, Any]:
    data = {"direction": 0, "inposition": 1, "floor": 3, "door": 0, "haspeople": 0, "reparing": 0, "fault": []}
    return {"type": "info", "data": data | fields}


def binary(**fields: int) -> dict[str, Any]:
    names = box_binary._Status.__slots__
    status = dict.fromkeys(names, 0) | {"ts": clock.now_ms() // 1000, "door_closed": 1, "floor": 3} | fields
    packed = box_binary._layout.pack(*[status[name] for name in names])
    return {"TY": "Monitor", "sensorType": "CarRoof", "D": base64.b64encode(packed).decode()}


async def registered(db: Database, lift_id: str, *, model: str = "", lift_class: str = "traction") -> None:
    await db.run(
        f"INSERT INTO lift (lift_id, registered, rescue_code, name, lift_class, model, created_at, updated_at)"
        f" VALUES ('{lift_id}', true, '{abs(hash(lift_id)) % 10**6:06}', 'x', '{lift_class}', nullif('{model}', ''),"
        f" now(), now())"
    )


async def test_an_alarm_of_the_city_interface_is_a_rescue(db: Database, broker: Mosquitto) -> None:
    topic = "lift/v1/G-1/raw/gbt-json"
    async with intake(db.url, broker), lift_client(broker) as lift:
        await send(lift, topic, gbt(Passenger_Status=True, Door_Zone=False))
        alarm = {"alarmId": "V-1", "failureCode": "09", "occurTime": china(), "eventDesc": "困人"}
        for _ in range(3):  # a gateway that is not answered says it again
            await send(lift, topic, alarm)
        [found] = await until(lambda: db.rows(RESCUE, "G-1"))
        assert (found["reason"], found["state"]) == ("controller_says", "confirmed")
        await send(lift, topic, gbt(Car_Position="4"))
        await until(lambda: db.rows("SELECT 1 FROM sample WHERE floor = '4'"))
        rows = await db.rows("SELECT code, text, raw, active, detail FROM event ORDER BY seq")
        assert [(row["code"], row["text"], row["raw"], row["active"]) for row in rows] == [
            ("entrapment", "SHA:09", "09", True), ("entrapment", "SHA:09", "09", False),
        ]  # fmt: skip
        assert rows[0]["detail"]["alarmId"] == "V-1"
        assert len(await db.rows("SELECT 1 FROM incident")) == 1
        # a second alarm, when the first is long over, is not hidden by the first
        await db.run("UPDATE incident SET state = 'closed'")
        assert await db.value("SELECT count(*) FROM quarantine") == 0


async def test_a_box_that_lists_an_entrapment_is_a_rescue(db: Database, broker: Mosquitto) -> None:
    """Its status has no time; the fault number is the box family's own (8 is restart prevented elsewhere)."""
    topic = "lift/v1/B-1/raw/box-json"
    async with intake(db.url, broker), lift_client(broker) as lift:
        await send(lift, topic, box())
        await send(lift, topic, box(haspeople=1, inposition=0, fault=[6, "08"]))
        [found] = await until(lambda: db.rows(RESCUE, "B-1"))
        assert (found["reason"], found["state"]) == ("controller_says", "confirmed")
        row = (await db.rows("SELECT faults, raw_faults, ts, received_at FROM sample WHERE raw_faults IS NOT NULL"))[0]
        assert (row["faults"], row["raw_faults"]) == (["stopped_outside_zone", "entrapment"], ["6", "08"])
        assert row["ts"] == row["received_at"]


async def test_a_binary_status_and_a_fault_are_a_rescue(db: Database, broker: Mosquitto) -> None:
    topic = "lift/v1/D-1/raw/box-binary"
    async with intake(db.url, broker), lift_client(broker) as lift:
        await send(lift, topic, binary(has_people=1, floor_status=1, car_status=1, speed=10))
        await until(lambda: db.rows("SELECT 1 FROM sample WHERE moving AND speed = 1"))
        fault = {"TY": "Fault", "ST": "add", "fault_type": "8", "faultName": "非平层困人", "time": china()}
        await send(lift, topic, fault)
        [found] = await until(lambda: db.rows(RESCUE, "D-1"))
        assert (found["reason"], found["state"]) == ("controller_says", "confirmed")
        await send(lift, topic, fault | {"ST": "disappear", "time": china(1)})
        await until(lambda: db.value("SELECT count(*) = 2 FROM event WHERE code = 'entrapment' AND raw = '8'"))


async def test_a_hoist_above_its_limit_is_a_danger_and_never_a_stop_between_floors(
    db: Database, broker: Mosquitto
) -> None:
    await registered(db, "H-1", lift_class="hoist")
    async with intake(db.url, broker), lift_client(broker) as lift:
        record = {"time": china(), "real_time_height": 60.0, "real_time_speed": 0, "height_percentage": 104}
        await send(lift, "lift/v1/H-1/raw/hoist-json", record)
        [found] = await until(lambda: db.rows("SELECT kind, code, priority FROM incident"))
        assert (found["kind"], found["code"], found["priority"]) == ("danger", "hoist_over_height", 1)
        [row] = await db.rows("SELECT position, floor, moving, door_zone FROM sample")
        assert (row["position"], row["floor"], row["moving"], row["door_zone"]) == (60, None, False, None)


async def test_an_escalator_may_leave_out_what_it_has_not(db: Database, broker: Mosquitto) -> None:
    """A reversed escalator is a danger; for a lift the same payload lacks what a lift must say."""
    await registered(db, "E-1", lift_class="escalator")
    said = {"Escalator_Service_Mode": 1, "Escalator_Operation_Direction": 3, "samplingTime": china()}
    async with intake(db.url, broker), lift_client(broker) as lift:
        await send(lift, "lift/v1/E-1/raw/gbt-json", said | {"Message_Code": [63]})
        await send(lift, "lift/v1/L-1/raw/gbt-json", said)
        [found] = await until(lambda: db.rows("SELECT kind, code FROM incident"))
        assert (found["kind"], found["code"]) == ("danger", "escalator_reversal")
        [row] = await until(lambda: db.rows("SELECT lift_id, reason FROM quarantine"))
        assert (row["lift_id"], row["reason"]) == ("L-1", "missing_field")


async def test_what_cannot_be_read_is_kept_and_rings_only_if_it_may_be_an_alarm(
    db: Database, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(payload: bytes) -> Decoded[Sample | Event]:
        raise RuntimeError(f"{len(payload)} bytes are too many")

    def lies(_payload: bytes) -> Decoded[Sample | Event]:
        return Decoded(items=[Event(ts=-5, seq="x", code=7, active="yes")])  # type: ignore[arg-type]

    monkeypatch.setitem(ADAPTERS, "fails", fails)  # type: ignore[arg-type]
    monkeypatch.setitem(ADAPTERS, "lies", lies)  # type: ignore[arg-type]
    async with intake(db.url, broker), lift_client(broker) as lift:
        for topic, payload in (
            ("lift/v1/Q-1/raw/gbt-json", b'{"Car_Status": '),
            ("lift/v1/Q-2/raw/nobody", b"\x00"),
            ("lift/v1/Q-3/raw/fails", b"12"),
            ("lift/v1/Q-4/raw/lies", b"{}"),
            ("lift/v1/Q-5/raw", b"{}"),
            ("lift/v1/Q-6/raw/gbt-json", b'{"failureCode": "09", "occur'),
            ("lift/v1/Q-7/raw/box-json", json.dumps(box(fault=[21], door=None)).encode()),
            ("lift/v1/Q-8/raw/nobody", "困人".encode()),
        ):
            await send(lift, topic, payload)
        await send(lift, "lift/v1/Q-9/raw/box-json", box(floor="ok"))
        await until(lambda: db.rows("SELECT 1 FROM sample WHERE floor = 'ok'"))
        await until(lambda: db.value("SELECT count(*) = 8 FROM quarantine"))
        kept = {row["topic"].split("/")[2]: row for row in await db.rows("SELECT * FROM quarantine")}
        assert {name: row["reason"] for name, row in kept.items()} == {
            "Q-1": "not_json", "Q-2": "unknown_adapter", "Q-3": "adapter_failed", "Q-4": "out_of_range",
            "Q-5": "bad_topic", "Q-6": "not_json", "Q-7": "missing_field", "Q-8": "unknown_adapter",
        }  # fmt: skip
        assert kept["Q-3"]["detail"] == "RuntimeError: 2 bytes are too many"
        assert bytes(kept["Q-6"]["payload"]) == b'{"failureCode": "09", "occur'
        rescues = await db.rows(
            "SELECT l.lift_id, i.reason, i.state, i.unreadable FROM incident i JOIN lift l USING (lift_no)"
            " WHERE i.kind = 'rescue' ORDER BY l.lift_id"
        )
        assert [tuple(row.values()) for row in rescues] == [
            ("Q-6", "controller_says", "suspected", True), ("Q-7", "alarm_pressed", "suspected", True),
            ("Q-8", "controller_says", "suspected", True),
        ]  # fmt: skip
        assert await db.value("SELECT count(*) FROM incident WHERE kind = 'system'") == 3


async def test_codes_are_read_by_the_lifts_model_and_what_was_said_is_kept(
    db: Database, broker: Mosquitto, tmp_path: Path
) -> None:
    """8 is three different things to three models; unknown ones are counted, and listed by model."""
    file = tmp_path / "codes.toml"
    file.write_text('[models]\n"Box *" = "shmashine"\n"Region" = "regional"\n')
    for lift_id, model in (("M-1", ""), ("M-2", "Box 7"), ("M-3", "REGION"), ("M-4", "Region")):
        await registered(db, lift_id, model=model)
    service = Intake(Settings(database_url=db.url, mqtt_url=broker.url, codes=file), Policy())
    stop = asyncio.Event()
    task = asyncio.create_task(service.run(stop))
    try:
        await until(lambda: _ready(service))
        async with lift_client(broker) as lift:
            for number in (1, 2, 3):
                await send(lift, f"lift/v1/M-{number}/event", event(0, "8"))
                await send(lift, f"lift/v1/M-{number}/telemetry", sample(0, faults=["GBT:4", "0", "08", "door_held"]))
            await send(lift, "lift/v1/M-1/event", event(1, "other", raw="3"))
            await send(lift, "lift/v1/M-1/event", event(2, "F12", raw="2"))
            await send(lift, "lift/v1/M-1/event", event(3, "0"))
            for seq in range(3):
                await send(lift, "lift/v1/M-3/event", event(10 + seq, "E77"))
            await send(lift, "lift/v1/M-4/event", event(0, "e 77"))
            for seq, codes in enumerate((["E9"], ["E9"], [], ["E9"]), 1):
                await send(lift, "lift/v1/M-1/telemetry", sample(seq, faults=codes))
            await until(lambda: db.value("SELECT count(*) = 10 FROM event"))
            await until(lambda: db.value("SELECT count(*) = 7 FROM sample"))
    finally:
        stop.set()
        await task
    rows = await db.rows("SELECT l.lift_id, e.* FROM event e JOIN lift l USING (lift_no) ORDER BY lift_id, seq")
    assert [(row["lift_id"], row["code"], row["text"], row["raw"]) for row in rows] == [
        ("M-1", "restart_prevented", "8", "8"), ("M-1", "door_open_failure", "other", "3"),
        ("M-1", "door_close_failure", "F12", "2"), ("M-1", "automatic_running", "0", "0"),
        ("M-2", "entrapment", "8", "8"),
        ("M-3", "door_open_moving", "8", "8"), *[("M-3", "other", "E77", None)] * 3,
        ("M-4", "other", "e 77", None),
    ]  # fmt: skip
    rows = await db.rows("SELECT l.lift_id, s.* FROM sample s JOIN lift l USING (lift_no) WHERE seq = 0 ORDER BY 1")
    assert [row["faults"] for row in rows] == [
        ["stopped_outside_zone", code, "door_held"] for code in ("restart_prevented", "entrapment", "door_open_moving")
    ]
    assert all(row["raw_faults"] == ["GBT:4", "0", "08", "door_held"] for row in rows)
    unknown = await db.rows(
        "SELECT l.lift_id, u.raw, u.count FROM unknown_code u JOIN lift l USING (lift_no) ORDER BY 1"
    )
    assert [tuple(row.values()) for row in unknown] == [("M-1", "E9", 2), ("M-3", "E77", 3), ("M-4", "e 77", 1)]


async def _ready(service: Intake) -> bool:
    return service.ready() is None


async def test_an_alarm_does_not_wait_behind_makers_telemetry(db: Database, broker: Mosquitto) -> None:
    """Four thousand statuses of other lifts stand before it, and two of its own, which keep their order."""
    async with lift_client(broker) as lift:
        async with intake(db.url, broker):  # the broker queues for us only once we have been there
            pass
        for number in range(4000):
            await send(lift, f"lift/v1/W-{number % 200}/raw/box-json", box(floor=number // 200))
        for floor in (7, 8):
            await send(lift, "lift/v1/X-1/raw/box-json", box(floor=floor, haspeople=1))
        await send(lift, "lift/v1/X-1/raw/box-json", box(floor=9, haspeople=1, inposition=0, fault=["8"]))
        async with intake(db.url, broker, ready=False):
            await until(lambda: db.rows(RESCUE, "X-1"), within=30)
            behind = await db.value("SELECT count(*) FROM sample")
            assert behind < 2500, "it waited behind the others"
            rows = await db.rows(
                "SELECT s.floor FROM sample s JOIN lift l USING (lift_no) WHERE lift_id = 'X-1' AND NOT late ORDER BY seq"
            )
            assert [row["floor"] for row in rows] == ["7", "8", "9"]
            await until(lambda: db.value("SELECT count(*) = 4003 FROM sample"), within=120)


async def test_no_more_is_taken_than_there_is_room_for(
    db: Database, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for next to nothing the lane reads on only when what waits is stored; in the end all of it is."""
    monkeypatch.setattr(lane, "PATIENT_BYTES", 100)
    monkeypatch.setattr(lane, "PATIENT", 10)
    async with intake(db.url, broker), lift_client(broker) as lift:
        for number in range(120):
            await send(lift, f"lift/v1/R-{number % 4}/raw/box-json", box(floor=number // 4))
        await until(lambda: db.value("SELECT count(*) = 120 FROM sample"), within=30)
