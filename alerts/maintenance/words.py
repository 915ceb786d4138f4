"""What people read about maintenance, in Chinese and English. Pure."""

from collections.abc import Mapping

from alerts.maintenance.plans.plan import KIND_WORDS, KINDS, Kind, Text

_DIGEST: dict[str, Text] = {
    "due_soon": {"zh": "即将到期：", "en": "Coming due: "},
    "overdue": {"zh": "已超期：", "en": "Overdue: "},
}


def digest(name: str, kinds: Mapping[Kind, int]) -> Text:
    """One sentence about how much of each kind comes due, or is overdue."""
    known = [(KIND_WORDS[kind], kinds[kind]) for kind in KINDS if kinds.get(kind)]
    return {
        "zh": _DIGEST[name]["zh"] + "，".join(f"{word['zh']} {count} 台" for word, count in known),
        "en": _DIGEST[name]["en"] + ", ".join(f"{count} lift{_s(count)} for {word['en']}" for word, count in known),
    }


def _s(count: int) -> str:
    return "" if count == 1 else "s"
