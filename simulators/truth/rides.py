"""What people do in and with lifts that looks like trouble and is none. Nobody is trapped in any of these scenes."""

from elevator.model import Door, DoorCommand
from simulators.truth.tale import SECOND, Tale
from simulators.truth.traffic import Trip, other


def some_trip(tale: Tale, *, here: bool = False) -> Trip:
    """Somebody who wants to travel, from anywhere or from where the car stands."""
    dice, site = tale.dice, tale.site
    origin = tale.car.landing if here else dice.randrange(site.floors)
    persons = 1 + dice.randrange(3)
    return Trip(tale.car.now, origin, other(site, dice, origin), persons, 70 * persons)


def idle_stander(tale: Tale) -> None:
    """Somebody gets in, chooses no floor, and stands there: on the telephone, waiting, lost in thought."""
    car, began = tale.car, tale.car.now
    trip = some_trip(tale, here=True)
    car.open()
    car.board(trip.persons, trip.load, calls=0)
    car.close()
    car.wait(tale.dice.stretch(20, 540))
    if tale.dice.chance(0.5):
        car.open()
        car.alight()
        car.close()
    else:
        car.calls = 1
        car.say()
        tale.deliver(trip)
    tale.innocent("idle_stander", began, "somebody stood in an idle car and asked nothing of it.")


def idle_stayer(tale: Tale) -> None:
    """The same for longer than ten minutes: asking by intercom is right, sending a crew is not."""
    car, began = tale.car, tale.car.now
    car.open()
    car.board(1, 70, calls=0)
    car.close()
    car.wait(tale.dice.stretch(620, 2400))
    car.open()
    car.alight()
    car.close()
    tale.innocent("idle_stayer", began, "somebody stayed in an idle car for a long while.")


def goods_left(tale: Tale) -> None:
    """A trolley or a box stays in the car: the person sensor says "someone" while the lift serves as usual."""
    car, began = tale.car, tale.car.now
    car.open()
    car.goods, car.load = True, 60
    car.say()
    car.close()
    for _ in range(1 + tale.dice.randrange(4)):
        car.wait(tale.dice.stretch(30, 800))
        tale.fetch(trip := some_trip(tale))
        tale.deliver(trip)
    car.wait(tale.dice.stretch(10, 900))
    car.open()
    car.goods, car.load = False, 0
    car.say()
    car.wait(2 * SECOND)
    car.close()
    tale.innocent("goods_left", began, "goods lay on the person sensor while the lift served as usual.")


def express_run(tale: Tale) -> None:
    """From the bottom to the top without a stop, with people inside."""
    car, top = tale.car, tale.site.floors - 1
    car.run(0 if tale.dice.chance(0.5) else top)
    began = car.now
    trip = Trip(car.now, car.landing, top - car.landing, 3, 210)
    tale.fetch(trip)
    tale.deliver(trip)
    tale.innocent("express_run", began, f"a run over {tale.site.floors} floors without a stop.")


def cleaner(tale: Tale) -> None:
    """A cleaner keeps the door open with a bucket and works in the car."""
    car, began = tale.car, tale.car.now
    car.open()
    car.board(1, 90, calls=0)
    ends = car.now + tale.dice.stretch(120, 1200)
    held = car.now + 60 * SECOND
    while car.now < ends:
        car.wait(tale.dice.ms(8, 60))
        if tale.dice.chance(0.6):  # the door tries to close, meets the bucket, and opens again
            car.door, car.command = Door.CLOSING, DoorCommand.CLOSE
            car.say()
            car.wait(tale.dice.ms(0.8, 2))
            car.open()
        if car.now > held and tale.dice.chance(0.3):
            car.code("door_held")
    car.code("door_held", active=False)
    car.alight()
    car.close()
    tale.innocent("cleaner", began, "a cleaner kept the door from closing.")


def door_blocked(tale: Tale) -> None:
    """The door closes on somebody's bag again and again before the ride begins."""
    car, began = tale.car, tale.car.now
    trip = some_trip(tale)
    car.run(trip.origin)
    car.open()
    car.board(trip.persons, trip.load)
    for _ in range(2 + tale.dice.randrange(6)):
        car.door, car.command = Door.CLOSING, DoorCommand.CLOSE
        car.say()
        car.wait(tale.dice.ms(0.8, 2.4))
        car.open()
        car.wait(tale.dice.ms(1, 6))
    if tale.dice.chance(0.3):
        car.code("door_cycling")
    car.close()
    car.code("door_cycling", active=False)
    tale.deliver(trip)
    tale.innocent("door_blocked", began, "the door met something and opened again several times.")


def overload(tale: Tale) -> None:
    """Too many get in; the car does not go until somebody gets out."""
    car, began = tale.car, tale.car.now
    trip = some_trip(tale)
    car.run(trip.origin)
    car.open()
    car.board(12, round(tale.site.load_rated * 1.15))
    car.wait(tale.dice.ms(10, 90))
    car.persons, car.load = 9, round(tale.site.load_rated * 0.9)
    car.say()
    car.wait(3 * SECOND)
    car.close()
    tale.deliver(trip)
    tale.innocent("overload", began, "the car was overloaded and waited with its door open.")


def relevelling(tale: Tale) -> None:
    """People get in, the ropes give, and the car levels itself with its door open."""
    car, began = tale.car, tale.car.now
    trip = some_trip(tale)
    car.run(trip.origin)
    car.open()
    car.board(6, 450)
    level = car.position
    car.position -= tale.dice.uniform(0.02, 0.05)
    car.say()
    car.creep(level, 0.06)
    car.wait(SECOND)
    car.close()
    tale.deliver(trip)
    tale.innocent("relevelling", began, "the car levelled itself again with its door open.")


def button_door_open(tale: Tale) -> None:
    """A child presses the alarm button while the door is open."""
    car, began = tale.car, tale.car.now
    car.open()
    car.board(2, 110, calls=0)
    held = tale.dice.stretch(0.3, 12)
    tale.press(car.now + 500, held)
    if tale.dice.chance(0.4):
        tale.press(car.now + 500 + held + 2 * SECOND, tale.dice.ms(0.3, 2))
    car.wait(held + 8 * SECOND)
    car.alight()
    car.close()
    tale.innocent("button_door_open", began, "a child pressed the alarm button while the door stood open.")


def button_touched(tale: Tale) -> None:
    """Somebody touches the alarm button in a run, once and shortly: it lies beside the buttons for the door."""
    car, began = tale.car, tale.car.now
    trip = some_trip(tale)
    tale.fetch(trip)
    tale.press(car.now + car.leg(trip.destination).took // 2, tale.dice.ms(0.2, 2))
    tale.deliver(trip)
    tale.innocent("button_touched", began, "somebody touched the alarm button in a run, once.")


def button_leant_on(tale: Tale) -> None:
    """Somebody leans on the alarm button in a run; the car arrives, opens, and all get out."""
    car, began = tale.car, tale.car.now
    trip = some_trip(tale)
    tale.fetch(trip)
    took = car.leg(trip.destination).took
    tale.press(car.now + took // 3, tale.dice.ms(3.2, 7))
    tale.deliver(trip)
    slow = took * 2 // 3 > 58 * SECOND
    why = "the button was held in a run that went on for a minute: the contract takes that for an alarm" if slow else ""
    tale.innocent("button_leant_on", began, "somebody leant on the alarm button in a run.", confirmable=why)


def prank(tale: Tale) -> None:
    """Somebody holds the alarm button in a closed car that stands, for fun."""
    car, began = tale.car, tale.car.now
    car.open()
    car.board(2, 110, calls=0)
    car.close()
    tale.press(car.now + tale.dice.ms(2, 20), tale.dice.ms(3.4, 8))
    car.wait(40 * SECOND)
    car.open()
    car.alight()
    car.close()
    tale.innocent(
        "prank", began, "somebody held the alarm button in a closed car, for fun.",
        confirmable="a held button in a closed, standing car is an alarm, whatever it was pressed for",
    )  # fmt: skip


def button_stuck(tale: Tale) -> None:
    """The alarm button sticks, in an empty car."""
    car, began = tale.car, tale.car.now
    if not tale.site.button:
        return
    tale.line.event(car.now, "alarm_button", active=True)
    ends = car.now + tale.dice.stretch(600, 14_400)
    while car.now < ends:
        car.wait(tale.dice.stretch(20, 300))
        tale.fetch(trip := some_trip(tale))
        tale.deliver(trip)
    tale.line.event(car.now, "alarm_button", active=False)
    tale.innocent(
        "button_stuck", began, "the alarm button stuck.",
        confirmable="an active alarm button in a closed car is an alarm, and nothing tells that it sticks",
    )  # fmt: skip


def parked(tale: Tale) -> None:
    """Switched off for the night by its key, empty, at a landing."""
    car, began = tale.car, tale.car.now
    from_service(tale, "out_of_service")
    car.wait(tale.dice.stretch(1800, 20_000))
    into_service(tale)
    tale.innocent("parked", began, "the lift was switched off by its key, empty.")


def from_service(tale: Tale, mode: str) -> None:
    """Change the mode."""
    tale.car.mode = type(tale.car.mode)(mode)
    tale.car.say()


def into_service(tale: Tale) -> None:
    """Back to automatic running."""
    from_service(tale, "normal")


def door_held_for_others(tale: Tale) -> None:
    """Somebody keeps the door open for others who are on their way."""
    car, began = tale.car, tale.car.now
    trip = some_trip(tale)
    car.run(trip.origin)
    car.open()
    car.board(trip.persons, trip.load)
    car.wait(tale.dice.ms(20, 150))
    car.close()
    tale.deliver(trip)
    tale.innocent("door_held_for_others", began, "somebody held the door for others.")
