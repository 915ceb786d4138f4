"""What people read, in Chinese and English: one sentence for an incident, the messages, the notice in the car. Pure."""

from collections.abc import Mapping
from typing import Any

from elevator.faults import CATALOGUE

Text = dict[str, str]

REASONS: dict[str, Text] = {
    "outside_zone": {"zh": "停在开锁区域外，轿厢内有人", "en": "Stopped outside the door zone with someone inside"},
    "door_wont_open": {
        "zh": "已到站但门打不开，轿厢内有人",
        "en": "At a landing, someone inside, and the door does not open",
    },
    "power_lost": {"zh": "停电，轿厢内有人", "en": "Power lost with someone inside"},
    "chain_open": {
        "zh": "安全回路断开且不在平层，轿厢内有人",
        "en": "Safety chain open between landings with someone inside",
    },
    "controller_says": {"zh": "控制系统报告困人", "en": "The controller reports an entrapment"},
    "alarm_pressed": {"zh": "轿厢内按下报警按钮", "en": "The alarm button in the car was pressed"},
    "danger_occupied": {"zh": "危险故障，轿厢内有人", "en": "A dangerous fault with someone inside"},
    "silence": {"zh": "可能困人，信号中断", "en": "Possible entrapment, no signal"},
    "no_progress": {"zh": "上报运行但位置不变，轿厢内有人", "en": "Says it moves but does not, with someone inside"},
    "long_stay": {
        "zh": "有人在关着门的轿厢内停留过久，请用对讲询问",
        "en": "Someone in the closed car for long: ask by intercom",
    },
    "caller": {"zh": "有人来电报告困人", "en": "A person reports an entrapment"},
}
STATES: dict[str, Text] = {
    "suspected": {"zh": "疑似", "en": "suspected"},
    "confirmed": {"zh": "已确认", "en": "confirmed"},
    "dispatched": {"zh": "已派单，等待接单", "en": "dispatched, waiting for acceptance"},
    "accepted": {"zh": "已接单，救援人员在途", "en": "accepted, crew on the way"},
    "arrived": {"zh": "救援人员已到场", "en": "crew on site"},
    "released": {"zh": "人员已救出", "en": "people freed"},
    "closed": {"zh": "已结案", "en": "closed"},
    "cleared": {"zh": "疑似情况已消除", "en": "suspicion gone"},
    "cancelled": {"zh": "已取消", "en": "cancelled"},
}
DOORS: dict[str, Text] = {
    "closed": {"zh": "门关闭", "en": "door closed"},
    "opening": {"zh": "门正在打开", "en": "door opening"},
    "open": {"zh": "门打开", "en": "door open"},
    "closing": {"zh": "门正在关闭", "en": "door closing"},
}
EMPTY: Text = {"zh": "传感器显示轿厢无人：请用对讲询问", "en": "empty by its sensor: ask by intercom"}
UNREADABLE: Text = {"zh": "收到无法读取的消息", "en": "Unreadable messages were received"}
LOST: dict[str, Text] = {
    "power": {"zh": "停电", "en": "power lost"},
    "link": {"zh": "信号中断", "en": "no signal"},
}
GROUPS: dict[str, Text] = {
    "feeder": {"zh": "供电线路 {name}", "en": "Feeder {name}"},
    "gateway": {"zh": "网关 {name}", "en": "Gateway {name}"},
    "building": {"zh": "{name}", "en": "{name}"},
}
BLIND: Text = {
    "zh": "平台收不到信号：{lifts} 台电梯同时失联，其中 {occupied} 台可能有人",
    "en": "We are blind: {lifts} lifts fell silent together, {occupied} of them may hold people",
}
SYSTEM: dict[str, Text] = {
    "man_down": {"zh": "单人作业人员未按时报平安", "en": "One who works alone gives no sign of life"},
    "visit_overrun": {"zh": "维保超时未结束", "en": "A maintenance visit has outlived its time"},
    "memory_unreadable": {
        "zh": "该梯的判断数据已损坏，已重新开始判断",
        "en": "What was remembered of this lift cannot be read, it is decided anew",
    },
}
UNKNOWN_PLACE: Text = {"zh": "地点未知", "en": "place unknown"}

MESSAGES: dict[str, Text] = {
    "suspected": {"zh": "疑似困人：{what}", "en": "Possible entrapment: {what}"},
    "confirmed": {"zh": "困人已确认：{what}", "en": "Entrapment confirmed: {what}"},
    "asked": {"zh": "请立即救援：{what}", "en": "Please rescue at once: {what}"},
    "no_firm": {
        "zh": "没有可派的维保单位，请调度员安排：{what}",
        "en": "No firm to ask, dispatcher must arrange: {what}",
    },
    "accepted": {"zh": "已接单：{what}", "en": "Accepted: {what}"},
    "on_way": {"zh": "救援人员已出发：{what}", "en": "Crew on its way: {what}"},
    "arrived": {"zh": "救援人员已到场：{what}", "en": "Crew on site: {what}"},
    "declined": {"zh": "拒绝接单：{what}", "en": "Declined: {what}"},
    "stood_down": {"zh": "任务取消，无需前往：{what}", "en": "Stand down, no need to come: {what}"},
    "nobody_left": {
        "zh": "已无人可派，建议请求三级（消防）救援：{what}",
        "en": "Nobody left to ask, tier 3 (fire service) proposed: {what}",
    },
    "escalated": {"zh": "救援升级：{what}", "en": "Escalated: {what}"},
    "released": {"zh": "人员已救出：{what}", "en": "People freed: {what}"},
    "closed": {"zh": "已结案：{what}", "en": "Closed: {what}"},
    "cancelled": {"zh": "已取消：{what}", "en": "Cancelled: {what}"},
    "pressed_again": {"zh": "报警按钮再次按下：{what}", "en": "Alarm button pressed again: {what}"},
    "danger": {"zh": "危险故障，电梯不得使用：{what}", "en": "Danger, the lift must not be used: {what}"},
    "area": {"zh": "区域事件：{what}", "en": "Area incident: {what}"},
    "blind": {"zh": "系统警报：{what}", "en": "System alarm: {what}"},
    "on_site": {"zh": "您正在现场：{what}", "en": "You are at this lift: {what}"},
    "man_down": {"zh": "请立即联系现场人员：{what}", "en": "Call the one on site at once: {what}"},
    "visit_overrun": {"zh": "请核实现场情况：{what}", "en": "Ask how it goes on site: {what}"},
    "memory_unreadable": {
        "zh": "请用对讲询问轿厢内是否有人：{what}",
        "en": "Ask by intercom whether somebody is inside: {what}",
    },
    "cause_added": {"zh": "又有新的依据：{what}", "en": "One more cause: {what}"},
}

NOTICES: dict[str, Text] = {
    "received": {
        "zh": "我们已知道您被困，请保持镇静，不要扒门，救援即将安排。",
        "en": "We know that you are trapped. Please stay calm and do not force the door; help is being sent.",
    },
    "dispatched": {
        "zh": "已通知救援人员，请保持镇静，不要扒门。",
        "en": "A rescue crew has been called. Please stay calm and do not force the door.",
    },
    "accepted": {
        "zh": "救援人员正在赶来，请保持镇静，不要扒门。",
        "en": "A rescue crew is on its way. Please stay calm and do not force the door.",
    },
    "arrived": {
        "zh": "救援人员已到达，请听从指挥。",
        "en": "The rescue crew has arrived. Please follow its instructions.",
    },
    "released": {"zh": "救援已完成。", "en": "The rescue is complete."},
    "cancelled": {
        "zh": "警报已解除；如仍需帮助请再按报警按钮。",
        "en": "The alarm was lifted; press the button again if you need help.",
    },
}


def place(lift: Mapping[str, Any] | None, incident: Mapping[str, Any]) -> Text:
    """Where it is, as people say it."""
    if lift is None or not lift.get("lift_id"):
        said = incident.get("place")
        return {"zh": said, "en": said} if said else UNKNOWN_PLACE
    building, name = lift.get("building") or "", lift.get("name") or ""
    said = " ".join(part for part in ("" if name.startswith(building) else building, name) if part)
    said = said or str(lift["lift_id"])
    return {"zh": said, "en": said}


def summary(incident: Mapping[str, Any], lift: Mapping[str, Any] | None) -> Text:
    """One sentence that a human would say about an incident.

    Args:
        incident: a row of `incident` (`kind reason code detail place` are read).
        lift: the lift's registry row, or None.
    """
    where = place(lift, incident)
    detail = incident.get("detail") or {}
    if incident["kind"] == "rescue":
        what = REASONS.get(incident["reason"], {"zh": incident["reason"], "en": incident["reason"]})
        car = _car(detail)
        return {lang: f"{where[lang]}{_colon(lang)}{what[lang]}{car[lang]}" for lang in ("zh", "en")}
    if incident["kind"] == "area":
        return _area(detail)
    if incident["kind"] == "system" and incident.get("code") == "blind":
        figures = {"lifts": detail.get("lifts", 0), "occupied": detail.get("occupied", 0)}
        return {lang: BLIND[lang].format(**figures) for lang in ("zh", "en")}
    if incident["kind"] == "system":
        told = SYSTEM.get(incident.get("code") or "", UNREADABLE)
        names = detail.get("workers") or ()
        who = {"zh": f"（{'、'.join(names)}）", "en": f" ({', '.join(names)})"} if names else {"zh": "", "en": ""}
        return {lang: f"{told[lang]}{who[lang]}{_colon(lang)}{where[lang]}" for lang in ("zh", "en")}
    fault = CATALOGUE.get(incident.get("code") or "")
    name = (
        {"zh": fault.zh, "en": fault.en}
        if fault
        else {"zh": str(incident.get("code")), "en": str(incident.get("code"))}
    )
    empty = incident["kind"] == "fault" and incident["reason"] in REASONS
    tail = {"zh": f"，{EMPTY['zh']}", "en": f", {EMPTY['en']}"} if empty else {"zh": "", "en": ""}
    return {lang: f"{where[lang]}{_colon(lang)}{name[lang]}{tail[lang]}" for lang in ("zh", "en")}


def _area(detail: Mapping[str, Any]) -> Text:
    """What an area has lost, how many lifts stand in it, and how many of them hold people."""
    lost, where = LOST[detail["lost"]], GROUPS[detail["group"]]
    lifts, occupied, out = (detail.get(name, 0) for name in ("lifts", "occupied", "out"))
    zh = f"，{lifts} 台电梯，{occupied} 台有人，{lifts - out} 台已恢复"
    en = f", {lifts} lifts, {occupied} occupied, {lifts - out} back"
    return {
        lang: f"{where[lang].format(name=detail['name'])}{_colon(lang)}{lost[lang]}{said}"
        for lang, said in (("zh", zh), ("en", en))
    }


def _car(detail: Mapping[str, Any]) -> Text:
    """How the car was when the incident opened or was confirmed: where, moving or not, its door."""
    zh, en = [], []
    if detail.get("floor"):
        zh.append(f"{detail['floor']} 层附近")
        en.append(f"near floor {detail['floor']}")
    if detail.get("moving") is not None:
        zh.append("运行中" if detail["moving"] else "停止")
        en.append("moving" if detail["moving"] else "stopped")
    if detail.get("door") in DOORS:
        zh.append(DOORS[detail["door"]]["zh"])
        en.append(DOORS[detail["door"]]["en"])
    return {"zh": f"（{'，'.join(zh)}）", "en": f" ({', '.join(en)})"} if zh else {"zh": "", "en": ""}


def message(name: str, what: Text) -> Text:
    """The text of one message about an incident whose sentence is `what`."""
    return {lang: MESSAGES[name][lang].format(what=what[lang]) for lang in ("zh", "en")}


def _colon(lang: str) -> str:
    return "：" if lang == "zh" else ": "
