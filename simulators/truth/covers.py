"""Noises that lie over whatever else happens: of sensors, of the terminal, of its clock and of its line.

Each is begun at a moment and ends by itself; what it changes is changed when time passes over it. `rates.toml` says
how often each comes; an entrapment may be put under one on purpose (`Plan.overlap`).
"""

from collections.abc import Callable, Mapping

from elevator.model import Mode, Power
from simulators.truth.tale import MINUTE, SECOND, SETTLES, Tale

HOUR = 60 * MINUTE
Cover = Callable[[Tale, int, int], None]  # tale, from, until


def zone_flaps(tale: Tale, began: int, ended: int) -> None:
    """A worn magnet switch: the door zone signal is wrong for 0.1 to 2.4 s at a time, with longer truth between."""
    car, at = tale.car, began

    def open_() -> None:
        tale.opens_outside()

    def flap() -> None:
        _zone(tale, not car.zone)
        tale.opens_outside()

    car.later(began, lambda: car.opening.append(open_))
    car.later(ended, lambda: car.opening.remove(open_))
    while at < ended:
        back = min(at + tale.dice.stretch(0.1, 2.4), ended)
        car.later(at, flap)
        car.later(back, lambda: _zone(tale, None))
        at = back + tale.dice.stretch(4, 60)


def zone_slips(tale: Tale, began: int, ended: int) -> None:
    """The switch has slipped off its magnets: "outside the zone" everywhere.

    A car that says so, and that somebody is inside, owes a rescue (contract 5) until it has opened its door twice at
    landings that are known of it: then the sensor is known to be faulty. Whoever left by a door that stood open
    "outside the zone" counts as inside.
    """
    car = tale.car
    excused: list[int] = []

    def slip() -> None:
        _zone(tale, zone=False)
        if tale.site.zone:
            car.opening.append(open_)

    def open_() -> None:
        if tale.opens_outside():
            over()

    def over() -> None:
        if not excused:
            excused.append(car.now)
            tale.innocent(
                "zone_slips", began, "the door zone switch had slipped, and nothing told yet that it is at fault.",
                ended=car.now + SETTLES,
                confirmable="stopped outside the zone with somebody inside, by all that the car says; its zone sensor"
                " is known to be faulty only when it has opened its door twice at known landings",
            )  # fmt: skip

    def back() -> None:
        _zone(tale, None)
        if open_ in car.opening:
            car.opening.remove(open_)
            over()

    car.later(began, slip)
    car.later(ended, back)


def _zone(tale: Tale, zone: bool | None) -> None:  # noqa: FBT001  (what the switch says is its only argument)
    tale.car.senses.zone = zone
    tale.car.say()


def sensor_stuck_occupied(tale: Tale, began: int, ended: int) -> None:
    """The person sensor says that somebody is there, for hours."""
    tale.car.later(began, lambda: _occupied(tale, says=True))
    tale.car.later(ended, lambda: _occupied(tale, says=None))


def sensor_stuck_empty(tale: Tale, began: int, ended: int) -> None:
    """The person sensor says that nobody is there, for hours."""
    tale.car.later(began, lambda: _occupied(tale, says=False))
    tale.car.later(ended, lambda: _occupied(tale, says=None))


def _occupied(tale: Tale, *, says: bool | None) -> None:
    tale.car.senses.occupied = says
    tale.car.say()


def sensor_sleeps(tale: Tale, began: int, ended: int) -> None:
    """A detector of movement sees nobody as long as people stand still."""

    def sleep(asleep: bool) -> None:  # noqa: FBT001
        tale.car.senses.asleep = asleep
        tale.car.say()

    at = began
    while at < ended:
        back = min(at + tale.dice.stretch(20, 240), ended)
        tale.car.later(at, lambda: sleep(True))
        tale.car.later(back, lambda: sleep(False))
        at = back + tale.dice.stretch(2, 20)


def line_lost(tale: Tale, began: int, ended: int) -> None:
    """The line is cut; the broker tells at once or when the keep-alive has run out, and the terminal keeps a buffer."""
    told = tale.dice.ms(0.1, 3) if tale.dice.chance(0.3) else tale.dice.ms(45, 95)

    def cut() -> None:
        tale.line.drop(tale.car.now, told_after=told if told < ended - began else None)
        tale.falls_silent("line_lost", ended)

    tale.car.later(began, cut)
    tale.car.later(ended, tale.restore)


def terminal_hangs(tale: Tale, began: int, ended: int) -> None:
    """The connection stays, and nothing is said."""

    def hang(hung: bool) -> None:  # noqa: FBT001
        tale.line.hung = hung
        if hung:
            tale.falls_silent("terminal_hangs", ended)
        elif not tale.line.dead:
            tale.car.say(always=True)

    tale.car.later(began, lambda: hang(True))
    tale.car.later(ended, lambda: hang(False))


def terminal_freezes(tale: Tale, began: int, ended: int) -> None:
    """The terminal repeats its last sample, with new times and numbers."""

    def freeze(frozen: bool) -> None:  # noqa: FBT001
        tale.car.senses.frozen = frozen
        tale.car.say()

    tale.car.later(began, lambda: freeze(True))
    tale.car.later(ended, lambda: freeze(False))


def terminal_restarts(tale: Tale, began: int, ended: int) -> None:
    """The terminal starts anew: seconds of silence, a new boot, numbers from zero."""

    def boot() -> None:
        if not tale.line.dead:
            tale.reboot()

    told = tale.dice.ms(0.1, 2) if tale.dice.chance(0.5) else None
    tale.car.later(began, lambda: tale.line.drop(tale.car.now, told_after=told))
    tale.car.later(ended, boot)


def clock_is_set(tale: Tale, began: int, _ended: int) -> None:
    """The lift's clock is set, forwards or back, by seconds or by an hour."""
    by = tale.dice.weighted(((tale.dice.ms(-90, 90), 6), (HOUR, 1), (-HOUR, 1), (tale.dice.ms(-900, 900), 2)))

    def step() -> None:
        tale.line.step += by

    tale.car.later(began, step)


def messages_doubled(tale: Tale, began: int, ended: int) -> None:
    """At least once means sometimes twice, up to minutes later."""

    def double(share: float) -> None:
        tale.line.doubled = share

    tale.car.later(began, lambda: double(0.3))
    tale.car.later(ended, lambda: double(0.0))


def messages_shuffled(tale: Tale, began: int, ended: int) -> None:
    """Some messages are overtaken by later ones."""

    def shuffle(share: float) -> None:
        tale.line.shuffled = share

    tale.car.later(began, lambda: shuffle(0.25))
    tale.car.later(ended, lambda: shuffle(0.0))


def mains_sag(tale: Tale, began: int, ended: int) -> None:
    """The mains dip for a moment; the car does not care."""
    sagging = []

    def sag() -> None:
        if tale.car.power is Power.MAINS:
            tale.car.power = Power.BATTERY
            sagging.append(tale.car.now)
            tale.car.say()

    def back() -> None:
        if sagging and tale.car.power is Power.BATTERY:
            tale.car.power = Power.MAINS
            tale.car.say()

    tale.car.later(began, sag)
    tale.car.later(ended, back)


def floor_jumps(tale: Tale, began: int, ended: int) -> None:
    """A worn encoder: for a moment now and then the car seems to be somewhere else altogether."""

    def jump(landing: int | None) -> None:
        tale.car.senses.jumps = landing
        tale.car.say()

    at = began
    while at < ended:
        there = tale.dice.randrange(tale.site.floors)
        tale.car.later(at, lambda landing=there: jump(landing))  # type: ignore[misc]
        tale.car.later(at + tale.dice.stretch(0.1, 2), lambda: jump(None))
        at += tale.dice.stretch(5, 120)


def mode_unknown(tale: Tale, began: int, ended: int) -> None:
    """The terminal loses sight of the controller's mode."""

    def mode(mode: Mode, only: Mode) -> None:
        if tale.car.mode is only:
            tale.car.mode = mode
            tale.car.say()

    tale.car.later(began, lambda: mode(Mode.UNKNOWN, Mode.NORMAL))
    tale.car.later(ended, lambda: mode(Mode.NORMAL, Mode.UNKNOWN))


# How each is begun, how long it lasts by itself (seconds, shortest and longest), and what it looks like.
COVERS: Mapping[str, tuple[Cover, float, float, str]] = {
    "zone_flaps": (zone_flaps, 60, 1800, "the door zone signal flapped"),
    "zone_slips": (zone_slips, 1800, 40_000, "the door zone switch had slipped: outside the zone at every landing"),
    "sensor_stuck_occupied": (sensor_stuck_occupied, 1800, 80_000, "the person sensor said 'someone' all the time"),
    "sensor_stuck_empty": (sensor_stuck_empty, 1800, 80_000, "the person sensor said 'nobody' all the time"),
    "sensor_sleeps": (sensor_sleeps, 1800, 20_000, "the person sensor did not see people who stood still"),
    "line_lost": (line_lost, 8, 7200, "the line was cut, and what was missed came later as replay"),
    "terminal_hangs": (terminal_hangs, 40, 3600, "the terminal kept its connection and said nothing"),
    "terminal_freezes": (terminal_freezes, 120, 14_400, "the terminal repeated its last sample"),
    "terminal_restarts": (terminal_restarts, 3, 40, "the terminal started anew"),
    "clock_is_set": (clock_is_set, 1, 1, "the lift's clock was set"),
    "messages_doubled": (messages_doubled, 30, 1800, "messages were delivered twice"),
    "messages_shuffled": (messages_shuffled, 30, 900, "messages overtook each other"),
    "mains_sag": (mains_sag, 0.1, 3, "the mains dipped for a moment"),
    "floor_jumps": (floor_jumps, 60, 3600, "the displayed floor jumped about"),
    "mode_unknown": (mode_unknown, 20, 3600, "the controller's mode could not be read"),
}


def cover(tale: Tale, name: str, began: int, lasts_ms: int | None = None) -> int:
    """Lay a noise over what is to come, and write it down; when it ends."""
    begin, shortest, longest, looks = COVERS[name]
    ended = began + (tale.dice.stretch(shortest, longest) if lasts_ms is None else lasts_ms)
    begin(tale, began, ended)
    tale.lay(name, began, ended)
    tale.innocent(name, began, f"{looks}.", ended=ended)
    return ended


# What an entrapment is put under on purpose: before it, or within its first minute (longest, in seconds).
BEFORE = ("sensor_stuck_empty", "clock_is_set", "messages_doubled", "messages_shuffled", "sensor_stuck_occupied")
WITHIN: Mapping[str, float] = {
    "zone_flaps": 300, "sensor_sleeps": 900, "line_lost": 400, "terminal_hangs": 300, "terminal_restarts": 30,
    "clock_is_set": 1, "messages_doubled": 300, "messages_shuffled": 300, "mains_sag": 3, "mode_unknown": 600,
    "floor_jumps": 300,
}  # fmt: skip
# These speak for the terminal, and make no sense of one that is dead or frozen.
OF_THE_LINE = frozenset({"line_lost", "terminal_hangs", "terminal_restarts", "clock_is_set"})


def under(tale: Tale, *, silent: bool) -> tuple[str, ...]:
    """Which noises an entrapment is put under on purpose."""
    if not tale.dice.chance(tale.overlap):
        return ()
    possible = [name for name in {**dict.fromkeys(BEFORE), **WITHIN} if not (silent and name in OF_THE_LINE)]
    chosen = [possible[tale.dice.randrange(len(possible))] for _ in range(1 + tale.dice.chance(0.25))]
    if "zone_flaps" in chosen and "messages_shuffled" in chosen:
        chosen.remove("messages_shuffled")  # a flap that arrives late lasts longer than any flap does
    return tuple(dict.fromkeys(chosen))


def begin_before(tale: Tale, names: tuple[str, ...]) -> None:
    """Those that begin before people get in."""
    for name in names:
        if name in BEFORE and (name not in WITHIN or tale.dice.chance(0.5)):
            cover(tale, name, tale.car.now, tale.dice.ms(1800, 5400))
    tale.car.wait(12 * SECOND)


def begin_within(tale: Tale, names: tuple[str, ...]) -> None:
    """Those that begin after the car has stopped."""
    laid = {one.name for one in tale.lying if one.ended > tale.car.now}
    for name in names:
        if name in WITHIN and name not in laid:
            lasts = tale.dice.stretch(min(2, WITHIN[name]), WITHIN[name] + 0.001)
            cover(tale, name, tale.car.now + tale.dice.ms(0.5, 50), lasts)
