"""Signatures and photos as a page may show them: decoded, bounded, drawn anew; what cannot be read is said so.

A signature is somebody else's bytes. The path of an SVG is taken apart into letters and numbers and written again, so
that nothing but strokes can be in it; a PNG is decoded within limits and encoded again. Blocking: pictures take time.
"""

import base64
import binascii
import re
import warnings
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from PIL import Image

from api.printed.markup import Safe, tag

_WORD = re.compile(r"[MmLlHhVvQqCcSsTtZz]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_COUNT = {"m": 2, "l": 2, "h": 1, "v": 1, "q": 4, "c": 6, "s": 4, "t": 2, "z": 0}
_MOST_NUMBER = 1e6
_MOST_PIXELS = 4_000_000
_SIGNATURE = (600, 240)
_THUMBNAIL = (320, 320)
_MARGIN = 0.05


def signature(drawing: Mapping[str, Any]) -> Safe | None:
    """A signature as markup; None: it cannot be shown."""
    if drawing.get("kind") == "svg":
        return _strokes(str(drawing.get("data", "")))
    try:
        data = base64.b64decode(str(drawing.get("data", "")), validate=True)
    except (binascii.Error, ValueError):
        return None
    drawn = _again(data, ("PNG",), _SIGNATURE, "PNG")
    return None if drawn is None else tag("img", cls="drawn", alt="", src=_address(drawn, "png"))


def thumbnail(data: bytes) -> Safe | None:
    """A photo in small; None: it cannot be shown."""
    drawn = _again(data, ("JPEG",), _THUMBNAIL, "JPEG")
    return None if drawn is None else tag("img", cls="photo", alt="", src=_address(drawn, "jpeg"))


def _address(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _again(data: bytes, formats: tuple[str, ...], size: tuple[int, int], kind: str) -> bytes | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=formats) as source:
                if kind == "PNG" and source.width * source.height > _MOST_PIXELS:
                    return None
                source.draft("RGB", size)
                picture = source.convert("RGBA" if kind == "PNG" else "RGB")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, Warning):
        return None
    picture.thumbnail(size)
    out = BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def _strokes(data: str) -> Safe | None:
    """The path as strokes, fitted into their own bounds."""
    words: list[str] = _WORD.findall(data)
    if not words or words[0].lower() != "m" or _WORD.sub("", data).strip(" ,"):
        return None
    points = _points(words)
    if not points:
        return None
    left, top = min(x for x, _ in points), min(y for _, y in points)
    width, height = max(x for x, _ in points) - left, max(y for _, y in points) - top
    margin = max(width, height, 1.0) * _MARGIN
    box = f"{left - margin:g} {top - margin:g} {width + 2 * margin:g} {height + 2 * margin:g}"
    return tag("svg", tag("path", d=" ".join(words)), cls="drawn", viewBox=box, role="img")


def _points(words: list[str]) -> list[tuple[float, float]] | None:
    """Where the pen goes, control points included; None: this is no path."""
    points: list[tuple[float, float]] = []
    x = y = 0.0
    place, letter = 0, ""
    while place < len(words):
        if words[place].isalpha():
            letter, place = words[place], place + 1
        elif letter in {"", "z", "Z"}:
            return None
        kind, count = letter.lower(), _COUNT[letter.lower()]
        given = words[place : place + count]
        if len(given) < count or any(one.isalpha() for one in given):
            return None
        numbers = [float(one) for one in given]
        if any(abs(one) > _MOST_NUMBER for one in numbers):
            return None
        place += count
        relative = letter.islower()
        if kind == "h":
            numbers = [numbers[0], 0.0 if relative else y]
        elif kind == "v":
            numbers = [0.0 if relative else x, numbers[0]]
        before = (x, y) if relative else (0.0, 0.0)
        for one, other in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = before[0] + one, before[1] + other
            points.append((x, y))
    return points
