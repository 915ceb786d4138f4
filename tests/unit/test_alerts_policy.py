"""The policy file: what is laid over the defaults, and what is refused with a sentence."""

import re
from pathlib import Path

import pytest

from alerts import policy
from alerts.policy import Policy, Threshold
from elevator.errors import SettingsError

PAGE = Path(__file__).parents[2] / "docs" / "policy.md"


def load(folder: Path, text: str) -> Policy:
    file = folder / "policy.toml"
    file.write_text(text)
    return policy.load(file)


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert policy.load(None) == Policy()
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
    ("text", "sentence"),
    [
        ("[rules", "policy .*: "),
        ("[rulez]\n", "unknown field `rulez`"),
        ("[button]\nheld = 3\n", "unknown field `held`"),
        ("[button]\nheld_s = 'long'\n", "Expected `float`, got `str`"),
        ("[button]\nheld_s = -1\n", "button.held_s must be 0 or more, not -1"),
        ("[clocks]\nlate_s = inf\n", "clocks.late_s must be 0 or more, not inf"),
        ("[evidence]\nsamples = -10\n", "evidence.samples must be 0 or more"),
        ("[rules.no_such]\nsuspect_s = 1\n", "no rule is called no_such; rules are outside_zone"),
        ("[rules.silence]\nconfirm_s = 1\n", "missing required field `suspect_s`"),
        ("[rules.caller]\nsuspect_s = -1\n", "caller must suspect and confirm after 0 s or more"),
        ("[rules.caller]\nsuspect_s = nan\n", "caller must suspect and confirm after 0 s or more"),
        ("[rules.caller]\nsuspect_s = 9\nconfirm_s = 8\n", "not confirm before it suspects"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        load(tmp_path, text)
