"""Which lift the text of a QR code is about: an address of ours, an id, or the rescue code. Pure."""

from urllib.parse import unquote, urlsplit

from elevator.topics import LIFT_ID


def lift_of(text: str) -> str | None:
    """The id or rescue code that the text of a code names; None where it names none.

    An address ends in the id, in its path or behind `#`: `https://host/lifts/31104302002017080012`, `…/#/lift/L-1`.
    """
    said = text.strip()
    if "://" in said:
        try:
            parts = urlsplit(said)
        except ValueError:
            return None
        said = unquote((parts.fragment or parts.path).rstrip("/").rpartition("/")[2])
    return said if LIFT_ID.fullmatch(said) else None
