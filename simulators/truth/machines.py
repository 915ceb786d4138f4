"""Escalators and construction hoists: a small share of the city, with codes of their own.

Their samples say much that would be an entrapment of a lift: standing with people on it, no mains, an open safety
chain, a hoist that hangs between floors for minutes while it is unloaded. None of the lift rules may fire on it.
"""

from collections.abc import Callable, Iterator, Mapping

from elevator.model import LiftClass
from simulators.truth.dice import Dice
from simulators.truth.line import Line
from simulators.truth.rates import Rates
from simulators.truth.signs import BUTTON_HELD
from simulators.truth.site import Site
from simulators.truth.story import Episode, Evident, Life, Message, Truth
from simulators.truth.traffic import DAY, HOUR, ZONE

PER = 10_000
_JSON = {True: "true", False: "false"}


class Machine:
    """A machine that has no landing, no door zone and no door that counts."""

    def __init__(self, site: Site, line: Line, chance: Dice, life: Life) -> None:
        self.site, self.line, self.chance, self.life = site, line, chance, life
        self.now = life.begin
        self.moving = False
        self.direction = "none"
        self.speed = 0.0
        self.height = 0.0
        self.occupied = False
        self.people = 0
        self.power = "mains"
        self.chain = "closed"
        self.mode = "normal"
        self.codes: tuple[str, ...] = ()
        self._body = b""
        self._said = self.now
        self.say()

    def until(self, moment: int) -> None:
        """Let time pass."""
        while self._said + self.site.interval * 1000 <= moment:
            self.now = self._said + self.site.interval * 1000
            self.say(always=True)
        self.now = max(self.now, moment)

    def wait(self, ms: int) -> None:
        """Let so much time pass."""
        self.until(self.now + ms)

    def say(self, *, always: bool = False) -> None:
        """Say how things stand, if that is news (or in any case)."""
        text = (
            f'"mode":"{self.mode}","moving":{_JSON[self.moving]},"direction":"{self.direction}","speed":{self.speed},'
            f'"occupied":{_JSON[self.occupied]},"power":"{self.power}","safety_chain":"{self.chain}"'
        )
        if self.site.lift.lift_class is LiftClass.HOIST:
            text += f',"position":{round(self.height, 2)},"people":{self.people},"load":{self.people * 80}'
        if self.codes:
            text += ',"faults":["' + '","'.join(self.codes) + '"]'
        body = text.encode()
        if always or body != self._body:
            self._body, self._said = body, self.now
            self.line.sample(self.now, body)

    def code(self, code: str, *, active: bool = True) -> int | None:
        """A code begins or ends; when the platform had the event."""
        self.codes = (*self.codes, code) if active else tuple(one for one in self.codes if one != code)
        at = self.line.event(self.now, code, active=active)
        self.say()
        return at

    def run(self, direction: str, speed: float) -> None:
        """Run, or stand with `none`."""
        self.moving, self.direction, self.speed = direction != "none", direction, speed
        self.say()

    def write(self, truth: Truth, cause: str, began: int, story: str, confirmable: str = "") -> None:
        """Write the truth down."""
        self.life.episodes.append(
            Episode(
                lift_id=self.site.lift.lift_id, truth=truth, cause=cause, began=began, ended=self.now, story=story,
                confirmable=confirmable,
            )
        )  # fmt: skip


def messages(machine: Machine, rates: Rates, *, trap_factor: float, noise_factor: float) -> Iterator[Message]:
    """The life of an escalator or a hoist."""
    life, chance = machine.life, machine.chance
    escalator = machine.site.lift.lift_class is LiftClass.ESCALATOR
    happenings = ESCALATOR if escalator else HOIST
    for begin in range(life.begin, life.end, DAY):
        end = min(begin + DAY, life.end)
        planned = []
        for name, happen in happenings.items():
            factor = trap_factor if name == "hoist_stopped" else noise_factor
            number = chance.poisson(rates.machines[name].per_10k * factor * (end - begin) / DAY / PER)
            planned += [(begin + int(chance.random() * (end - begin)), name, happen) for _ in range(number)]
        planned.sort(key=lambda one: one[0])
        while machine.now < end:
            if planned and planned[0][0] <= machine.now:
                planned.pop(0)[2](machine)
            elif 7 * HOUR <= (machine.now + ZONE) % DAY < 22 * HOUR:
                (_serve if escalator else _lift_loads)(machine)
            else:
                machine.run("none", 0.0)
                machine.wait(min(end - machine.now, 10 * 60_000))
            yield from machine.line.ready(machine.now)
    life.end = max(life.end, machine.now)
    yield from machine.line.ready(life.end + DAY)


def _serve(machine: Machine) -> None:
    """An escalator: it runs when people come, and stands when nobody does."""
    machine.occupied = True
    machine.run("up", 0.5)
    machine.wait(machine.chance.stretch(20, 900))
    machine.occupied = False
    machine.say()
    if machine.chance.chance(0.5):
        machine.wait(machine.chance.ms(10, 40))
        machine.run("none", 0.0)
        machine.wait(machine.chance.stretch(10, 400))


def _lift_loads(machine: Machine) -> None:
    """A hoist: up with people and material, a long stop there, and down again."""
    chance, height = machine.chance, machine.chance.uniform(6, 90)
    machine.people = 1 + chance.randrange(6)
    machine.occupied = True
    machine.run("up", 0.6)
    machine.wait(round(height / 0.6 * 1000))
    machine.height = height
    machine.run("none", 0.0)
    machine.wait(chance.stretch(60, 1200))
    machine.run("down", 0.6)
    machine.wait(round(height / 0.6 * 1000))
    machine.height = 0.0
    machine.run("none", 0.0)
    machine.people, machine.occupied = 0, False
    machine.say()
    machine.wait(chance.stretch(60, 900))


def _stands_with_people(machine: Machine) -> None:
    """Somebody pressed the emergency stop; people stand on the steps, and then walk."""
    began = machine.now
    machine.occupied = True
    machine.chain = "open"
    machine.run("none", 0.0)
    machine.code("escalator_emergency_stop")
    machine.wait(machine.chance.stretch(60, 1500))
    machine.chain = "closed"
    machine.code("escalator_emergency_stop", active=False)
    machine.write(Truth.INNOCENT, "escalator_emergency_stop", began, "the emergency stop of an escalator was pressed.")


def _dark(machine: Machine) -> None:
    began = machine.now
    machine.occupied, machine.power = True, "battery"
    machine.run("none", 0.0)
    machine.code("power_loss")
    machine.wait(machine.chance.stretch(60, 2400))
    machine.power = "mains"
    machine.code("power_loss", active=False)
    machine.write(Truth.HARM, "escalator_dark", began, "an escalator lost its mains; people walked off.")


def _danger(code: str) -> Callable[[Machine], None]:
    def happen(machine: Machine) -> None:
        began = machine.now
        machine.occupied, machine.chain = machine.chance.chance(0.6), "open"
        with_people = machine.occupied
        machine.run("none", 0.0)
        machine.code(code)
        machine.wait(machine.chance.stretch(600, 5000))
        machine.mode, machine.chain = "inspection", "closed"
        machine.code(code, active=False)
        machine.wait(machine.chance.stretch(300, 1200))
        machine.mode = "normal"
        machine.say()
        why = "people were on it: its own danger codes count like those of a lift" if with_people else ""
        machine.write(Truth.HARM, code, began, f"{code.replace('_', ' ')}.", why)

    return happen


def _stopped(machine: Machine) -> None:
    """A hoist stops high above the ground with workers in it, and its driver rings."""
    chance = machine.chance
    machine.people, machine.occupied, machine.height = 3, True, chance.uniform(6, 90)
    machine.run("none", 0.0)
    machine.code("hoist_overload")  # its load cell says so; nothing moves any more
    began = machine.now
    machine.wait(chance.stretch(10, 120))
    at = machine.line.event(machine.now, "alarm_button", active=True)
    machine.wait(chance.ms(4, 10))
    machine.line.event(machine.now, "alarm_button", active=False)
    machine.wait(chance.stretch(600, 1800))
    machine.height, machine.people, machine.occupied = 0.0, 0, False
    machine.code("hoist_overload", active=False)
    machine.life.episodes.append(
        Episode(
            lift_id=machine.site.lift.lift_id, truth=Truth.ENTRAPMENT, cause="hoist_stopped", began=began,
            ended=machine.now, evident=Evident.CONFIRMS, known_at=at, within_s=BUTTON_HELD, persons=3,
            story="the hoist stopped high above the ground with 3 workers inside; its driver held the button.",
        )
    )  # fmt: skip


ESCALATOR: Mapping[str, Callable[[Machine], None]] = {
    "escalator_emergency_stop": _stands_with_people,
    "escalator_dark": _dark,
    **{
        f"escalator_{one}": _danger(f"escalator_{one}")
        for one in ("overspeed", "reversal", "missing_step", "comb_plate")
    },
}
HOIST: Mapping[str, Callable[[Machine], None]] = {
    "hoist_stopped": _stopped,
    **{f"hoist_{one}": _danger(f"hoist_{one}") for one in ("overspeed", "over_height", "tilt", "wind")},
}
