"""One lane of the intake: what flows between a session at the broker and the database.

The order of a message: delivered → inbox → batch → one transaction → commit → PUBACK → `ack` to the lift. There are
three lanes, with a connection to the broker and one to the database each, so that alarms never queue behind telemetry:
events and links, telemetry, and makers' own payloads, which may be either. On the last, a lift whose messages tell of
an alarm goes first with all that is waiting of it, so that its messages keep their order (ADR 0013).
"""

import asyncio
import itertools
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

import uuid_utils

from alerts.cache import Cache
from alerts.metrics import count
from alerts.policy import Policy
from elevator import clock, log
from elevator.codes import Book, built_in
from elevator.topics import Kind
from ingest import metrics, normalise
from ingest.adapters import ADAPTERS
from ingest.express import Express
from ingest.lease import Lease
from ingest.listening import Listening
from ingest.portions import lift_of, of_few_lifts, split
from ingest.subscriber import Message, NotConnectedError, PublishRefusedError, Subscriber
from ingest.telling import Teller
from ingest.way import Way
from ingest.writer import Hooks, Limits, Writer
from ingest.written import Written

RUBBISH, RUBBISH_LIFTS = 2000, 10  # unreadable messages settled before the lane looks for readable ones again
PATIENT_BYTES = 64 * 1024 * 1024  # of makers' messages that wait: beyond, no more are taken
PATIENT, PATIENT_LIFTS = 200, 40  # makers' messages without an alarm, settled before the lane looks for one again
IDLE = 0.05  # s to wait for messages while the queue is read
UNMARKED = 40  # such waits in a row without a message: the queue is read, though our marker never came
QUIET = 0.5  # s to wait for messages when there is nothing else to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What makes a lane."""

    name: str  # row of `intake`, end of the MQTT client id
    filters: tuple[str, ...]
    retained: bool  # wants the retained messages of a new subscription
    hears_everything: bool  # so it leaves alone what another lane reads
    keeps_memories: bool  # of lifts, between batches: only worth it for telemetry
    gives_way: bool  # to a lane that does not
    foreign: bool = False  # reads makers' payloads: those with an alarm go first
    ahead: int  # messages that the broker may send before the first of them is acknowledged
    limits: Limits


class Lane:
    """See the head of this file."""

    def __init__(
        self,
        terms: Terms,
        subscriber: Subscriber,
        teller: Teller,
        *,
        database_url: str,
        policy: Policy,
        marker: str,
        way: Way,
        lease: Lease | None,
        codes: Book | None = None,
    ) -> None:
        self.name = terms.name
        self.listening = Listening()
        self.stored_at: datetime | None = None  # the newest commit
        self.troubled_at: datetime | None = None  # the newest failure to store
        self._terms = terms
        self._subscriber = subscriber
        self._teller = teller
        self._marker = marker
        self._hold = timedelta(seconds=policy.conditions.hold_s)
        self._log = log.get().bind(lane=terms.name)
        self._epoch = 0
        self._marking: asyncio.Task[None] | None = None
        self._marker_came = False
        self._idle = 0
        self._began: datetime | None = None  # of this connection
        self.peers: tuple[Lane, ...] = ()  # the other lanes of this intake
        self._nonce = b""
        self._way = way
        self._codes = codes or built_in()
        self._urgent = not terms.gives_way  # what is in hand
        hooks = Hooks(committed=self._committed, troubled=self._troubled, hold=self._must_hold, give_way=self._give_way)
        express = Express(Cache(policy), way, terms.limits.kept) if terms.keeps_memories else None
        self._writer = Writer(terms.name, database_url, policy, terms.limits, hooks, lease, express, self._codes)

    @property
    def connected(self) -> bool:
        """Whether the broker hears us."""
        return self._subscriber.connected_at is not None

    @property
    def unacknowledged(self) -> int:
        """Messages the broker still waits for."""
        return self._subscriber.unacknowledged

    async def run(self, stop: asyncio.Event) -> None:
        """Carry messages until `stop`; what is in hand then is brought to its end if the database lets us."""
        aside: list[Message] = []  # of lifts that somebody holds locked
        rubbish: list[Message] = []  # waits for what can be read: nobody's alarm stands behind nonsense
        patient: list[Message] = []  # makers' messages that wait for those with an alarm
        try:
            while not stop.is_set():
                self._watch_connection()
                quiet = IDLE if self.listening.since is None else QUIET
                full = bool(patient) and sum(len(one.payload) for one in patient) > PATIENT_BYTES
                wait = 0 if aside or rubbish or patient else quiet
                delivered = [] if full else await self._subscriber.receive(wait)
                messages = self._sort_out(delivered)
                if self._terms.foreign:
                    messages, patient = self._alarms_first(messages, patient)
                    aside = await self._settle_foreign(messages, aside)
                    messages, patient = of_few_lifts(patient, PATIENT_LIFTS, PATIENT)
                elif not self._terms.gives_way:
                    readable: list[Message] = []
                    for message in messages:
                        (rubbish if normalise.is_rubbish(message) else readable).append(message)
                    messages = readable
                with nullcontext() if self._terms.gives_way or not messages else self._way.taken():
                    aside = await self._settle(messages, aside)
                if rubbish:
                    some, rubbish = of_few_lifts(rubbish, RUBBISH_LIFTS, RUBBISH)
                    rubbish = await self._writer.settle(some) + rubbish
                await self._writer.write_behind()
                self._idle = 0 if delivered else self._idle + 1
                if (
                    self.connected
                    and not (aside or rubbish or patient)
                    and (self._marker_came or self._idle >= UNMARKED)
                ):
                    self.listening.caught_up(clock.now())
        finally:
            if self._marking is not None:
                self._marking.cancel()
            await self._writer.close()

    def _alarms_first(self, messages: list[Message], patient: list[Message]) -> tuple[list[Message], list[Message]]:
        """What is to be settled now, and what waits; all messages of a lift stay together and in order."""
        urgent = {lift_of(one) for one in messages if normalise.may_be_urgent(one, ADAPTERS, self._codes)}
        return split([*patient, *messages], urgent) if urgent else ([], patient + messages)

    async def _settle_foreign(self, messages: list[Message], aside: list[Message]) -> list[Message]:
        """Settle messages among which are alarms, with the right of way."""
        if not messages:
            return aside
        self._urgent = True
        try:
            with self._way.taken():
                return await self._settle(messages, aside)
        finally:
            self._urgent = False

    async def _give_way(self) -> None:
        """Let others run; where an alarm of another lane is in hand and none of ours, until it is through."""
        await (asyncio.sleep(0) if self._urgent else self._way.give())

    async def _settle(self, messages: list[Message], aside: list[Message]) -> list[Message]:
        """Commit new messages and those set aside, each lift's in order; returns those that are locked now."""
        if not aside:
            return await self._writer.settle(messages)
        held = {lift_of(message) for message in aside}
        behind = [message for message in messages if lift_of(message) in held]
        others = [message for message in messages if lift_of(message) not in held]
        return await self._writer.settle(others) + await self._writer.settle(aside + behind)

    def _watch_connection(self) -> None:
        """Notice a new connection, and send ourselves the message that stands behind all that was queued."""
        if not self.connected:
            if self.listening.since is not None:
                self._log.warning("not_listening", reason="no connection to the broker")
            self.listening.lost()
            return
        if self._subscriber.epoch != self._epoch:
            self._epoch = self._subscriber.epoch
            self._began = clock.now()
            self.listening.lost()
            self._marker_came, self._idle = False, 0
            self._nonce = uuid_utils.uuid7().bytes
            self._marking = asyncio.create_task(self._mark(self._nonce), name=f"{self.name} marker")
        self.listening.reading(clock.now())

    async def _mark(self, nonce: bytes) -> None:
        try:
            await self._subscriber.publish(self._marker, nonce)
        except (NotConnectedError, PublishRefusedError) as error:
            self._log.warning("marker_unanswered", reason=str(error))

    def _sort_out(self, messages: list[Message]) -> list[Message]:
        """Leave what is to be stored; the rest needs no commit and is acknowledged at once."""
        mine: list[Message] = []
        for message in messages:
            if message.topic == self._marker:
                self._marker_came = self._marker_came or message.payload == self._nonce
            elif not (self._terms.hears_everything and normalise.belongs_elsewhere(message.topic)):
                mine.append(message)
                continue
            self._acknowledge([message])
        return mine

    def _must_hold(self, now: datetime) -> bool:
        """A lift's timers wait for what any lane has still to read: the open door may stand in the other one."""
        if self.listening.hold(now, self._hold):
            return True
        began = self._began or now
        return now < began + self._hold and any(peer.listening.since is None for peer in self.peers)

    def _troubled(self) -> None:
        """Nothing can be stored: what waits at the broker meanwhile is a queue to be read before silence counts."""
        self.troubled_at = clock.now()
        self.listening.lost()
        self.listening.reading(self.troubled_at)
        self._epoch, self._marker_came = 0, False  # a new marker, behind what queued up meanwhile

    def _committed(self, messages: list[Message], written: Written) -> None:
        """It is on disk: tell the broker, tell the lifts, count."""
        self._acknowledge(messages)
        self._teller.tell(written.acks)
        self.stored_at = clock.now()
        now_ms = clock.now_ms()
        for (topic, outcome), number in written.outcomes.items():
            metrics.MESSAGES.labels(topic, outcome).inc(number)
        for reason, number in written.refused.items():
            metrics.QUARANTINED.labels(reason).inc(number)
        count(written.transitions)
        for field, number in written.unknown.items():
            metrics.UNKNOWN_VALUES.labels(field).inc(number)
        metrics.SEQUENCE_GAPS.inc(written.gaps)
        metrics.AGES.observe(Kind.TELEMETRY, now_ms, written.ages)
        for fresh in written.fresh:
            metrics.AGES.observe(fresh.topic, now_ms, (fresh.ts,))
            if fresh.alarm:
                metrics.ALARM_SECONDS.labels("receive").observe(max(0, fresh.received_at_ms - fresh.ts) / 1000)
                metrics.ALARM_SECONDS.labels("commit").observe(max(0, now_ms - fresh.received_at_ms) / 1000)

    def _acknowledge(self, messages: Iterable[Message]) -> None:
        for epoch, group in itertools.groupby(messages, attrgetter("epoch")):
            packet_ids = [message.packet_id for message in group if message.packet_id is not None]
            self._subscriber.acknowledge(epoch, packet_ids)
