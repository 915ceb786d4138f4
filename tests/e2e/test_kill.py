"""The services as real processes, killed with SIGKILL in the middle of a suspicion: it confirms at its time."""

import json
import os
import signal
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from paho.mqtt import publish
from paho.mqtt.enums import MQTTProtocolVersion

from deploy.servers import scratch_folder
from deploy.stack import Running, platform
from elevator import clock
from elevator.settings import Settings

pytestmark = pytest.mark.integration

SUSPECT_S, CONFIRM_S = 2, 12  # the policy of this test; three dead services are back in less
LATE_S = 3.0  # s that a slow machine may take on top; the restart itself would be seen


def _until(condition: Callable[[], Any], running: Running, within: float) -> Any:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        running.services.tend()
        if value := condition():
            return value
        time.sleep(0.05)
    pytest.fail("it did not come: " + "\n".join(one.last_words() for one in running.services.all))


def test_every_service_killed_in_the_middle_of_a_suspicion_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with scratch_folder("killed") as folder:
        policy = folder / "policy.toml"
        policy.write_text(f"[rules.outside_zone]\nsuspect_s = {SUSPECT_S}\nconfirm_s = {CONFIRM_S}\n")
        monkeypatch.setenv("LIFTLINE_POLICY", str(policy))
        with platform(folder / "data", Settings(), api_port=0, mqtt_port=0, say=print, durable=False) as running:
            _story(running)


def _story(running: Running) -> None:
    headers = {"Authorization": f"Bearer {running.admin_token}"}
    with httpx.Client(base_url=f"{running.api_url}/api/v1", headers=headers, timeout=5) as http:

        def rescue(*states: str) -> dict[str, Any] | None:
            try:
                [*found] = http.get("/incidents", params={"kind": "rescue", "state": "all"}).json()["items"]
            except httpx.HTTPError:
                return None  # killed a moment ago
            assert len(found) <= 1, "a second rescue"
            return found[0] if found and found[0]["state"] in states else None

        stopped = clock.now()
        _send(running, {"ts": clock.now_ms(), "seq": 0, "mode": "normal", "floor": "4", "moving": False,
                        "door_zone": False, "door": "closed"})  # fmt: skip
        suspected = _until(lambda: rescue("suspected"), running, 10)
        before = {service.name: service.pid for service in running.services.all}
        for pid in before.values():
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
        confirmed = _until(lambda: rescue("confirmed"), running, CONFIRM_S + 20)

    assert confirmed["id"] == suspected["id"]
    assert confirmed["opened_at"] == suspected["opened_at"]
    after = {service.name: service.pid for service in running.services.all}
    assert all(after[name] != pid for name, pid in before.items())
    took = (datetime.fromisoformat(confirmed["confirmed_at"]) - stopped).total_seconds()
    assert CONFIRM_S <= took < CONFIRM_S + LATE_S


def _send(running: Running, sample: dict[str, Any]) -> None:
    where = urlsplit(running.lift_mqtt_url)
    publish.single(
        "lift/v1/K-1/telemetry", json.dumps(sample), qos=1, hostname=where.hostname or "", port=where.port or 0,
        protocol=MQTTProtocolVersion.MQTTv5,
    )  # fmt: skip
