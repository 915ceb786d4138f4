"""What people read about maintenance, in Chinese and English. Pure."""

from collections.abc import Mapping
from typing import Any

from alerts.maintenance.plans.plan import KIND_WORDS, KINDS, Kind, Text

_DIGEST: dict[str, Text] = {
    "due_soon": {"zh": "即将到期：", "en": "Coming due: "},
    "overdue": {"zh": "已超期：", "en": "Overdue: "},
}

SENTENCES: dict[str, Text] = {
    # an operation that the table forbids
    "not_begun": {"zh": "尚未签到：请先签到", "en": "not checked in: check in first"},
    "is_on_site": {"zh": "维保正在进行中", "en": "the visit is going on"},
    "is_interrupted": {"zh": "维保已中断：请先恢复", "en": "the visit is interrupted: resume it first"},
    "is_left": {
        "zh": "已签退：记录不再改动，更正请加备注",
        "en": "checked out: the record stays as it is, correct it by a note",
    },
    "is_complete": {"zh": "记录已签字完成：更正请加备注", "en": "signed and complete: correct it by a note"},
    "is_void": {"zh": "该维保已作废", "en": "this visit is void"},
    "role": {"zh": "角色 {role} 不能进行此操作", "en": "the role {role} may not do this"},
    "number_used": {
        "zh": "手机序号 {n} 已被另一操作使用",
        "en": "number {n} of this phone was used for another operation",
    },
    # check-in and check-out
    "worker_unknown": {"zh": "本单位没有此人：{id}", "en": "nobody of your firm has this id: {id}"},
    "same_worker": {"zh": "第二人不能与第一人相同", "en": "the second worker is the first one"},
    "not_alone": {"zh": "有第二人时不是单人作业", "en": "with a second worker nobody works alone"},
    "out_before_in": {
        "zh": "签退时间 {out} 早于签到时间 {into}：请校正手机时间后重新签退",
        "en": "check-out at {out} is before check-in at {into}: set the phone's clock right and check out again",
    },
    "item_missing": {"zh": "未填写：{code} {name_zh}", "en": "not filled in: {code} {name_en}"},
    "signature_missing": {"zh": "缺少 {name} 的签字", "en": "the signature of {name} is missing"},
    # results
    "item_unknown": {"zh": "本次维保没有项目 {code}", "en": "this visit has no item {code}"},
    "item_twice": {"zh": "项目 {code} 重复", "en": "item {code} stands twice"},
    "value_missing": {"zh": "{code}：请填测量值（{unit}）", "en": "{code}: enter the measured value ({unit})"},
    "value_outside": {
        "zh": "{code}：{value} {unit} 超出限值（{limits}），请记为异常",
        "en": "{code}: {value} {unit} is outside the limits ({limits}): enter it as abnormal",
    },
    "text_missing": {"zh": "{code}：异常须说明情况", "en": "{code}: say what is abnormal"},
    "photo_missing": {"zh": "{code}：异常须附照片", "en": "{code}: an abnormal item needs a photo"},
    "test_photo_missing": {"zh": "{code}：试验项目须附照片", "en": "{code}: a test needs a photo"},
    # signatures
    "not_here": {"zh": "{name} 不在本次维保人员中", "en": "{name} is not one of this visit's workers"},
    "no_certificate": {
        "zh": "{name} 没有登记证书，签字无效",
        "en": "{name} has no certificate: this signature does not count",
    },
    "certificate_ended": {
        "zh": "{name} 的证书已于 {day} 到期，签字无效",
        "en": "the certificate of {name} ended on {day}: this signature does not count",
    },
    # marks
    "late": {
        "zh": "补录：实际时间 {at}，提交时间 {received}",
        "en": "entered late: done at {at}, received at {received}",
    },
    "clock_backwards": {
        "zh": "手机时钟倒退：{now} 早于上一操作的 {before}",
        "en": "the phone's clock ran backwards: {now} is before {before} of the operation before",
    },
    "clock_off": {
        "zh": "手机时钟偏差 {seconds} 秒，已换算",
        "en": "the phone's clock is off by {seconds} s; times were corrected",
    },
    "far": {"zh": "签到位置距电梯 {metres} 米", "en": "checked in {metres} m from the lift"},
    "overlaps": {"zh": "该电梯已有另一次进行中的维保", "en": "another visit of this lift is going on"},
    "photo_awaited": {"zh": "照片尚未送达：{names}", "en": "named, and not here yet: photo {names}"},
    "photo_reused": {"zh": "照片在另一次维保中用过：{names}", "en": "another visit shows this photo too: {names}"},
    "signed_again": {
        "zh": "内容在签字后改动：须重新签字",
        "en": "changed after it was signed: it must be signed again",
    },
}

# Lines of a visit's story that Liftline itself writes.
LINES: dict[str, Text] = {
    "shown": {"zh": "电梯显示“维保人员作业中”", "en": "The lift shows: technician at work"},
    "restored": {
        "zh": "现场作业结束，电梯显示已自动恢复",
        "en": "Nobody works here any more: the lift is shown as usual again",
    },
    "photo_came": {"zh": "先前提到的照片已送达", "en": "A photo has come that was named before"},
    "man_down": {"zh": "未按时报平安，已报警", "en": "No sign of life in time: the alarm was raised"},
    "visit_overrun": {"zh": "超过计划时间未结束，已报警", "en": "It has outlived its time: the alarm was raised"},
}


def say(name: str, /, **values: Any) -> Text:
    """A sentence in both languages."""
    return {lang: text.format(**values) for lang, text in SENTENCES[name].items()}


def digest(name: str, kinds: Mapping[Kind, int]) -> Text:
    """One sentence about how much of each kind comes due, or is overdue."""
    known = [(KIND_WORDS[kind], kinds[kind]) for kind in KINDS if kinds.get(kind)]
    return {
        "zh": _DIGEST[name]["zh"] + "，".join(f"{word['zh']} {count} 台" for word, count in known),
        "en": _DIGEST[name]["en"] + ", ".join(f"{count} lift{_s(count)} for {word['en']}" for word, count in known),
    }


def _s(count: int) -> str:
    return "" if count == 1 else "s"
