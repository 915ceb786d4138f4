"""The command around the judge: shared-out work, documents, pages, the gate's exit, Ctrl-C."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from alerts.policy import Policy, Threshold
from deploy.plotting import NoPlotError
from deploy.score import command, lives, plot, report, work
from deploy.score.command import Wish
from deploy.score.plan import SETS, Piece, planned
from deploy.score.work import Effort
from elevator.errors import SettingsError
from simulators.truth.story import Life
from tests.score_life import Told
from tests.unit.test_score_judge import hidden, idle, trapped_once

SMALL = planned("tuning", lifts=3, days=0.05)


def told(*those: Told) -> Any:
    def made(piece: Piece) -> list[Life]:
        return [one.life() for one in those][piece.first : piece.first + piece.count]

    return made


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lives told by hand in place of the city."""
    monkeypatch.setattr(work, "lives", told(trapped_once(), idle()))


def test_however_the_work_is_shared_out_the_score_is_the_same() -> None:
    documents = []
    for jobs in (1, 2):
        tallies, effort = command.run(SMALL, [Policy()], jobs, lambda _: None)
        found = report.document(SMALL, ["default"], tallies, effort, {})
        documents.append((found["policies"], found["lift_days"], found["speed"]["samples"]))
    assert documents[0] == documents[1]
    assert documents[0][1] == pytest.approx(0.15)
    assert documents[0][2] > 100


def test_a_piece_is_the_same_lives_whoever_lives_them() -> None:
    def words(piece: Piece) -> list[list[bytes]]:
        return [[one.payload for one in life.messages] for life in lives.lives(piece)]

    pieces = [words(piece) for piece in SMALL.pieces(1)]
    assert [life for piece in pieces for life in piece] == words(next(SMALL.pieces(10)))


def test_the_sets_share_no_seed() -> None:
    assert len({one.seed for one in SETS.values()}) == len(SETS)
    assert SETS["test"].lifts * SETS["test"].days >= 30_000


def test_a_set_that_does_not_exist_is_named() -> None:
    with pytest.raises(SettingsError, match="there is no set 'best'; there are tuning, test, gate"):
        planned("best")


@pytest.mark.usefixtures("by_hand")
def test_the_gate_passes_what_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.score(Wish(gate=True, lifts=2)) == 0
    assert "gate: passed" in capsys.readouterr().err


def test_the_gate_does_not_pass_a_miss_and_tells_its_story(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(work, "lives", told(trapped_once(), hidden()))
    assert command.score(Wish(gate=True, lifts=2)) == 1
    said = capsys.readouterr().err
    assert "missed: made_up on L-hidden" in said
    assert "1 of 2 entrapments were not found" in said


@pytest.mark.usefixtures("by_hand")
def test_two_policies_stand_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slow, figures, page = tmp_path / "slow.toml", tmp_path / "out" / "score.json", tmp_path / "score.md"
    slow.write_text("[rules.outside_zone]\nsuspect_s = 20\nconfirm_s = 600\n")
    page.write_text(f"# Score\n\nbefore\n\n{report.BEGIN}\nthe former part\n{report.END}\n\nafter\n")
    assert command.score(Wish(lifts=2, jobs=1, policy=slow, json=figures, report=page)) == 0
    found = json.loads(figures.read_text())
    recalls = {name: one["entrapments"]["recall"] for name, one in found["policies"].items()}
    assert recalls == {"default": 1, "slow": 0}
    said = capsys.readouterr().err
    assert "Entrapments by cause (default / slow)" in said
    assert "0 / 1" in said
    text = page.read_text()
    assert "| recall | 1.00000 | 0.00000 |" in text
    assert "the former part" not in text
    assert text.index("before") < text.index("recall") < text.index("after")


@pytest.mark.usefixtures("by_hand")
def test_the_picture_is_drawn_where_matplotlib_is(tmp_path: Path) -> None:
    tallies, effort = command.run(planned("tuning", lifts=2), [Policy(), Policy()], 1, lambda _: None)
    found = report.document(planned("tuning", lifts=2), ["one", "other"], tallies, effort, {})
    try:
        plot.draw(found, tmp_path / "score.png")
    except NoPlotError as error:
        assert "make score" in str(error)  # noqa: PT017 - not every set-up has it
    else:
        assert (tmp_path / "score.png").read_bytes().startswith(b"\x89PNG")


def test_evidence_says_what_was_heard_and_what_was_made_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Policy()
    slow.rules["outside_zone"] = Threshold(suspect_s=20, confirm_s=600)
    monkeypatch.setattr(work, "lives", told(trapped_once()))
    tallies, effort = command.run(planned("tuning", lifts=1), [slow], 1, lambda _: None)
    (miss,) = report.document(planned("tuning", lifts=1), ["slow"], tallies, effort, {})["policies"]["slow"]["missed"]
    lines = "\n".join(miss["evidence"])
    assert "+0.0 s  sample b:10 (+0.0 s): floor 3, stopped, outside the zone, door closed, occupied" in lines
    assert "+20.0 s  → rescue outside_zone opened" in lines
    assert "-10" not in lines.split("-20.0 s")[0].splitlines()[-1]


def test_speed_is_told_by_processor_time() -> None:
    effort = Effort(lift_days=10, samples=1_000_000, making_s=1, reading_s=2, deciding_s=5, judging_s=2)
    fast = report.speed(effort)
    assert (fast["lift_days_per_core_minute"], fast["deciding_us_per_sample"]) == (60, 5)


@pytest.mark.parametrize(("children", "pause"), [(1, 0.0), (1, 0.05), (1, 0.3), (3, 0.0), (3, 2.0)])
def test_ctrl_c_ends_it_and_every_worker(children: int, pause: float) -> None:
    """Whenever it comes: before all have begun, too; the children are two workers, and who tidies up after them."""
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"  # a shell's `&` leaves it ignored
        "from deploy.cli import main; sys.argv = ['liftline', 'score', '--lifts', '4000', '--jobs', '2']; main()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, start_new_session=True) as running:
        try:
            while _children(running.pid) < children and running.poll() is None:
                time.sleep(0.01)
            time.sleep(pause)
            os.killpg(running.pid, signal.SIGINT)
            said = running.communicate(timeout=60)[1].decode()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
    assert running.returncode == 130, said
    assert "Traceback" not in said
    assert _gone(running.pid, within=10)


def _children(pid: int) -> int:
    try:
        return len(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    except OSError:
        return 0


def _gone(group: int, within: float) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False
