"""HTML that cannot be broken out of: every text is escaped, only what was made here is not. Pure."""

from collections.abc import Iterable
from html import escape

_VOID = frozenset({"img", "br", "path", "meta"})


class Safe(str):
    """Markup that was made here."""

    __slots__ = ()


Part = str | Safe | None | Iterable["Part"]


def text(part: Part) -> Safe:
    """Any part as markup; a plain string is text."""
    if part is None:
        return Safe("")
    if isinstance(part, Safe):
        return part
    if isinstance(part, str):
        return Safe(escape(part))
    return Safe("".join(text(one) for one in part))


def tag(name: str, /, *parts: Part, **attributes: str | int | None) -> Safe:
    """An element; `cls` is its class, attributes that are None are left out."""
    told = "".join(
        f' {escape(key.replace("cls", "class").replace("_", "-"))}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Safe(f"<{name}{told}>")
    return Safe(f"<{name}{told}>{text(parts)}</{name}>")


def table(head: Iterable[Part], rows: Iterable[Iterable[Part]], cls: str | None = None) -> Safe:
    """A table whose head is repeated on every sheet."""
    top = tag("thead", tag("tr", [tag("th", one) for one in head]))
    return tag("table", top, tag("tbody", [tag("tr", [tag("td", one) for one in row]) for row in rows]), cls=cls)
