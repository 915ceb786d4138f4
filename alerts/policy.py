"""The thresholds of every decision, with the contract's defaults; a TOML file may change them (`alerts.policy_file`).

All times are seconds, all lengths metres. `[rules.<id>]` takes `suspect_s` and `confirm_s`; a rule whose `confirm_s` is
absent never confirms by itself. Numbers without another source stand in contract sections 2 and 5.
"""

import msgspec


class Threshold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """After how many seconds of its condition a rule suspects and confirms."""

    suspect_s: float
    confirm_s: float | None = None


def _rules() -> dict[str, Threshold]:
    return {
        "outside_zone": Threshold(suspect_s=20, confirm_s=60),
        "door_wont_open": Threshold(suspect_s=30, confirm_s=90),
        "power_lost": Threshold(suspect_s=10, confirm_s=60),
        "chain_open": Threshold(suspect_s=10, confirm_s=45),
        "controller_says": Threshold(suspect_s=0, confirm_s=0),
        "danger_occupied": Threshold(suspect_s=0, confirm_s=0),
        "alarm_pressed": Threshold(suspect_s=0, confirm_s=0),
        "silence": Threshold(suspect_s=15),
        "no_progress": Threshold(suspect_s=60),
        "long_stay": Threshold(suspect_s=600),
        "caller": Threshold(suspect_s=0, confirm_s=0),
    }


class Clocks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is late, and how far the lift's clock is off (contract 2.6)."""

    late_s: float = 120
    offset_window_s: float = 600
    set_back_s: float = 10
    alarm_replay_s: float = 1800  # a replayed alarm up to this old is decided like a live one
    key_reuse_s: float = 600  # an alarm's key last seen longer ago is a new alarm


class Conditions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How conditions begin, are interrupted and end."""

    occupied_s: float = 2  # the person sensor must say so this long
    interruption_s: float = 3
    cleared_s: float = 10
    moved_before_power_loss_s: float = 120
    ask_again_s: float = 600  # an answered cause still true
    hold_s: float = 10  # at most so long do due timers wait for a queue to be read
    storey_m: float = 5  # what `no_progress` of a lift that tells no position takes a storey for, and
    run_slack_s: float = 10  # adds to the run past a blind shaft
    longest_run_s: float = 600  # no run takes longer, whatever the registry says
    unmoved_m: float = 0.05  # m: a position that changed by less has not changed


class Button(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The alarm button: what a press is, and when one is a nuisance."""

    held_s: float = 3
    second_press_s: float = 60
    short_press_s: float = 60
    stood_s: float = 10  # pressed while moving: confirmed once the car has stood so long
    moving_latest_s: float = 60
    fresh_slack_s: float = 5  # a sample older than its interval plus this never filters
    device_fault_s: float = 1800


class Silence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a lift counts as silent."""

    intervals: float = 3
    slack_s: float = 5


class Area(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When lifts that lose power or link together are one area incident (contract 5, "Area")."""

    lifts: int = 5
    within_s: float = 60
    lasting_s: float = 2  # a loss of power counts once it has lasted so long
    link_lasting_s: float = 5  # and one of the link
    over_s: float = 10  # it ends when all its lifts have been heard and powered for so long


class Blindness(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When so many lifts fall silent that the platform says that it is blind."""

    share: float = 0.3  # of the lifts that talked
    lifts: int = 10  # and at least so many
    within_s: float = 60
    lasting_s: float = 10


class Dangers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Dangers that are derived from samples (alerts.dangers); lengths in m."""

    seen_s: float = 1  # so long must it be shown
    zone_m: float = 0.2  # half the unlocking zone (EN 81-20): nearer to a landing is not outside
    landing_m: float = 0.1  # at a learnt landing
    overtravel_m: float = 0.3  # beyond the last landing: buffers stand closer than the next floor
    overspeed_factor: float = 1.2
    fastest_m_s: float = 30  # no lift is faster: a broken reading


class Habit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is different for one fault code."""

    opens_s: float | None = None
    clears_s: float | None = None
    times: int | None = None


def _habits() -> dict[str, Habit]:
    return {code: Habit(times=3) for code in ("sensor_fault", "load_sensor_fault", "call_button_stuck")}


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When an active fault code becomes an incident of its own, and when it is over (alerts.fault_codes)."""

    opens_s: float = 10
    clears_s: float = 300
    lasts_s: float = 3600  # one that stays on so long needs no repetition
    day_s: float = 86_400
    times: int = 1  # so often in a day
    flaps: int = 5  # so often in a day, however short
    zone_times: int = 2  # the door opened at a landing "outside the zone": the zone sensor is faulty
    codes: dict[str, Habit] = msgspec.field(default_factory=_habits)


class Evidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of the past is kept with an incident."""

    past_s: float = 180
    samples: int = 10


class Maintenance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Due days, and how long visits may last."""

    utc_offset_h: float = 8  # a due day ends at midnight of this place
    remind_days: float = 3
    alone_s: float = 1800  # between signs of life of one who works alone, where the check-in names no time
    alone_grace_s: float = 120  # after a missed one
    half_month_s: float = 5400  # planned, where the check-in names no time
    quarter_s: float = 7200
    half_year_s: float = 10_800
    year_s: float = 18_000
    overrun_s: float = 1800  # beyond the planned time
    paused_s: float = 86_400
    late_s: float = 600  # an entry that comes later after its own time is a late one
    link_s: float = 604_800  # how long a link to sign is good


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All thresholds of one installation."""

    rules: dict[str, Threshold] = msgspec.field(default_factory=_rules)
    clocks: Clocks = Clocks()
    conditions: Conditions = Conditions()
    button: Button = Button()
    silence: Silence = Silence()
    area: Area = Area()
    blindness: Blindness = Blindness()
    dangers: Dangers = Dangers()
    faults: Faults = Faults()
    evidence: Evidence = Evidence()
    maintenance: Maintenance = Maintenance()


def ms(seconds: float) -> int:
    """Seconds as the integer milliseconds in which decisions count."""
    return round(seconds * 1000)
