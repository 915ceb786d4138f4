"""The platform for a script that takes pictures: started on free ports for it, and stopped behind it."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from deploy.child import scratch_folder
from deploy.stack import Running, platform
from elevator.errors import LiftlineError
from elevator.settings import Settings


def say(text: str) -> None:
    """Tell the person who waits."""
    print(text, file=sys.stderr)  # noqa: T201 - a script for people


def perform(play: Callable[[Running], Coroutine[Any, Any, None]]) -> int:
    """Start the platform, play, stop; the exit code is 1 where that was not possible."""
    try:
        with (
            scratch_folder("pictures") as folder,
            platform(folder, Settings(), api_port=0, mqtt_port=0, say=say, durable=False) as running,
        ):
            asyncio.run(play(running))
    except LiftlineError as error:
        say(str(error))
        return 1
    return 0
