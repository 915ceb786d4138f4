"""What people read about the plausibility of a visit, in Chinese and English. Pure."""

from typing import Any

from alerts.maintenance.plans.plan import Text

LEVELS: dict[str, Text] = {
    "supported": {"zh": "有佐证", "en": "supported"},
    "open": {"zh": "证据不足以说明", "en": "open"},
    "doubtful": {"zh": "存疑，请核实", "en": "doubtful: ask"},
    "unknown": {"zh": "无法核对", "en": "cannot be checked"},
}

NEVER: Text = {
    "zh": "以下是线索，不是结论：请向当事人核实。电梯未上报的情况不作为疑点。",
    "en": "This is evidence, not a verdict: ask those who were there. What a lift did not tell counts for nothing.",
}

SENTENCES: dict[str, Text] = {
    # telemetry
    "unheard": {
        "zh": "维保期间只收到 {share} % 时间的电梯数据：无法核对，不作为疑点",
        "en": "the lift was heard for {share} % of the visit: it cannot be checked, and that counts for nothing",
    },
    "inspection": {"zh": "电梯处于检修状态 {minutes} 分钟", "en": "the lift was in inspection mode for {minutes} min"},
    "inspection_short": {
        "zh": "电梯处于检修状态仅 {seconds} 秒",
        "en": "the lift was in inspection mode for {seconds} s only",
    },
    "inspection_missing": {
        "zh": "电梯未进入检修状态，而该梯在其他维保中上报过检修状态",
        "en": "the lift was not in inspection mode; at other visits it has shown that mode",
    },
    "inspection_unknown": {
        "zh": "未见检修状态；该梯从未上报过检修状态，不作为疑点",
        "en": "no inspection mode was seen; this lift has never shown it, so that counts for nothing",
    },
    "between": {
        "zh": "轿厢在两层之间停留 {times} 次（轿顶作业的迹象）",
        "en": "the car stood between floors {times} times, as it does for work on its roof",
    },
    "power_off": {"zh": "主电源断开 {seconds} 秒", "en": "the mains were off for {seconds} s"},
    "chain": {"zh": "安全回路断开 {seconds} 秒", "en": "the safety chain was open for {seconds} s"},
    "held": {
        "zh": "轿门 {times} 次保持打开 {seconds} 秒以上（逐层检查层门的迹象）",
        "en": "the car door was held open {times} times for {seconds} s and more, as for work at landings",
    },
    "no_trace": {
        "zh": "电梯数据完整，但未见作业迹象：在其能上报的范围内，无检修状态、无层间停留、无断电、安全回路未断开"
        "（开门 {doors} 次，运行 {runs} 次）",
        "en": "the lift was heard throughout and, as far as it can tell, showed no work: no inspection mode, no stop"
        " between floors, mains on, safety chain closed (door opened {doors} times, {runs} runs)",
    },
    "no_door": {
        "zh": "填写了 {items} 个需要开门的项目，但轿门未打开过",
        "en": "{items} items need an open door, and the car door did not open once",
    },
    "no_run": {
        "zh": "填写了 {items} 个需要运行的项目，但轿厢未运行",
        "en": "{items} items need a run, and the car did not move",
    },
    # time on site
    "time_short": {
        "zh": "现场 {minutes} 分钟填写 {items} 项，每项 {seconds} 秒：过短",
        "en": "{items} items in {minutes} min on site, {seconds} s each: too short to look at them",
    },
    "time_quick": {
        "zh": "现场 {minutes} 分钟填写 {items} 项，每项 {seconds} 秒：很快",
        "en": "{items} items in {minutes} min on site, {seconds} s each: very quick",
    },
    "time_fits": {
        "zh": "现场 {minutes} 分钟填写 {items} 项，时间相称",
        "en": "{items} items in {minutes} min on site: the time fits",
    },
    # position
    "near": {"zh": "签到位置距电梯 {metres} 米", "en": "checked in {metres} m from the lift"},
    "far": {"zh": "签到位置距电梯 {metres} 米：较远", "en": "checked in {metres} m from the lift: far"},
    "very_far": {"zh": "签到位置距电梯 {km} 公里", "en": "checked in {km} km from the lift"},
    "nowhere": {
        "zh": "手机未提供位置，不作为疑点",
        "en": "the phone gave no position, which counts for nothing",
    },
    # photos, people, signatures
    "photo_again": {
        "zh": "照片与另一次维保（{lift}）的照片完全相同",
        "en": "a photo is the same, byte for byte, as one of another visit ({lift})",
    },
    "photo_alike": {
        "zh": "照片与另一次维保（{lift}）的照片几乎相同",
        "en": "a photo looks almost like one of another visit ({lift})",
    },
    "elsewhere": {
        "zh": "{worker} 同一时间还在 {lift}，重叠 {minutes} 分钟，相距 {metres} 米",
        "en": "{worker} was at {lift} at the same time, for {minutes} min, {metres} m away",
    },
    "too_fast": {
        "zh": "{worker} 与 {lift} 的维保间隔 {minutes} 分钟，相距 {metres} 米：来不及",
        "en": "{worker} was at {lift} {minutes} min before or after, {metres} m away: too little time",
    },
    "drawn_again": {
        "zh": "{name} 的签名与以前一次的笔迹逐点相同",
        "en": "the signature of {name} is the same line, point by point, as an earlier one",
    },
    "officer_drawn_again": {
        "zh": "使用单位安全管理员 {name} 的签名与以前一次的笔迹逐点相同",
        "en": "the signature of the safety officer {name} is the same line, point by point, as an earlier one",
    },
}


def say(code: str, **values: Any) -> Text:
    """A sentence in both languages."""
    return {lang: text.format(**values) for lang, text in SENTENCES[code].items()}
