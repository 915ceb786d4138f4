"""`python -m deploy.pictures`: draw the strip chart of every rule into docs/pictures/rules, in seconds."""

import sys
from pathlib import Path

from alerts.policy import Policy
from deploy.pictures.stories import STORIES, play
from deploy.pictures.strip import draw
from elevator.errors import LiftlineError

FOLDER = Path(__file__).parents[2] / "docs" / "pictures" / "rules"


def main() -> int:
    """Play every story and write its picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    policy = Policy()
    try:
        for story in STORIES:
            played = play(story, policy)
            draw(played, policy, FOLDER / f"{story.rule}.svg")
            said = f"{story.rule}: suspected {played.suspected}, confirmed {played.confirmed}, since {played.since}"
            print(said, file=sys.stderr)
    except LiftlineError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
