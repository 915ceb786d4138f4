"""The printed record: nothing that people wrote or drew can become more than text and strokes."""

import base64
import zlib
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alerts.maintenance import order, visit
from alerts.maintenance.checks import is_drawing
from api.printed import drawings, words
from api.printed.markup import Safe, tag
from tests.unit.test_api_pictures import photo

PNG = b"\x89PNG\r\n\x1a\n"


def png(width: int = 40, height: int = 20) -> bytes:
    out = BytesIO()
    Image.new("RGBA", (width, height), (0, 0, 0, 0)).save(out, "PNG")
    return out.getvalue()


def signed(data: bytes) -> dict[str, str]:
    return {"kind": "png", "data": base64.b64encode(data).decode()}


@given(st.text())
def test_text_is_text(text: str) -> None:
    shown = tag("td", text, title=text)
    inside = shown.removeprefix("<td title=").removesuffix("</td>")
    assert "<" not in inside
    assert inside.count('"') == 2
    assert inside.count(">") == 1


def test_what_was_made_here_is_markup() -> None:
    assert tag("p", "a & b", None, [Safe("<br>"), "<i>"]) == "<p>a &amp; b<br>&lt;i&gt;</p>"


@pytest.mark.parametrize(
    ("path", "box"),
    [
        ("M10 40L80 20", 'viewBox="6.5 16.5 77 27"'),
        ("m10,40l70-20", 'viewBox="6.5 16.5 77 27"'),
        ("M0 0H100V50z", 'viewBox="-5 -5 110 60"'),
        ("M0 0C0 10 10 10 10 0s5-5 10 0", 'viewBox="-1 -6 22 17"'),
        ("M5 5", 'viewBox="4.95 4.95 0.1 0.1"'),
    ],
)  # fmt: skip
def test_strokes_are_fitted_into_their_bounds(path: str, box: str) -> None:
    shown = drawings.signature({"kind": "svg", "data": path})
    assert shown is not None
    assert box in shown


@pytest.mark.parametrize(
    "path",
    [
        "", "hello", "L1 1", "M1", "M1 1 2", "M0 0Z5 5", 'M0 0"/><script>alert(1)</script>', "M0 0 url(#x)", "M0 0A1 1 0 0 0 2 2",
        "M1e9 0", "M0 0L1e400 0", "M0 0\x00", "M0 0&#60;", "M--1 0", "M0 0 LL1 1",
    ],
)  # fmt: skip
def test_what_is_no_path_is_not_shown(path: str) -> None:
    assert drawings.signature({"kind": "svg", "data": path}) is None


@given(st.text(alphabet="MmLlHhVvQqCcSsTtZz0123456789eE ,.+-<>\"'&;", max_size=60))
def test_whatever_passes_as_a_drawing_is_strokes_or_nothing(data: str) -> None:
    shown = drawings.signature({"kind": "svg", "data": data})
    if shown is not None:
        assert is_drawing("svg", data)
        assert shown.count("<") == 3  # svg, path, end of svg
        assert shown.count('"') == 8


def test_a_drawn_picture_is_encoded_anew() -> None:
    sent = png()
    chunk = b"tEXtComment\0<script>alert(1)</script>"
    evil = sent[:33] + len(chunk[4:]).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big") + sent[33:]
    assert Image.open(BytesIO(evil)).text  # type: ignore[attr-defined]
    shown = drawings.signature(signed(evil))
    assert shown is not None
    kept = base64.b64decode(shown.split("base64,")[1].split('"')[0])
    assert b"script" not in kept
    assert Image.open(BytesIO(kept)).size == (40, 20)


@pytest.mark.parametrize(
    "drawing",
    [
        signed(PNG + b"<svg onload=alert(1)>"), signed(png(3000, 3000)), signed(photo()), {"kind": "png", "data": "%%%"}, {},
        {"kind": "html", "data": "<script>"},
    ],
)  # fmt: skip
def test_what_is_no_picture_is_not_shown(drawing: dict[str, Any]) -> None:
    assert drawings.signature(drawing) is None


def test_a_thumbnail_is_small() -> None:
    shown = drawings.thumbnail(photo(4000, 3000))
    assert shown is not None
    kept = base64.b64decode(shown.split("base64,")[1].split('"')[0])
    assert Image.open(BytesIO(kept)).size == (320, 240)
    assert len(kept) < 30_000
    assert drawings.thumbnail(b"MZ") is None


def test_every_state_and_mark_has_its_words() -> None:
    assert set(words.STATES) >= set(visit.State) | set(order.State)
    assert set(words.ACTIONS) >= set(order.Action) | {"open"}
    for table in (words.WORDS, words.STATES, words.OUTCOMES, words.ACTIONS, words.MARKS, words.CLASSES):
        assert all(set(one) == {"zh", "en"} for one in table.values())
