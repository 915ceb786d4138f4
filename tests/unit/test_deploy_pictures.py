"""The strip charts of the documentation show what the detector does today."""

from pathlib import Path

import pytest

from alerts.policy import Policy
from alerts.rules import catalogue
from deploy.pictures.stories import STORIES, Story, play
from deploy.pictures.strip import caption

PICTURES = Path(__file__).parents[2] / "docs" / "pictures" / "rules"
# rule: what it goes by began, suspected, confirmed (s of the story)
DECIDED = {
    "outside_zone": (15, 35, 75), "door_wont_open": (15, 45, 105), "power_lost": (14, 24, 74),
    "chain_open": (15, 25, 60), "controller_says": (27, None, 27), "alarm_pressed": (25, 25, 28),
    "danger_occupied": (16.5, None, 16.5), "silence": (14, 64, None), "no_progress": (14, 80, None),
    "long_stay": (14, 614, None), "caller": (None, None, 24),
}  # fmt: skip


def test_every_rule_has_its_story() -> None:
    assert {story.rule for story in STORIES} == catalogue.IDS


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.rule)
def test_a_story_is_decided_by_its_own_rule_and_drawn_so(story: Story) -> None:
    """The contract's times; a picture that no longer fits is drawn anew by `make rules`."""
    played = play(story)
    assert (played.since, played.suspected, played.confirmed) == DECIDED[story.rule]
    drawn = (PICTURES / f"{story.rule}.svg").read_text()
    assert caption(story.rule, Policy()) in drawn
    for word, moment in (("suspected", played.suspected), ("confirmed", played.confirmed)):
        assert (f"{word} {moment:g} s" in drawn) if moment is not None else (f"> {word} " not in drawn)
