"""What a dispatcher does first about an incident, in Chinese and English: by its code, else by its reason. Pure."""

from collections.abc import Mapping
from typing import Any

from elevator.faults import CATALOGUE

Text = dict[str, str]

# Reasons that speak of the same thing as a code of the catalogue.
_LIKE_CODE = {
    "outside_zone": "stopped_outside_zone",
    "door_wont_open": "door_open_failure",
    "power_lost": "power_loss",
    "chain_open": "safety_chain_open",
    "controller_says": "entrapment",
    "alarm_pressed": "alarm_button",
}
_OF_REASON: dict[str, Text] = {
    "danger_occupied": {
        "zh": "轿厢内有人且有危险故障：接通对讲，让乘客远离轿门、不要移动；立即派单，准备急救。",
        "en": "Someone is in a car with a dangerous fault: speak to them, keep them still and away from the door; "
        "send a crew at once, have an ambulance ready.",
    },
    "silence": {
        "zh": "信号中断前轿厢内可能有人：打电话给物业或用对讲核实，联系不上按被困处理。",
        "en": "Someone may have been inside when the signal was lost: ask the property or the intercom; "
        "if nobody answers, treat as trapped.",
    },
    "no_progress": {
        "zh": "控制系统称在运行但位置不变：用对讲确认是否有人、轿厢是否在动。",
        "en": "It claims to move but does not get on: ask by intercom whether someone is inside and whether it moves.",
    },
    "long_stay": {
        "zh": "有人长时间停留在关门的轿厢里：用对讲询问是否需要帮助。",
        "en": "Someone has long stood in a closed car: ask by intercom whether they need help.",
    },
    "caller": {
        "zh": "记下救援码、几人、有无受伤和回拨电话；让乘客保持镇静，不要扒门。",
        "en": "Take down the rescue code, how many, anyone hurt, and a number to call back; keep them calm, "
        "do not force the door.",
    },
}


def advice(incident: Mapping[str, Any]) -> Text | None:
    """The first advice; None where there is none.

    Args:
        incident: a row of `incident` (`kind reason code` are read).
    """
    if incident["kind"] in {"system", "area"}:
        return None
    if incident["kind"] == "rescue":
        if found := _OF_REASON.get(incident["reason"]):
            return dict(found)
        fault = CATALOGUE.get(_LIKE_CODE.get(incident["reason"], ""))
    else:
        fault = CATALOGUE.get(incident.get("code") or "")
    return None if fault is None or fault.advice is None else dict(fault.advice)
