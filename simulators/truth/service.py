"""Technicians, fire brigade, tests and the mains: what is done to lifts on purpose, and what the grid does to them."""

from elevator.model import Door, DoorCommand, Mode, Power, SafetyChain
from simulators.truth.rides import some_trip
from simulators.truth.site import Says
from simulators.truth.tale import MINUTE, SECOND, Tale


def _mode(tale: Tale, mode: Mode) -> None:
    tale.car.mode = mode
    tale.car.say()


def _between(tale: Tale) -> float:
    """A height between two landings, within reach of a slow run."""
    site, car = tale.site, tale.car
    low = max(car.landing - 2, 0)
    floor = low + tale.dice.randrange(max(min(car.landing + 2, site.floors - 1) - low, 1))
    return site.storey * (floor + tale.dice.uniform(0.2, 0.8))


def inspection_visit(tale: Tale) -> None:
    """The half-monthly visit (TSG T5002): inspection mode, runs on the car's roof, stops between floors, tests."""
    car, dice, began = tale.car, tale.dice, tale.car.now
    _mode(tale, Mode.INSPECTION)
    for _ in range(3 + dice.randrange(5)):
        car.wait(dice.stretch(20, 400))
        if dice.chance(0.5):
            car.chain = SafetyChain.OPEN  # the stop button on the roof
            car.code("safety_chain_open")
            car.wait(dice.stretch(30, 500))
            car.chain = SafetyChain.CLOSED
            car.code("safety_chain_open", active=False)
        car.creep(_between(tale), 0.3)
    if dice.chance(0.5):
        car.code("stopped_outside_zone")
    car.wait(dice.stretch(30, 900))
    car.code("stopped_outside_zone", active=False)
    car.creep(car.nearest * tale.site.storey, 0.3)
    car.open()
    _mode(tale, Mode.NORMAL)
    if dice.chance(0.6):
        car.board(1, 80, calls=0)
        tale.press(car.now + SECOND, dice.ms(2, 6))  # the alarm is tested with the door open, as it should be
        car.wait(12 * SECOND)
        car.alight()
    car.close()
    if dice.chance(0.5):
        trip = some_trip(tale)
        tale.fetch(trip)
        tale.deliver(trip)
    tale.innocent("inspection_visit", began, "a technician serviced the lift, switched to inspection.")


def technician_unswitched(tale: Tale) -> None:
    """A technician works at an open door with a wedge and a wrench, and has not switched to inspection."""
    car, began = tale.car, tale.car.now
    car.open()
    car.board(1, 90, calls=0)
    for _ in range(2 + tale.dice.randrange(5)):
        car.wait(tale.dice.stretch(10, 240))
        car.code("door_close_failure", active="door_close_failure" not in car.codes)
        if tale.dice.chance(0.4):
            car.chain = SafetyChain.OPEN if car.chain is SafetyChain.CLOSED else SafetyChain.CLOSED
            car.say()
    car.chain = SafetyChain.CLOSED
    car.clear()
    car.say()
    car.alight()
    car.close()
    tale.innocent("technician_unswitched", began, "a technician worked at the open door without inspection mode.")


def alarm_self_test(tale: Tale) -> None:
    """The alarm device calls by itself, as EN 81-28 asks for every third day."""
    began = tale.car.now
    if not tale.site.tests_itself:
        return
    tale.line.event(began, "alarm_test", active=True)
    tale.car.wait(tale.dice.ms(3, 20))
    tale.line.event(tale.car.now, "alarm_test", active=False)
    tale.innocent("alarm_self_test", began, "the alarm device tested its line.")


def button_test_closed(tale: Tale) -> None:
    """The technician tests the button in a closed car: a true alarm of the device, and nobody is trapped."""
    car, began = tale.car, tale.car.now
    _mode(tale, Mode.INSPECTION)
    car.open()
    car.board(1, 80, calls=0)
    car.close()
    tale.press(car.now + 2 * SECOND, tale.dice.ms(3.5, 6))
    car.wait(60 * SECOND)
    car.open()
    car.alight()
    car.close()
    _mode(tale, Mode.NORMAL)
    tale.innocent(
        "button_test_closed", began, "a technician tested the alarm button in the closed car.",
        confirmable="the button counts in every mode (EN 81-28); the technician on the intercom says that it is a test",
    )  # fmt: skip


def fire_recall(tale: Tale) -> None:
    """The yearly test: all calls are dropped, the car goes to the main landing and stays there, open."""
    car, began = tale.car, tale.car.now
    trip = some_trip(tale)
    if tale.dice.chance(0.4):
        tale.fetch(trip)  # some are inside, and get out down there
    _mode(tale, Mode.FIRE_RECALL)
    car.run(tale.site.main)
    car.open()
    if car.persons:
        car.alight()
    car.wait(tale.dice.stretch(120, 1500))
    _mode(tale, Mode.NORMAL)
    car.close()
    tale.innocent("fire_recall", began, "the fire recall was tested.")


def firefighter(tale: Tale) -> None:
    """Firefighters ride: they stand behind the closed door, open it a hand's breadth, and ride on."""
    car, dice, began = tale.car, tale.dice, tale.car.now
    car.run(tale.site.main)
    _mode(tale, Mode.FIREFIGHTER)
    car.open()
    car.board(3, 300)
    for _ in range(2 + dice.randrange(4)):
        car.close()
        car.wait(dice.stretch(5, 150))
        trip = some_trip(tale)
        car.run(trip.destination)
        car.command = DoorCommand.OPEN
        for _ in range(dice.randrange(3)):
            car.door = Door.OPENING
            car.say()
            car.wait(dice.ms(1, 4))
            car.door = Door.CLOSED
            car.say()
            car.wait(dice.ms(5, 60))
        car.open()
        car.wait(dice.stretch(5, 120))
    car.alight()
    _mode(tale, Mode.NORMAL)
    car.close()
    tale.innocent("firefighter", began, "firefighters used the lift.")


def emergency_power(tale: Tale) -> None:
    """The generator is tested: some seconds of darkness, then the lift serves on emergency power."""
    car, began = tale.car, tale.car.now
    car.power = Power.BATTERY
    car.say()
    car.wait(tale.dice.ms(3, 9))
    car.power = Power.MAINS
    _mode(tale, Mode.EMERGENCY_POWER)
    for _ in range(1 + tale.dice.randrange(3)):
        car.wait(tale.dice.stretch(10, 300))
        tale.fetch(trip := some_trip(tale))
        tale.deliver(trip)
    _mode(tale, Mode.NORMAL)
    tale.innocent("emergency_power", began, "the generator was tested.")


def earthquake(tale: Tale) -> None:
    """The seismic switch: the car goes to the next landing, opens, and waits."""
    car, began = tale.car, tale.car.now
    trip = some_trip(tale)
    tale.fetch(trip)
    _mode(tale, Mode.EARTHQUAKE)
    car.run(min(car.landing + 1, tale.site.floors - 1) if trip.destination > car.landing else max(car.landing - 1, 0))
    car.open()
    car.alight()
    car.wait(tale.dice.stretch(300, 5000))
    _mode(tale, Mode.NORMAL)
    car.close()
    tale.innocent("earthquake", began, "the seismic switch sent the car to the next landing.")


def blip_while_idle(tale: Tale) -> None:
    """The mains are gone for seconds while the car stands empty; it takes its bearings afterwards."""
    car, began = tale.car, tale.car.now
    car.power = Power.BATTERY
    car.code("power_loss")
    car.wait(tale.dice.stretch(2, 100))
    car.power = Power.MAINS
    car.clear()
    car.say()
    car.run(0)
    car.open()
    car.wait(2 * SECOND)
    car.close()
    tale.innocent("blip_while_idle", began, "the mains were gone for a while; the car was empty.")


def rescue_device(tale: Tale) -> None:
    """The mains fail in a run; the rescue device brings the car to a landing on its battery, and people get out."""
    car, began = tale.car, tale.car.now
    trip = some_trip(tale)
    if not tale.site.rescuer:
        return
    tale.fetch(trip)

    def fail() -> None:
        car.power = Power.BATTERY

    car.run(trip.destination, brake_after=car.stall_after(trip.destination), brake=fail)
    car.code("power_loss")
    car.wait(tale.dice.ms(3, 14))
    target = car.nearest * tale.site.storey
    car.creep(target, 0.3)
    car.open()
    car.alight()
    car.close()
    car.wait(tale.dice.stretch(20, 40) * MINUTE // SECOND)
    car.power = Power.MAINS
    car.clear()
    car.say()
    tale.innocent("rescue_device", began, "the mains failed in a run, and the rescue device brought the car home.")


def codes_only(tale: Tale) -> None:
    """Faults that trap nobody: the controller reports one, the car is empty, and a technician comes or it goes away."""
    car, began = tale.car, tale.car.now
    code = tale.dice.weighted(
        (("door_close_failure", 30), ("door_cycling", 20), ("drive_fault", 12), ("controller_fault", 10),
         ("call_button_stuck", 8), ("load_sensor_fault", 6), ("start_failure", 8), ("battery_low", 6))
    )  # fmt: skip
    car.code(code)
    car.wait(tale.dice.stretch(20, 3000))
    car.code(code, active=False)
    if tale.site.says is Says.NOT:
        tale.innocent("fault_reported", began, f"the empty lift had {code}; its controller reports no codes.")
    else:
        tale.harm("fault_reported", began, f"the empty lift reported {code}.")


def empty_stall(tale: Tale) -> None:
    """An empty car stops between floors on its way to a call."""
    car, began = tale.car, tale.car.now
    trip = some_trip(tale)
    if trip.destination == car.landing:
        return
    car.calls = 1
    car.run(trip.destination, brake_after=car.stall_after(trip.destination))
    car.wait(tale.dice.ms(1, 4))
    car.code("stopped_outside_zone")
    car.wait(tale.dice.stretch(900, 5000))
    car.calls = 0
    tale.repaired(tale.dice.ms(300, 1200))
    tale.harm("empty_stall", began, "the empty car stopped between floors.", confirmable=_cannot_be_looked_into(tale))


def empty_danger(tale: Tale) -> None:
    """An empty car overspeeds, or leaves its landing: a danger, and nobody to rescue."""
    car, began = tale.car, tale.car.now
    code = tale.dice.weighted((("overspeed", 1), ("brake_failure", 1), ("unintended_movement", 1)))
    trip = some_trip(tale)
    if trip.destination == car.landing:
        return
    car.run(trip.destination, brake_after=car.stall_after(trip.destination))
    car.chain = SafetyChain.OPEN
    car.code(code)
    car.wait(tale.dice.stretch(900, 5000))
    tale.repaired(tale.dice.ms(600, 2400))
    tale.harm("empty_danger", began, f"the empty car: {code}.", confirmable=_cannot_be_looked_into(tale))


def empty_door_failure(tale: Tale) -> None:
    """An empty car comes to a call, and its door does not open: who waits outside takes the stairs."""
    car, began = tale.car, tale.car.now
    target = some_trip(tale).destination
    ahead, car.ahead = car.ahead, False
    car.run(target)
    car.ahead = ahead
    car.command, car.calls = DoorCommand.OPEN, 0
    car.say()
    car.wait(tale.dice.ms(5, 20))
    car.code("door_open_failure")
    car.wait(tale.dice.stretch(300, 4000))
    car.command = DoorCommand.NONE
    tale.repaired(tale.dice.ms(300, 1200))
    tale.harm(
        "empty_door_failure", began, "the door did not open for the people outside; the car was empty.",
        confirmable=_cannot_be_looked_into(tale),
    )  # fmt: skip


def _cannot_be_looked_into(tale: Tale) -> str:
    if tale.site.sensor and tale.car.senses.occupied is not True and not tale.car.goods:
        return ""
    return "nothing told that the car was empty: the contract takes an unseen car for occupied"


def gone(tale: Tale) -> None:
    """The lift falls silent for hours, standing empty at a landing."""
    car, began = tale.car, tale.car.now
    tale.line.drop(car.now, told_after=tale.dice.ms(45, 95))
    car.wait(tale.dice.stretch(3600, 20_000))
    tale.restore()
    tale.harm("gone", began, "the lift was not heard for hours; nobody was inside.")
