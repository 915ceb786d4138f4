"""The fault catalogue (contract section 4): every code with its class, priorities and titles.

GB/T numbers are those of GB/T 24476-2017 as implemented by published platforms; the mapping tables per lift
model build on them.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class FaultClass(StrEnum):
    """What kind of thing a code reports."""

    ALARM = "alarm"
    DANGER = "danger"
    FAULT = "fault"
    LINK = "link"
    MODE = "mode"
    TEST = "test"


class Priority(IntEnum):
    """P1 and P2 ring, P3 and P4 stand in the list."""

    P1 = 1
    P2 = 2
    P3 = 3
    P4 = 4

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One code of the catalogue."""

    code: str
    fault_class: FaultClass
    zh: str
    en: str
    empty: Priority | None = None  # None: opens nothing by itself
    occupied: Priority | None = None
    gbt: int | None = None  # GB/T 24476-2017
    outside_zone: bool = False  # counts in the rule `outside_zone`


def _fault(code: str, zh: str, en: str, empty: int, occupied: int | None = None, gbt: int | None = None,
           *, kind: FaultClass = FaultClass.FAULT, outside_zone: bool = False) -> Fault:  # fmt: skip
    return Fault(
        code=code, fault_class=kind, zh=zh, en=en, empty=Priority(empty),
        occupied=Priority(occupied or empty), gbt=gbt, outside_zone=outside_zone,
    )  # fmt: skip


def _mode(code: str, zh: str, en: str, gbt: int) -> Fault:
    return Fault(code=code, fault_class=FaultClass.MODE, zh=zh, en=en, gbt=gbt)


ALARM_BUTTON = "alarm_button"
ENTRAPMENT = "entrapment"
POWER_LOSS = "power_loss"
ALARM_DEVICE_FAULT = "alarm_device_fault"
OFFLINE = "offline"
OTHER = "other"

CATALOGUE: dict[str, Fault] = {
    fault.code: fault
    for fault in (
        _fault(ALARM_BUTTON, "报警按钮", "Alarm button", 1, gbt=90, kind=FaultClass.ALARM),
        _fault(ENTRAPMENT, "困人", "Entrapment", 1, kind=FaultClass.ALARM),
        _fault("overtravel_top", "冲顶", "Over-travel at the top", 1, gbt=92, kind=FaultClass.DANGER),
        _fault("overtravel_bottom", "蹲底", "Over-travel at the bottom", 1, gbt=91, kind=FaultClass.DANGER),
        _fault("unintended_movement", "轿厢意外移动", "Unintended car movement", 1, gbt=5, kind=FaultClass.DANGER),
        _fault("overspeed", "超速", "Overspeed", 1, kind=FaultClass.DANGER),
        _fault("door_open_moving", "开门走梯", "Moving with its door open", 1, kind=FaultClass.DANGER),
        _fault("brake_failure", "制动系统故障", "Brake failure", 1, kind=FaultClass.DANGER),
        _fault("safety_chain_open", "安全回路断路", "Safety chain open", 2, 1, 1),
        _fault("stopped_outside_zone", "开锁区域外停止", "Stopped outside the door zone", 2, 1, 4, outside_zone=True),
        _fault("position_lost", "楼层位置丢失", "Position lost", 2, 1, 7, outside_zone=True),
        _fault("runtime_limit", "运转时间限制器动作", "Motor run-time limiter", 2, 1, 6, outside_zone=True),
        _fault("restart_prevented", "防止再运行", "Restart prevented", 2, 1, 8, outside_zone=True),
        _fault("door_open_failure", "开门故障", "Door does not open", 2, 1, 3),
        _fault(POWER_LOSS, "停电", "Power loss", 2, 1, 41),
        _fault("door_close_failure", "关门故障", "Door does not close", 3, gbt=2),
        _fault("door_cycling", "反复开关门", "Door cycles again and again", 3),
        _fault("door_held", "长时间开门", "Door held open", 3),
        _fault("drive_fault", "驱动故障", "Drive fault", 3, 2),
        _fault("controller_fault", "控制系统故障", "Controller fault", 3, 2),
        _fault("drive_overheat", "驱动过热", "Drive too hot", 3, 2),
        _fault("start_failure", "启动故障", "Does not start", 3, 2),
        _fault("call_button_stuck", "按钮粘连", "Call button stuck", 4),
        _fault("load_sensor_fault", "称重传感器故障", "Load sensor fault", 4),
        _fault("sensor_fault", "传感器故障", "Sensor fault", 4),
        _fault("battery_low", "电池电量低", "Battery low", 4),
        _fault(ALARM_DEVICE_FAULT, "报警装置故障", "Alarm device fault", 2),
        _fault(OFFLINE, "离线", "Offline", 3, kind=FaultClass.LINK),
        _mode("automatic_running", "恢复自动运行", "Back to automatic running", 40),
        _mode("out_of_service", "停止服务", "Out of service", 42),
        _mode("inspection", "检修", "Inspection", 43),
        _mode("fire_recall", "消防返回", "Fire recall", 44),
        _mode("firefighter", "消防员运行", "Firefighter service", 45),
        _mode("emergency_power", "应急电源", "Emergency power", 46),
        _mode("earthquake", "地震", "Earthquake", 47),
        Fault(code="alarm_test", fault_class=FaultClass.TEST, zh="报警测试", en="Alarm test"),
        _fault(OTHER, "其他故障", "Other fault", 3),
    )
}

ALARMS = frozenset(code for code, fault in CATALOGUE.items() if fault.fault_class is FaultClass.ALARM)
DANGERS = frozenset(code for code, fault in CATALOGUE.items() if fault.fault_class is FaultClass.DANGER)
OUTSIDE_ZONE = frozenset(code for code, fault in CATALOGUE.items() if fault.outside_zone)


def canonical(code: str) -> tuple[str, str | None]:
    """A code of the catalogue, and the text as sent where nobody knows it (then the code is `other`)."""
    return (code, None) if code in CATALOGUE else (OTHER, code)
