"""The policy file: what is laid over the defaults, and what is refused with a sentence."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from alerts import policy_file, policy_watch
from alerts.policy import Policy, Threshold
from elevator.errors import SettingsError

PAGE = Path(__file__).parents[2] / "docs" / "policy.md"


def load(folder: Path, text: str) -> Policy:
    file = folder / "policy.toml"
    file.write_text(text)
    return policy_file.load(file)


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert policy_file.load(None) == Policy()
    assert load(tmp_path, "") == Policy()


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert example
    read = load(tmp_path, example[1])
    assert read.rules["outside_zone"] == Threshold(suspect_s=15, confirm_s=45)
    assert read.rules["power_lost"] == Policy().rules["power_lost"]
    assert (read.conditions.occupied_s, read.conditions.cleared_s) == (3, Policy().conditions.cleared_s)


def test_a_rule_may_be_made_to_ask(tmp_path: Path) -> None:
    assert load(tmp_path, "[rules.power_lost]\nsuspect_s = 5\n").rules["power_lost"].confirm_s is None


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("[rules", ["(at end of document)"]),
        ("a = 1\na = 2\n", ["(at line 2"]),
        ("[rulez]\n", ["line 1: rulez: is no threshold; here are rules, clocks"]),
        ("[button]\nheld = 3\n", ["line 2: button.held: is no threshold; here are held_s"]),
        ("[button]\nheld_s = 'long'\n", ["line 2: button.held_s: Expected `float`, got `str`"]),
        ("# mine\n\n[button]\nheld_s = -1\n", ["line 4: button.held_s: must be 0 or more, not -1"]),
        ("[clocks]\nlate_s = inf\n", ["line 2: clocks.late_s: must be 0 or more, not inf"]),
        ("[evidence]\nsamples = -10\n", ["line 2: evidence.samples: must be 0 or more"]),
        ("[rules.no_such]\nsuspect_s = 1\n", ["line 1: rules.no_such: no rule is called no_such; rules are outside"]),
        ("[rules.silence]\nconfirm_s = 1\n", ["line 1: rules.silence: suspect_s is missing"]),
        ("[rules.caller]\nsuspect_s = nan\n", ["line 2: rules.caller.suspect_s: must be 0 or more, not nan"]),
        ("[rules]\ncaller = {suspect_s = 9, confirm_s = 8}\n", ["line 2: rules.caller.confirm_s: must not confirm"]),
        ("rules.caller.suspect_s = 9\nrules.caller.confirm_s = 8\n", ["line 2: rules.caller.confirm_s: must not"]),
        ("rules = 3\nclocks = []\n", ["line 1: rules: must be a table", "line 2: clocks: must be a table, not []"]),
        (
            "[button]\nheld_s = -1\nheld = 2\n[rules.silence]\nsuspect_s = 'x'\n[nobody]\n",
            ["line 2: button.held_s", "line 3: button.held", "line 5: rules.silence.suspect_s", "line 6: nobody"],
        ),
    ],
)
def test_every_mistake_is_told_with_its_line(tmp_path: Path, text: str, sentences: list[str]) -> None:
    with pytest.raises(SettingsError) as told:
        load(tmp_path, text)
    assert str(told.value).startswith(f"policy {tmp_path / 'policy.toml'}: ")
    for sentence in sentences:
        assert sentence in str(told.value)
    assert str(told.value).count("; line ") == len(sentences) - 1


async def test_a_good_change_is_adopted_and_a_bad_one_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_watch, "PERIOD", 0.01)
    file, stop, adopted = tmp_path / "policy.toml", asyncio.Event(), list[Policy]()
    file.write_text("")

    async def until(true: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not true():  # noqa: ASYNC110 - what others will have done
                await asyncio.sleep(0.01)

    async def shows(refused: float) -> None:
        await until(lambda: REGISTRY.get_sample_value("liftline_policy_refused") == refused)

    following = asyncio.create_task(policy_watch.follow(file, adopted.append, stop, running=Policy()))
    file.write_text("[button]\nheld_s = -1\n")
    await shows(refused=1)
    assert adopted == []
    file.write_text("[button]\nheld_s = 4\n")
    await shows(refused=0)
    await until(lambda: bool(adopted))
    file.unlink()
    await shows(refused=1)
    stop.set()
    await following
    assert [policy.button.held_s for policy in adopted] == [4]


async def test_without_a_file_there_is_nothing_to_follow() -> None:
    await policy_watch.follow(None, pytest.fail, asyncio.Event(), running=Policy())


def test_the_habits_of_one_code_leave_those_of_the_others(tmp_path: Path) -> None:
    read = load(tmp_path, "[faults]\nopens_s = 20\n[faults.codes.drive_fault]\ntimes = 2\n")
    assert (read.faults.opens_s, read.faults.codes["drive_fault"].times) == (20, 2)
    assert read.faults.codes["sensor_fault"] == Policy().faults.codes["sensor_fault"]


def test_a_code_that_does_not_exist_has_no_habits(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"line 2: faults.codes.drive_falt: no code is called drive_falt"):
        load(tmp_path, "[faults]\n[faults.codes.drive_falt]\ntimes = 2\n")
