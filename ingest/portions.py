"""Parts of a batch: whose messages go into a transaction and whose wait; a lift's messages stay in their order."""

from collections.abc import Iterable

from ingest.subscriber import Message


def of_few_lifts(messages: list[Message], most_lifts: int, most: int) -> tuple[list[Message], list[Message]]:
    """Messages of the first so many lifts, at most so many, and the others; each lift's in order."""
    lifts: set[str] = set()
    now: list[Message] = []
    later: list[Message] = []
    for message in messages:
        lift_id = lift_of(message)
        if len(now) < most and (lift_id in lifts or len(lifts) < most_lifts):
            lifts.add(lift_id)
            now.append(message)
        else:
            later.append(message)
    return now, later


def lift_of(message: Message) -> str:
    """The level of the topic that names the lift, as written."""
    levels = message.topic.split("/", 3)
    return levels[2] if len(levels) > 2 else ""


def split(messages: Iterable[Message], lift_ids: set[str]) -> tuple[list[Message], list[Message]]:
    """Messages of these lifts, and the others."""
    aside: list[Message] = []
    others: list[Message] = []
    for message in messages:
        (aside if lift_of(message) in lift_ids else others).append(message)
    return aside, others


def in_order(messages: list[Message], some: Iterable[Message]) -> list[Message]:
    """`some` of `messages`, in the order of `messages`."""
    chosen = {id(message) for message in some}
    return [message for message in messages if id(message) in chosen]
