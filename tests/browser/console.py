"""What browser tests hold in their hands: the installation behind the console, lifts on the line, and screens."""

import json
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page

from deploy.stack import Running
from elevator import clock

PROJECT = Path(__file__).resolve().parents[2]
DIST = PROJECT / "api" / "console" / "dist"
AXE = PROJECT / "api" / "console" / "node_modules" / "axe-core" / "axe.min.js"
SCREENS = PROJECT / "build" / "screens"  # ignored by git

PASSWORD = "correct horse battery"
FLOORS = ["B1", *map(str, range(1, 13))]
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
ENDED = {"closed", "cleared", "cancelled"}


@dataclass
class Lift:
    """A registered lift and its controller's counters."""

    id: str
    code: str
    name: str
    building: str
    seq: Iterable[int] = field(default_factory=count)
    boot: str = "b1"


class Line:
    """A small controller on the real broker, with another implementation of MQTT than the platform's."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.connect(where.hostname or "127.0.0.1", where.port or 1883)
        self._client.loop_start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _send(self, lift: Lift, topic: str, body: dict[str, Any], *, retain: bool = False) -> None:
        sent = self._client.publish(f"lift/v1/{lift.id}/{topic}", json.dumps(body), qos=1, retain=retain)
        sent.wait_for_publish(5)
        assert sent.is_published(), "the broker took the message"

    def link(self, lift: Lift) -> None:
        """The lift is there."""
        self._send(lift, "link", {"online": True, "ts": clock.now_ms(), "interval": 60, "firmware": "t1"}, retain=True)

    def lost(self, lift: Lift) -> None:
        """The broker says that the lift is gone, as its last will does."""
        self._send(lift, "link", {"online": False}, retain=True)

    def sample(self, lift: Lift, **changed: Any) -> None:
        """One sample: standing at 3 with the door closed and nobody inside, but for what is `changed`."""
        at = {
            "ts": clock.now_ms(), "seq": next(iter(lift.seq)), "boot": lift.boot, "mode": "normal", "floor": "3",
            "moving": False, "door_zone": True, "door": "closed", "direction": "none", "speed": 0.0, "position": 9.0,
            "occupied": False, "power": "mains",
        }  # fmt: skip
        self._send(lift, "telemetry", at | changed)

    def event(self, lift: Lift, code: str, *, active: bool = True) -> None:
        """One fault or alarm event."""
        body = {"ts": clock.now_ms(), "seq": next(iter(lift.seq)), "boot": lift.boot, "code": code, "active": active}
        self._send(lift, "event", body)

    def trap(self, lift: Lift) -> None:
        """Somebody stands between two floors, and the controller says so."""
        self.link(lift)
        for floor, position in (("3", 9.0), ("4", 12.0)):
            self.sample(lift, moving=True, door_zone=False, floor=floor, position=position, occupied=True, speed=1.5)
        self.sample(lift, door_zone=False, floor="4", position=13.4, occupied=True, people=2)
        self.event(lift, "entrapment")


class Place:
    """The platform, with one firm, its crew and people of every role; everything enters over public interfaces."""

    def __init__(self, running: Running, line: Line) -> None:
        self.running, self.line, self.url = running, line, running.api_url
        self._http = httpx.Client(
            base_url=f"{running.api_url}/api/v1", headers={"Authorization": f"Bearer {running.admin_token}"}, timeout=20
        )
        self._numbers = count(1)
        self._trapped: list[Lift] = []
        self._cookies: dict[str, str] = {}
        self.firm = self.call("POST", "/firms", {"name": "湘安电梯", "phone": "0731-2288 0110"})
        self.other_firm = self.call("POST", "/firms", {"name": "Northside Lifts", "phone": "0731-2299 0110"})
        self.unit = self.call(
            "POST", "/units", {"firm_id": self.firm["id"], "name": "天元一组", "phone": "138 0000 0001"}
        )
        self.people = [
            self._person("dispatcher", "陈丽"), self._person("supervisor", "王主任"), self._person("admin", "管理员"),
            self._person("firm", "湘安值班", firm_id=self.firm["id"]),
            self._person("responder", "刘师傅", unit_id=self.unit["id"]),
            self._person("property", "物业前台", building="湘江花园"),
        ]  # fmt: skip

    def _person(self, role: str, name: str, **scope: str) -> dict[str, Any]:
        return self.call("POST", "/users", {"login": role, "name": name, "role": role, "password": PASSWORD, **scope})

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One call with the administrator's token."""
        answer = self._http.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def cookie(self, role: str) -> str:
        """The session of the person with this role; one sign-in serves all screens."""
        if role not in self._cookies:
            answer = httpx.post(f"{self.url}/api/v1/session", json={"login": role, "password": PASSWORD}, timeout=20)
            assert answer.status_code == 200, answer.text
            self._cookies[role] = answer.cookies["liftline_session"]
        return self._cookies[role]

    def lift(self, **fields: Any) -> Lift:
        """Register one more lift; no two tests share one."""
        n = next(self._numbers)
        lift = Lift(id=f"4302{n:016}", code=f"{430000 + n}", name=f"第{n}座 1 梯", building="湘江花园")
        body = {
            "lift_id": lift.id, "rescue_code": lift.code, "name": lift.name, "building": lift.building,
            "address": f"天元区黄河北路 {n} 号", "district": "天元区", "firm": self.firm["id"], "floors": FLOORS,
            "rated_speed": 1.75, "load_rated": 1000, "lat": 27.82, "lon": 113.13, "model": "KX-1000",
        }  # fmt: skip
        self.call("POST", "/lifts", body | fields)
        lift.name = fields.get("name", lift.name)
        return lift

    def incidents(self, state: str = "open") -> list[dict[str, Any]]:
        """Incidents as the list gives them."""
        return list(self.call("GET", f"/incidents?state={state}&limit=200")["items"])

    def rescue(self, lift: Lift, seconds: float = 10) -> dict[str, Any]:
        """The rescue of this lift, waited for."""
        return self.until(lambda: next((i for i in self.incidents() if i["lift_id"] == lift.id), None), seconds)

    def rescue_of(self, lift: Lift, seconds: float) -> dict[str, Any]:
        """The rescue of this lift, beside whatever else is open of it."""
        return self.until(
            lambda: next((i for i in self.incidents() if (i["lift_id"], i["kind"]) == (lift.id, "rescue")), None),
            seconds,
        )

    def heard(self, lift: Lift, seconds: float = 10) -> dict[str, Any]:
        """The state of this lift, once a sample of it has arrived."""

        def _state() -> dict[str, Any] | None:
            state = self.call("GET", f"/lifts/{lift.id}")["state"]
            return state if state and state["sample"] else None

        return self.until(_state, seconds)

    @staticmethod
    def until(find: Callable[[], dict[str, Any] | None], seconds: float) -> dict[str, Any]:
        """What is looked for, as soon as it is there."""
        deadline = time.monotonic() + seconds
        while True:
            if (found := find()) is not None:
                return found
            assert time.monotonic() < deadline, "it did not come in time"
            time.sleep(0.05)

    def trapped(self, lift: Lift | None = None) -> tuple[Lift, dict[str, Any]]:
        """A lift with somebody in it, and its rescue."""
        lift = lift or self.lift()
        self.trap(lift)
        return lift, self.rescue(lift)

    def trap(self, lift: Lift) -> None:
        """Somebody is trapped in this lift."""
        self._trapped.append(lift)
        self.line.trap(lift)

    def act(self, incident_id: str, action: str, **body: Any) -> dict[str, Any]:
        """An action over HTTP, as the administrator."""
        return dict(self.call("POST", f"/incidents/{incident_id}/{action}", body))

    def tidy(self) -> None:
        """Let everybody out and end what a test left open, so that the next one begins with an empty board."""
        for lift in self._trapped:
            self.line.event(lift, "entrapment", active=False)
            self.line.sample(lift, door="open", occupied=False)
        self._trapped.clear()
        for one in self.incidents():
            if one["kind"] != "rescue":
                self.act(one["id"], "close", cause="test")
                continue
            if one["state"] == "released":
                self.act(one["id"], "close", cause="unknown", verified_with="test")
            else:
                self.act(one["id"], "cancel", reason="test")


@dataclass
class Watch:
    """What a context complained about, and whom it asked."""

    home: str
    expected: re.Pattern[str] | None
    problems: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        """Listen to all pages of the context."""
        context.on("console", self._said)
        context.on("weberror", lambda error: self.problems.append(f"uncaught: {error.error}"))
        context.on("request", lambda request: self._asked(request.url))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        text = f"{message.type}: {message.text} ({message.location.get('url', '')})"
        if self.expected is None or not self.expected.search(text):
            self.problems.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.home, "data:", "blob:")):
            self.problems.append(f"asked another host: {url}")


def row(page: Page, incident: dict[str, Any] | str) -> Locator:
    """The row of an incident in the queue."""
    incident_id = incident if isinstance(incident, str) else incident["id"]
    return page.locator(f'[data-testid="queue-row"][data-incident="{incident_id}"]')


def row_of(page: Page, lift: Lift) -> Locator:
    """The row of a lift in the queue."""
    return page.get_by_test_id("queue-row").filter(has_text=lift.name)


async def focused(page: Page, attribute: str) -> str | None:
    """A data attribute of what has the focus."""
    return await page.evaluate("name => document.activeElement?.dataset[name] ?? null", attribute)


async def focus_is_visible(page: Page) -> bool:
    """Whether a person sees where the focus is."""
    return bool(
        await page.evaluate(
            """() => {
              const one = document.activeElement;
              if (!one || one === document.body) return false;
              const style = getComputedStyle(one);
              return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
            }"""
        )
    )
