"""The page of the tried policy: what it says, that it says the same in both languages, and who may see it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from playwright.async_api import Page, expect
from psycopg.types.json import Jsonb

from alerts.policy import Policy, Threshold
from alerts.shadow.compare import thresholds
from elevator import clock
from tests.browser.conftest import Open
from tests.browser.console import DESK, PHONE, Place
from tests.browser.test_console_pages import _inspect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

QUICK = Policy(
    rules=Policy().rules | {"outside_zone": Threshold(suspect_s=10, confirm_s=40), "silence": Threshold(suspect_s=30)}
)
REASONS = ("outside_zone", "controller_says", "alarm_pressed")


class Trial:
    """A run of a tried policy, in rows as `liftline shadow` writes them, beside real rescues."""

    def __init__(self, place: Place) -> None:
        self.place, self.begin, self.number = place, clock.now() - timedelta(days=9), 0
        self.connection = psycopg.connect(place.running.database_url, autocommit=True)

    def sql(self, statement: str, **values: Any) -> None:
        self.connection.execute(statement, values)

    def begins(self) -> None:
        self.sql(
            """INSERT INTO shadow_run (id, thresholds, began_at, heard_until, kept_until, alive_at, heard, missed)
               VALUES ('r1', %(thresholds)s, %(begin)s, %(now)s, %(now)s, %(now)s, 1000, 0)""",
            thresholds=Jsonb(thresholds(QUICK)), begin=self.begin, now=clock.now(),
        )  # fmt: skip

    def stops(self) -> None:
        self.sql("UPDATE shadow_run SET alive_at = alive_at - interval '10 minutes', missed = 7")

    def case(self, hour: float, *, live: float | None, shadow: float | None, persons: int | None = None,
             reported: bool = False, false_alarm: bool = False) -> str:  # fmt: skip
        """A rescue that the live policy told after `live` seconds, the shadow after `shadow`; the lift's id."""
        self.number += 1
        lift, at = self.place.lift(), self.begin + timedelta(hours=hour)
        state = "cancelled" if false_alarm else "released" if persons is not None else "dispatched"
        ids = {"lift": lift.id, "at": at, "id": f"trial-{self.number:04}", "reason": REASONS[self.number % 3]}
        if live is not None:
            self.sql(
                """INSERT INTO incident (id, lift_no, kind, priority, state, reason, causes, opened_at, confirmed_at,
                       released_at, closed_at, persons)
                   SELECT %(id)s, lift_no, 'rescue', 1, %(state)s, %(reason)s, %(causes)s, %(at)s,
                       %(at)s + make_interval(secs => %(after)s),
                       CASE WHEN %(state)s = 'released' THEN %(at)s + interval '20 minutes' END,
                       CASE WHEN %(state)s = 'cancelled' THEN %(at)s + interval '20 minutes' END, %(persons)s
                   FROM lift WHERE lift_id = %(lift)s""",
                state=state, after=live, persons=persons, causes=["caller" if reported else ids["reason"]], **ids,
            )  # fmt: skip
            if false_alarm:
                self.sql(
                    """INSERT INTO timeline (incident_id, n, at, actor, channel, action, reason)
                       VALUES (%(id)s, 1, %(at)s, '{"kind": "user"}', 'api', 'cancel', 'false_alarm')""",
                    id=ids["id"], at=at,
                )  # fmt: skip
        if shadow is not None:
            self.sql(
                """INSERT INTO shadow_incident (id, run_id, lift_no, kind, priority, reason, causes, opened_at,
                       confirmed_at, rang_at, ended_at)
                   SELECT %(id)s, 'r1', lift_no, 'rescue', 1, %(reason)s, ARRAY[%(reason)s], %(at)s,
                       %(at)s + make_interval(secs => %(after)s), %(at)s + make_interval(secs => %(after)s),
                       %(at)s + interval '20 minutes'
                   FROM lift WHERE lift_id = %(lift)s""",
                after=shadow, **ids,
            )  # fmt: skip
        return lift.id

    def close(self) -> None:
        for statement in (
            "DELETE FROM shadow_incident", "DELETE FROM shadow_run",
            "ALTER TABLE timeline DISABLE TRIGGER timeline_append_only",
            "DELETE FROM timeline WHERE incident_id LIKE 'trial-%%'",
            "ALTER TABLE timeline ENABLE TRIGGER timeline_append_only",
            "DELETE FROM incident WHERE id LIKE 'trial-%%'",
        ):  # fmt: skip
            self.sql(statement)
        self.connection.close()


@pytest.fixture
def trial(place: Place) -> Iterator[Trial]:
    made = Trial(place)
    yield made
    made.close()


def some_weeks(trial: Trial) -> None:
    """Eleven rescues that both caught, one that each caught alone, and false alarms of all kinds."""
    trial.begins()
    for number, (live, shadow) in enumerate(
        [(60, 40)] * 4 + [(62, 41), (90, 62), (45, 45), (3, 3), (60, 12), (60, 66), (61, 40)]
    ):
        trial.case(3 + number * 9, live=live, shadow=shadow, persons=1 + number % 3)
    trial.case(50, live=0, shadow=30, persons=2, reported=True)
    trial.case(70, live=60, shadow=None, persons=1)
    trial.case(80, live=60, shadow=40, false_alarm=True)
    trial.case(81, live=60, shadow=None, false_alarm=True)
    trial.case(82, live=60, shadow=None, false_alarm=True)
    trial.case(90, live=None, shadow=40)
    trial.case(120, live=60, shadow=40)


def figure(page: Page, name: str) -> Any:
    return page.get_by_test_id("shadow-figures").locator(f'tr[data-figure="{name}"] td')


async def test_what_the_page_says(screen: Open, trial: Trial) -> None:
    some_weeks(trial)
    page = await screen("supervisor", "#/board")
    await page.get_by_role("link", name="Shadow").click()
    await expect(page.get_by_test_id("shadow-sentence")).to_have_text(
        "Of 13 entrapments in 30 days the shadow would have caught 12; the live policy caught 12."
        " Half of those that both caught it would have told at least 20 s earlier."
    )
    for name, figures in (
        ("caught", ["12", "12"]),
        ("missed", ["1", "1"]),
        ("falsely", ["3", "1"]),
        ("unknown", ["1", "2"]),
    ):
        await expect(figure(page, name)).to_have_text(figures)
    differing = page.get_by_test_id("shadow-differences")
    await expect(differing.locator("tbody tr")).to_have_count(3)
    await expect(differing.locator('[data-name="rules.outside_zone.confirm_s"] td')).to_have_text(["60", "40"])
    await expect(page.get_by_test_id("shadow-gained").locator("circle")).to_have_count(11)
    await expect(page.get_by_test_id("shadow-run")).to_have_attribute("data-alive", "true")

    rows = page.get_by_test_id("shadow-row")
    await expect(rows).to_have_count(18)
    await page.locator('[data-testid="shadow-chip"][data-verdict="shadow_missed"]').click()
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("The shadow missed it 1 inside")
    await page.get_by_role("button", name="All 18").click()
    await expect(rows).to_have_count(18)
    await rows.first.get_by_role("link").click()
    await expect(page).to_have_url(re.compile("#/lifts/4302"))


async def test_none_one_that_has_stopped_and_one_that_has_seen_nothing(screen: Open, trial: Trial) -> None:
    page = await screen("dispatcher", "#/shadow")
    await expect(page.get_by_text("No policy is being tried")).to_be_visible()
    trial.begins()
    await page.reload()
    await expect(page.get_by_test_id("shadow-sentence")).to_contain_text("Nobody was found trapped in the last 30 days")
    trial.stops()
    await page.reload()
    run = page.get_by_test_id("shadow-run")
    await expect(run).to_have_attribute("data-alive", "false")
    await expect(run).to_contain_text("It has stopped")
    await expect(run).to_contain_text("7 of 1007 messages came too late")


async def test_others_are_not_shown_it(screen: Open, trial: Trial) -> None:
    trial.begins()
    for role, home in (("firm", "mine"), ("property", "board")):
        page = await screen(role, "#/shadow")
        await expect(page.locator(f"main.on-{home}")).to_be_visible()
        await expect(page.get_by_role("link", name="Shadow")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "size"), [("shadow", DESK), ("shadow-narrow", {"width": 1024, "height": 768}), ("shadow-phone", PHONE)]
)
async def test_as_pictures(screen: Open, trial: Trial, name: str, size: dict[str, int]) -> None:
    some_weeks(trial)
    page = await screen("supervisor", "#/shadow", size=size)
    await expect(page.get_by_test_id("shadow-row")).to_have_count(18)
    assert await _inspect(page, name) == []
