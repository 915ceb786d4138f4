"""Why there is an alarm, or none, in Chinese and English: parts of conditions, and the sentence of an incident. Pure.

A part has a name (what the rule asks for) and what was seen of it; both are made here from `key`, `holds` and `seen`,
so that what was stored with an incident years ago reads in today's words.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from alerts.words import DOORS, REASONS, Text
from elevator.faults import CATALOGUE

Words = dict[str, Any]

NAMES: dict[str, Text] = {
    "mode": {"zh": "不在检修或消防员模式", "en": "not in inspection or firefighter service"},
    "no_inspection": {"zh": "不在检修模式", "en": "not in inspection"},
    "stopped": {"zh": "轿厢停止", "en": "the car stands"},
    "outside": {"zh": "在开锁区域外", "en": "outside the door zone"},
    "zone_outside": {"zh": "信号显示在开锁区域外", "en": "outside by its zone signal"},
    "code_outside": {
        "zh": "故障码表明在区域外，且未知在区域内",
        "en": "one of its codes says so, and it is not in the zone",
    },
    "zone_unknown_code": {"zh": "无区域信号，以安全回路故障码为准", "en": "no zone signal: the chain's code counts"},
    "zone_inside": {"zh": "在开锁区域内", "en": "inside the door zone"},
    "door_not_open": {"zh": "门未打开", "en": "the door is not open"},
    "should_open": {"zh": "门应当打开", "en": "the door should open"},
    "told_to_open": {"zh": "有开门指令", "en": "it was told to open"},
    "calls_wait": {"zh": "有未响应的呼梯", "en": "calls wait to be served"},
    "code": {"zh": "有对应故障码", "en": "its code is active"},
    "no_mains": {"zh": "失去主电源", "en": "the mains are gone"},
    "off_mains": {"zh": "供电不是主电源", "en": "not on mains"},
    "chain": {"zh": "安全回路断开", "en": "the safety chain is open"},
    "chain_is_open": {"zh": "信号显示回路断开", "en": "open by its signal"},
    "danger_code": {"zh": "存在危险（上报或推断）", "en": "a danger is reported, or shown by its samples"},
    "pressed": {"zh": "报警按钮被按下", "en": "the alarm button was pressed"},
    "not_filtered": {
        "zh": "没有停站开门的新数据",
        "en": "no fresh sample shows it standing with the door open in the zone",
    },
    "occupied": {"zh": "轿厢内有人", "en": "someone is inside"},
    "occupied_sensor": {"zh": "传感器显示轿厢内有人", "en": "someone is inside by its sensor"},
    "stays": {"zh": "停留足够久", "en": "for long enough"},
    "says_moving": {"zh": "上报为运行中", "en": "it says that it moves"},
    "same_place": {"zh": "楼层与位置一直未变", "en": "its floor and position have not changed for long enough"},
    "asked_about": {"zh": "长时间停留已在询问", "en": "a long stay is being asked about"},
    "in_danger": {"zh": "最后状态危险", "en": "it was in trouble when last heard"},
    "moved_last": {"zh": "正在运行", "en": "it was moving"},
    "other_rule": {"zh": "另一规则正在计时", "en": "another rule runs"},
    "listening": {"zh": "平台正在接收数据", "en": "the platform was listening"},
    "silent": {"zh": "信号中断足够久", "en": "silent for long enough"},
    "still_silent": {"zh": "此后没有数据表明安全", "en": "nothing has shown since that it is safe"},
    "reported": {"zh": "有人报告困人", "en": "a person has reported it"},
}
_UNKNOWN: Text = {"zh": "未知", "en": "unknown"}
_SEEN: dict[str, dict[str, Text]] = {
    "motion": {"moving": {"zh": "运行中", "en": "moving"}, "stopped": {"zh": "停止", "en": "standing"}},
    "zone": {"in": {"zh": "在区域内", "en": "in the zone"}, "out": {"zh": "在区域外", "en": "outside the zone"}},
    "door": DOORS,
    "occupied": {"yes": {"zh": "有人", "en": "yes"}, "no": {"zh": "传感器显示无人", "en": "empty by its sensor"}},
    "occupied_by": {
        "sensor": {"zh": "依据传感器", "en": "by its sensor"},
        "outside_zone": {"zh": "无传感器，停在区域外", "en": "no sensor, outside the zone"},
        "moved": {"zh": "无传感器，关门后运行过", "en": "no sensor, it has moved since the door was open"},
        "no_sample": {"zh": "从未收到数据，按有人处理", "en": "no sample ever: taken as yes"},
    },
    "power": {
        "mains": {"zh": "主电源", "en": "mains"},
        "battery": {"zh": "电池", "en": "battery"},
        "off": {"zh": "断电", "en": "off"},
    },
    "chain": {"open": {"zh": "断开", "en": "open"}, "closed": {"zh": "接通", "en": "closed"}},
    "command": {
        "none": {"zh": "无指令", "en": "no command"},
        "open": {"zh": "开门指令", "en": "told to open"},
        "close": {"zh": "关门指令", "en": "told to close"},
    },
    "button": {
        "pressed": {"zh": "按住", "en": "pressed"},
        "let_go": {"zh": "已松开", "en": "let go"},
        "no": {"zh": "未按", "en": "not pressed"},
    },
    "link": {"lost": {"zh": "链路断开", "en": "link lost"}, "up": {"zh": "", "en": ""}},
    "mode": {
        "normal": {"zh": "正常", "en": "normal"},
        "inspection": {"zh": "检修", "en": "inspection"},
        "out_of_service": {"zh": "停止服务", "en": "out of service"},
        "fire_recall": {"zh": "消防返回", "en": "fire recall"},
        "firefighter": {"zh": "消防员运行", "en": "firefighter service"},
        "emergency_power": {"zh": "应急电源", "en": "emergency power"},
        "earthquake": {"zh": "地震", "en": "earthquake"},
    },
}
_COUNTS: dict[str, Text] = {
    "calls": {"zh": "{n} 个呼梯", "en": "{n} waiting"},
    "silent_s": {"zh": "已静默 {n} 秒", "en": "nothing for {n} s"},
    "needed_s": {"zh": "需 {n} 秒", "en": "{n} s needed"},
    "seconds": {"zh": "已 {n} 秒", "en": "for {n} s"},
}
_LANGUAGES = ("zh", "en")
_COMMA = {"zh": "，", "en": ", "}
_OR = {"zh": "或", "en": " or "}


def rule_title(rule: str) -> Text:
    """What a rule is called."""
    return REASONS.get(rule) or _code(rule)


def part(stored: Mapping[str, Any]) -> Words:
    """A part as the API gives it: what is asked for, whether it holds, what was seen."""
    alternatives = [part(one) for one in stored.get("any_of", ())]
    name = NAMES.get(stored["key"], {"zh": stored["key"], "en": stored["key"]})
    found: Words = {"key": stored["key"], "holds": stored["holds"], "name": name, "seen": _seen(stored["seen"])}
    found["any_of"] = alternatives
    return found


def why(evidence: Mapping[str, Any], *, kind: str = "rescue", code: str | None = None) -> Text | None:
    """Why an incident was opened or confirmed, and why at that moment; None where no rule has decided.

    Args:
        evidence: as stored with the incident.
        kind: of the incident.
        code: of a finding.
    """
    rule = evidence.get("rule")
    if not rule or rule == "caller" or "parts" not in evidence:
        return None
    told: list[Mapping[str, Any]] = evidence["parts"]
    if not told:
        title = _code(code or rule)
        return {"zh": f"故障码成立：{title['zh']}。", "en": f"Its code is active: {title['en']}."}
    limits = {} if kind == "offline" else evidence.get("thresholds") or {}
    said = {}
    for lang in _LANGUAGES:
        holds = [part_ for part_ in told if part_["holds"] is True and part_["key"] not in _TACIT]
        sentence = _joined(holds, lang)
        missing = _joined([part_ for part_ in told if part_["holds"] is not True], lang)
        if missing:
            sentence += f"；不成立：{missing}" if lang == "zh" else f"; but not: {missing}"
        said[lang] = _upper(sentence) + _STOP[lang] + _times(evidence.get("lasted_s"), limits, lang)
    return said


def headline(rules: Sequence[Mapping[str, Any]], *, heard: bool) -> Text:
    """Why there is an alarm, or none, in a sentence.

    Args:
        rules: as the API gives them, in the order of the catalogue.
        heard: whether anything was ever heard of the lift.
    """
    by_state: dict[str, list[Mapping[str, Any]]] = {}
    for one in rules:
        by_state.setdefault(one["state"], []).append(one)
    for state in ("confirmed", "suspected", "running", "answered"):
        if state in by_state:
            return _filled(_HEADLINES[state], [one["title"] for one in by_state[state]])
    if not heard:
        return _HEADLINES["never"]
    for one in rules:
        waits = [part_ for part_ in one["parts"] if part_["holds"] is not True]
        if len(one["parts"]) > _FEW and len(waits) == 1:
            (missing,) = waits
            where = {
                lang: missing["name"][lang] + _in_brackets(missing["seen"][lang] or _alternatives(missing, lang), lang)
                for lang in _LANGUAGES
            }
            return {lang: _HEADLINES["near"][lang].format(rule=one["title"][lang], missing=where[lang])
                    for lang in _LANGUAGES}  # fmt: skip
    return _HEADLINES["idle"]


_TACIT = frozenset({"mode", "no_inspection"})  # goes without saying where it holds
_SAID_BY_NAME = frozenset({"motion", "zone", "chain", "occupied"})
_FEW = 2  # a rule of one or two parts is always "nearly" true
_STOP = {"zh": "。", "en": "."}
_HEADLINES: dict[str, Text] = {
    "confirmed": {"zh": "有警报，已确认：{rules}。", "en": "There is one, confirmed: {rules}."},
    "suspected": {"zh": "有警报，疑似：{rules}。", "en": "There is one, suspected: {rules}."},
    "running": {"zh": "正在计时，尚未到时限：{rules}。", "en": "Not for long enough yet: {rules}."},
    "answered": {
        "zh": "仍然成立，但已有人处理过：{rules}。",
        "en": "Still true, but a person has answered it: {rules}.",
    },
    "never": {"zh": "从未收到这台电梯的数据。", "en": "Nothing was ever heard of this lift."},
    "near": {
        "zh": "没有规则成立。最接近的是“{rule}”，只差：{missing}。",
        "en": "No rule holds. Nearest is “{rule}”, only missing: {missing}.",
    },
    "idle": {"zh": "没有规则成立，也没有接近成立的。", "en": "No rule holds, and none is near."},
}


def _filled(template: Text, titles: Sequence[Text]) -> Text:
    return {
        "zh": template["zh"].format(rules="、".join(f"“{one['zh']}”" for one in titles)),
        "en": template["en"].format(rules=", ".join(f"“{one['en']}”" for one in titles)),
    }


def _alternatives(told: Mapping[str, Any], lang: str) -> str:
    """What was seen of all alternatives, none of which holds."""
    seen = [one["seen"][lang] for one in told.get("any_of", ())]
    return _COMMA[lang].join(dict.fromkeys(filter(None, seen)))


def _times(lasted: float | None, limits: Mapping[str, Any], lang: str) -> str:
    """How long it had lasted, and the thresholds; nothing where the rule is sure at once."""
    suspects, confirms = limits.get("suspect_s"), limits.get("confirm_s")
    if suspects is None or (not suspects and confirms == 0):
        return ""
    if lang == "zh":
        known = "" if lasted is None else f"至判定时已持续 {_figure(lasted)} 秒；"
        ends = "不会自行确认，由人决定" if confirms is None else f"满 {_figure(confirms)} 秒确认"
        return f"{known}满 {_figure(suspects)} 秒列为疑似，{ends}。"
    known = "" if lasted is None else f"It had lasted {_figure(lasted)} s when this was decided; "
    ends = "it never confirms by itself" if confirms is None else f"confirmed after {_figure(confirms)} s"
    return f" {_upper(f'{known}suspected after {_figure(suspects)} s, {ends}.')}"


def _upper(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _joined(told: Sequence[Mapping[str, Any]], lang: str) -> str:
    return _COMMA[lang].join(_spoken(one, lang) for one in told)


def _in_brackets(words: str, lang: str) -> str:
    return "" if not words else f"（{words}）" if lang == "zh" else f" ({words})"


def _spoken(stored: Mapping[str, Any], lang: str) -> str:
    """A part in a sentence: its name with what was seen, or what was seen of those alternatives that hold."""
    alternatives = [one for one in stored.get("any_of", ()) if one["holds"] is True] or [stored]
    seen = _OR[lang].join(filter(None, (_seen(_news(one))[lang] for one in alternatives)))
    return str(NAMES.get(stored["key"], {}).get(lang, stored["key"])) + _in_brackets(seen, lang)


def _news(stored: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was seen, less what the name of a part that holds has said already."""
    if stored["holds"] is not True:
        return dict(stored["seen"])
    return {name: value for name, value in stored["seen"].items() if name not in _SAID_BY_NAME}


def _seen(values: Mapping[str, Any]) -> Text:
    """What was seen, in words."""
    said = [_value(name, value) for name, value in values.items()]
    return {lang: _COMMA[lang].join(filter(None, (one[lang] for one in said))) for lang in _LANGUAGES}


def _value(name: str, value: Any) -> Text:
    if isinstance(value, list):
        if not value:
            return {"zh": "无", "en": "none"}
        words = [_code(one) if name == "codes" else rule_title(one) for one in value]
        return {"zh": "、".join(one["zh"] for one in words), "en": ", ".join(one["en"] for one in words)}
    if name in _COUNTS:
        return {lang: _COUNTS[name][lang].format(n=_figure(value)) for lang in _LANGUAGES}
    return _SEEN.get(name, {}).get(value, _UNKNOWN)


def _code(code: str) -> Text:
    fault = CATALOGUE.get(code)
    return {"zh": fault.zh, "en": fault.en} if fault else {"zh": code, "en": code}


def _figure(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
