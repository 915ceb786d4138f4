"""Properties of the inbox and of the acknowledgement window, and a state machine over the window's life."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ingest.batch import Inbox, Window
from ingest.subscriber import Message


def message(number: int, size: int) -> Message:
    return Message("t", b"x" * size, dup=False, retain=False, received_at_ms=number, epoch=1, packet_id=number)


@given(
    st.lists(st.lists(st.integers(0, 3000), max_size=8), max_size=12),
    st.integers(1, 5),
    st.integers(1, 5000),
)
def test_the_inbox_keeps_order_and_limits_and_loses_nothing(
    arrivals: list[list[int]], batch_messages: int, batch_size: int
) -> None:
    inbox = Inbox(messages=10, size=5000, batch_messages=batch_messages, batch_size=batch_size)
    came: list[Message] = []
    left: list[Message] = []
    for sizes in arrivals:
        some = [message(len(came) + n, size) for n, size in enumerate(sizes)]
        came += some
        inbox.put(some)
        waiting = came[len(left) :]
        assert inbox.full == (len(waiting) >= 10 or sum(len(one.payload) + 256 for one in waiting) >= 5000)
        batch = inbox.take()
        assert bool(batch) == bool(waiting)
        assert len(batch) <= batch_messages
        assert len(batch) <= 1 or sum(len(one.payload) + 256 for one in batch) <= batch_size
        left += batch
    while batch := inbox.take():
        left += batch
    assert left == came
    assert not inbox.full
    assert inbox.roomy


class WindowLife(RuleBasedStateMachine):
    """A broker, a transport and a database: publish, deliver, commit, drop the connection, in any order.

    Whatever happens: acknowledged ⇒ committed, in order of delivery, on the connection that delivered it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.window = Window(1)
        self.epoch = 1
        self.free = list(range(1, 6))  # the broker's packet ids
        self.delivered: list[tuple[int, int, int]] = []  # (epoch, packet id, message), order of delivery, not yet acked
        self.committed: set[tuple[int, int]] = set()  # (epoch, message)
        self.old: list[tuple[int, int]] = []  # (epoch, packet id) of connections that are gone
        self.next = 0

    @precondition(lambda self: self.free)
    @rule(choice=st.randoms(use_true_random=False))
    def deliver(self, choice) -> None:
        """The broker sends a message under a free id."""
        packet_id = choice.choice(self.free)
        self.free.remove(packet_id)
        self.delivered.append((self.epoch, packet_id, self.next))
        self.next += 1
        self.window.delivered(packet_id)

    @precondition(lambda self: self.delivered)
    @rule(choice=st.randoms(use_true_random=False), number=st.integers(1, 3))
    def commit(self, choice, number: int) -> None:
        """Some of the delivered messages reach the disk, in any order."""
        open_ones = [one for one in self.delivered if (one[0], one[2]) not in self.committed]
        batch = choice.sample(open_ones, min(number, len(open_ones)))
        self.committed |= {(epoch, name) for epoch, _, name in batch}
        self.acknowledged(self.window.committed(self.epoch, [packet_id for _, packet_id, _ in batch]))

    @rule()
    def commit_again(self) -> None:
        """A batch whose parts were committed before is told twice."""
        done = [one[1] for one in self.delivered if (one[0], one[2]) in self.committed]
        self.acknowledged(self.window.committed(self.epoch, done))

    @rule()
    def commit_of_an_old_connection(self) -> None:
        """What an old connection delivered is never acknowledged on the new one."""
        for epoch, packet_id in self.old:
            assert self.window.committed(epoch, [packet_id]) == []

    @rule(strange=st.integers(100, 110))
    def commit_of_what_was_never_delivered(self, strange: int) -> None:
        """A foreign id changes nothing."""
        self.acknowledged(self.window.committed(self.epoch, [strange]))

    @rule()
    def lose_the_connection(self) -> None:
        """The socket is gone; the broker will send everything unacknowledged again."""
        self.old += [(epoch, packet_id) for epoch, packet_id, _ in self.delivered]
        self.free += [packet_id for _, packet_id, _ in self.delivered]
        self.delivered = []
        self.epoch += 1
        self.window = Window(self.epoch)

    def acknowledged(self, packet_ids: list[int]) -> None:
        """The broker gets these acknowledgements."""
        for packet_id in packet_ids:
            epoch, expected, name = self.delivered.pop(0)
            assert packet_id == expected  # in order of delivery
            assert (epoch, name) in self.committed
            self.free.append(packet_id)

    @invariant()
    def nothing_committed_waits_at_the_head(self) -> None:
        """An acknowledgement is never kept back without a reason."""
        assert len(self.window) == len(self.delivered)
        if self.delivered:
            epoch, _, name = self.delivered[0]
            assert (epoch, name) not in self.committed


TestWindowLife = WindowLife.TestCase


@given(st.lists(st.integers(1, 3), min_size=1, max_size=20))
def test_an_id_that_comes_twice_waits_for_both_commits(ids: list[int]) -> None:
    """A broker that repeats an unanswered id on one connection breaks the protocol; it must not cost a message."""
    window = Window(1)
    for packet_id in ids:
        window.delivered(packet_id)
    missing = Counter(ids)
    sent: list[int] = []
    for packet_id in ids:
        sent += window.committed(1, [packet_id])
        missing[packet_id] -= 1
        assert all(not missing[one] for one in sent)
    assert sorted(sent) == sorted(set(ids))
