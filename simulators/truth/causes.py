"""Every way in which people get trapped: where the car stands then, what broke, and what the controller says of it.

The groups are those of the published bulletins; the shares stand in `rates.toml` under the same names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from elevator.model import Door


class Place(StrEnum):
    """Where people are trapped."""

    BETWEEN = "between"  # the car stops between floors
    LANDING = "landing"  # the car arrives, and its door does not open
    IDLE = "idle"  # the door has closed behind them, and the car does not go
    AWAY = "away"  # the car moves off with its door open, and stops above the landing
    BEYOND = "beyond"  # the car runs past the last landing
    SLIPPED = "slipped"  # the car has arrived, and slips out of the zone before its door opens


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One cause of entrapment."""

    place: Place
    story: str  # what happened, as the beginning of a sentence
    codes: tuple[str, ...] = ()  # what the controller finds
    chain: bool = False  # the safety chain opens
    mains: bool = False  # the mains are gone
    door: Door = Door.CLOSED  # how the door stands in the end
    dies_s: tuple[float, float] | None = None  # seconds until the controller falls silent for good
    frozen: bool = False  # the terminal goes on saying that the car runs
    asked: bool = True  # the controller still asks the door to open, or holds a call
    resumes_s: tuple[float, float] | None = None  # seconds until the lift goes on by itself
    verdict: bool = False  # the controller says "entrapment" whatever its make
    mute: bool = False  # the controller notices nothing: no code, no command, no call


CAUSES: Mapping[str, Cause] = {
    # External: 32–43 % of all
    "mains_lost_between": Cause(
        place=Place.BETWEEN, mains=True, codes=("power_loss",), story="the mains failed while the car ran"
    ),
    "mains_lost_at_landing": Cause(
        place=Place.IDLE, mains=True, codes=("power_loss",), story="the mains failed as the door had just closed"
    ),
    "battery_empties": Cause(
        place=Place.BETWEEN, mains=True, codes=("power_loss", "battery_low"), dies_s=(15, 55),
        story="the mains failed while the car ran, and the controller's battery was empty soon after",
    ),
    "water_in_the_pit": Cause(
        place=Place.BETWEEN, chain=True, codes=("safety_chain_open",), story="water in the pit opened the safety chain"
    ),
    "machine_room_hot": Cause(
        place=Place.BETWEEN, codes=("drive_overheat", "stopped_outside_zone"), story="the hot drive switched itself off"
    ),
    # Human: 23–35 %
    "rubbish_in_the_sill": Cause(
        place=Place.LANDING, codes=("door_open_failure",), story="rubbish in the sill blocked the door"
    ),
    "door_forced_in_a_run": Cause(
        place=Place.BETWEEN, chain=True, codes=("safety_chain_open", "restart_prevented"),
        story="passengers forced the door apart in a run",
    ),
    "jumping": Cause(
        place=Place.BETWEEN, chain=True, codes=("safety_chain_open",),
        story="jumping passengers made the safety gear grip",
    ),
    "goods_bent_the_door": Cause(
        place=Place.LANDING, codes=("door_open_failure",), door=Door.OPENING, story="goods had bent the door: it sticks"
    ),
    "overloaded": Cause(
        place=Place.AWAY, codes=("unintended_movement",), chain=True, story="the overloaded car sank from the landing"
    ),
    # Door: 12–14 %
    "door_lock_contact": Cause(
        place=Place.BETWEEN, chain=True, codes=("safety_chain_open",), story="a worn door lock contact opened in a run"
    ),
    "door_drive_dead": Cause(
        place=Place.LANDING, codes=("door_open_failure",), story="the door drive did not move the door"
    ),
    "door_coupler": Cause(
        place=Place.LANDING, codes=("door_open_failure",), door=Door.OPENING,
        story="the coupler did not take the landing door with it",
    ),
    # Control: 11–14 %
    "terminal_frozen": Cause(
        place=Place.BETWEEN, frozen=True, story="controller and terminal hung in a run, and say that it goes on"
    ),
    "controller_dead": Cause(
        place=Place.BETWEEN, dies_s=(0, 0), story="the controller crashed in a run and was heard no more"
    ),
    "position_lost": Cause(
        place=Place.BETWEEN, codes=("position_lost",), story="the controller lost its position"
    ),
    "runtime_limit": Cause(
        place=Place.BETWEEN, codes=("runtime_limit",), story="the motor run-time limiter tripped on slipping ropes"
    ),
    "restart_prevented": Cause(
        place=Place.BETWEEN, codes=("restart_prevented", "stopped_outside_zone"),
        story="the controller stopped and locked itself against starting again",
    ),
    "stopped_without_a_word": Cause(
        place=Place.BETWEEN, story="the drive stopped and the controller found no fault"
    ),
    "calls_ignored": Cause(
        place=Place.IDLE, story="the controller took no call and did not open again", asked=False
    ),
    "calls_taken_only": Cause(
        place=Place.IDLE, codes=("start_failure",), story="the controller took the call and did not start"
    ),
    "controller_says": Cause(
        place=Place.BETWEEN, verdict=True, codes=("stopped_outside_zone",), story="the car stopped between floors"
    ),
    # Drive, brake and safety gear
    "overspeed_governor": Cause(
        place=Place.BETWEEN, chain=True, codes=("overspeed", "safety_chain_open"), story="the governor tripped"
    ),
    "brake_slipped": Cause(
        place=Place.SLIPPED, codes=("brake_failure",), story="the brake did not hold the car at the landing"
    ),
    "overtravel_top": Cause(
        place=Place.BEYOND, chain=True, codes=("overtravel_top",), story="the car ran past the top landing"
    ),
    "overtravel_bottom": Cause(
        place=Place.BEYOND, chain=True, codes=("overtravel_bottom",), story="the car ran past the bottom landing"
    ),
    "unintended_movement": Cause(
        place=Place.AWAY, chain=True, codes=("unintended_movement",),
        story="the car moved off with its door open and was caught",
    ),
    "moved_door_open": Cause(
        place=Place.AWAY, codes=("door_open_moving",), story="the car moved off with its door open"
    ),
    # Short: people are out again within a minute
    "power_blip": Cause(
        place=Place.BETWEEN, codes=("power_loss",), mains=True, resumes_s=(14, 48),
        story="the mains were gone for seconds, and the car crept to a landing by itself",
    ),
    "door_tries_again": Cause(
        place=Place.LANDING, resumes_s=(6, 50), story="the door opened only at its second or third try"
    ),
    # The whole feeder, at one moment
    "feeder_cut": Cause(
        place=Place.BETWEEN, mains=True, codes=("power_loss",), story="the whole block lost its mains while the car ran"
    ),
    # Nothing but a person can tell
    "button_only": Cause(
        place=Place.LANDING, mute=True, story="the car stood at a landing, closed, and nothing in it said so"
    ),
}  # fmt: skip
