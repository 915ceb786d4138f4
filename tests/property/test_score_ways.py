"""Both ways through virtual time give the same incidents on the lives of the simulated city, all its trouble included."""

import pytest

from alerts.policy import Policy
from deploy.score import intake, virtual
from ingest.adapters import ADAPTERS
from simulators.truth import city

SEED = 20_260_101


@pytest.mark.parametrize("first", range(0, 12, 3))
def test_the_short_way_and_the_detector_say_the_same(first: int) -> None:
    plan = city.Plan(lifts=100, days=0.4, trap_factor=5_000, noise_factor=20)
    for life in city.lives(plan, seed=SEED, first=first, count=3):
        heard = intake.take(life.lift, life.messages, ADAPTERS).heard
        quickly, plainly = (
            virtual.live(
                heard, facts=virtual.facts_of(life.lift), begin=life.begin, end=life.end, policy=Policy(),
                episodes=life.episodes, deaf=life.deaf, quick=quick,
            )
            for quick in (True, False)
        )  # fmt: skip
        assert quickly == plainly, life.lift.lift_id
