"""A short trial by `deploy.chaos` with real processes and servers, and the proof that its verdict would see a loss."""

import psycopg
import pytest

from deploy.chaos.arena import arena
from deploy.chaos.faults import CATALOGUE, SHORT
from deploy.chaos.ledger import What, read
from deploy.chaos.lifts import Load
from deploy.chaos.trial import Plan, order, run
from deploy.chaos.verdict import judge
from deploy.servers import find_mosquitto, find_postgres, scratch_folder
from elevator.errors import ServerError

pytestmark = pytest.mark.integration

# One of each family; `make chaos` tries them all, two hundred times.
FAULTS = (
    "worker_dies_before_commit", "worker_dies_after_commit", "worker_dies_between_pubacks", "second_worker",
    "database_killed", "database_stopped_at_once", "disk_full", "cut_after_commit", "database_cut", "broker_cut",
    "cut_in_puback", "broker_restarted",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _servers(request: pytest.FixtureRequest) -> None:
    """The trial starts its own: a machine without them is told as everywhere else."""
    try:
        find_postgres()
        find_mosquitto()
    except ServerError:
        request.getfixturevalue("database")


def test_a_short_trial_loses_nothing_and_its_verdict_can_see(capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []
    load = Load(lifts=60, period=0.3, alarm_period=0.4, repeat=1.0)
    with scratch_folder("chaos-test") as folder, arena(folder, load, seed=7, durable=False, say=said.append) as stage:
        outcome = run(stage, Plan(faults=len(FAULTS), spans=SHORT, only=FAULTS), said.append)
        with capsys.disabled():
            print("\n" + "\n".join(said))
        assert outcome.good, "\n".join([*outcome.not_reached, outcome.broken, *outcome.verdict.lines()])
        assert set(outcome.recoveries) == set(FAULTS)
        ledger, url = stage.ledger, stage.postgres.url
        assert set(read(ledger.path)) == set(ledger.acknowledged) == ledger.sent  # nothing is under way at the verdict
        assert {entry.what for entry in ledger.acknowledged} == set(What)
        _harm(url)
        seen = judge(url, ledger).faults()
    assert seen.keys() == {
        "lost", "doubled", "never_sent", "without_rescue", "several_rescues", "told_wrongly", "wrongly_quarantined"
    }  # fmt: skip
    assert {entry.what for entry in seen["lost"]} == {What.SAMPLE, What.LINK, What.BAD}
    assert len(seen["lost"]) == 4


_EVENT = "lift_no, ts, boot, seq, code, active, replay, late, outcome, received_at, seen_at"
_FIRST = "SELECT min(lift_no) FROM incident WHERE kind = 'rescue' AND lift_no IS NOT NULL"


def _harm(url: str) -> None:
    """One of each kind of wrong."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in (
            "DELETE FROM sample WHERE (lift_no, seq) IN (SELECT lift_no, seq FROM sample WHERE seq = 3 LIMIT 1)",
            "UPDATE sample SET seq = 1000000 WHERE (lift_no, seq) IN (SELECT lift_no, seq FROM sample LIMIT 1)",
            "DELETE FROM link WHERE id = (SELECT max(id) FROM link)",
            "UPDATE quarantine SET payload = 'another' WHERE id = (SELECT max(id) FROM quarantine)",
            f"INSERT INTO event ({_EVENT}, reuse) SELECT {_EVENT}, 1 FROM event LIMIT 1",
            "UPDATE incident SET kind = 'fault' WHERE id = (SELECT min(id) FROM incident WHERE kind = 'rescue')",
            f"UPDATE incident SET state = 'closed', lift_no = ({_FIRST}) WHERE id = (SELECT max(id) FROM incident WHERE kind = 'rescue')",
        ):
            connection.execute(statement.encode())


def test_the_whole_catalogue_is_drawn_before_anything_comes_twice() -> None:
    names = order(Plan(faults=2 * len(CATALOGUE), spans=SHORT), lambda lot: lot.reverse())
    assert set(names[: len(CATALOGUE)]) == set(CATALOGUE)
    assert sorted(names) == sorted([*CATALOGUE, *CATALOGUE])
