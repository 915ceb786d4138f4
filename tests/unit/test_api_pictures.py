"""Photos: what is kept of them, and what is refused with a sentence."""

from io import BytesIO
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageDraw

from api import pictures
from api.pictures import NoPhotoError

TIME = "2026:11:26 18:05:09"


def photo(
    width: int = 640, height: int = 480, *, kind: str = "JPEG", shift: int = 0, exif: dict[int, Any] | None = None,
    orientation: int | None = None, mode: str = "RGB", quality: int = 90,
) -> bytes:  # fmt: skip
    """A landmark on a slope, as bytes."""
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for x in range(width):
        draw.line([(x, 0), (x, height)], fill=((x * 255 // width + shift) % 256, 90, 40))
    draw.ellipse([width // 8, height // 8, width // 2, height // 2], fill=(250, 250, 250))
    data = image.getexif()
    if orientation is not None:
        data[ExifTags.Base.Orientation] = orientation
    data[ExifTags.Base.Make] = "SecretPhone"
    data.get_ifd(ExifTags.IFD.Exif).update(exif or {})
    data.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (28.0, 12.0, 0.0)
    out = BytesIO()
    extra = {"exif": data, "quality": quality} if kind != "PNG" else {"exif": data}
    image.convert(mode).save(out, kind, **extra)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_drawn_anew_and_keeps_nothing_but_its_time(kind: str) -> None:
    sent = photo(kind=kind, exif={ExifTags.Base.DateTimeOriginal: TIME})
    assert b"SecretPhone" in sent
    kept = pictures.read(sent)
    assert (kept.width, kept.height, kept.taken_at) == (640, 480, "2026-11-26T18:05:09")
    again = opened(kept.data)
    assert again.format == "JPEG"
    assert dict(again.getexif()) == {}
    assert b"SecretPhone" not in kept.data
    assert b"Exif" not in kept.data


@pytest.mark.parametrize(
    ("exif", "taken"),
    [
        ({}, None),
        ({ExifTags.Base.DateTimeOriginal: "yesterday"}, None),
        (
            {ExifTags.Base.DateTimeOriginal: TIME, ExifTags.Base.OffsetTimeOriginal: "+08:00"},
            "2026-11-26T18:05:09+08:00",
        ),
        ({ExifTags.Base.DateTimeOriginal: TIME, ExifTags.Base.OffsetTimeOriginal: "Beijing"}, "2026-11-26T18:05:09"),
    ],
)
def test_the_time_is_what_the_telephone_wrote(exif: dict[int, Any], taken: str | None) -> None:
    assert pictures.read(photo(exif=exif)).taken_at == taken


def test_it_is_turned_upright_and_shrunk() -> None:
    turned = pictures.read(photo(640, 480, orientation=6))
    assert (turned.width, turned.height) == (480, 640)
    large = pictures.read(photo(4000, 3000))
    assert (large.width, large.height) == (2560, 1920)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1"])
def test_other_kinds_of_pixels_are_taken(mode: str) -> None:
    assert opened(pictures.read(photo(kind="PNG", mode=mode)).data).mode == "RGB"


def _bomb() -> bytes:
    out = BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    return out.getvalue()


def _gif() -> bytes:
    out = BytesIO()
    Image.new("L", (4, 4)).save(out, "GIF")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "no picture in JPEG, PNG, WEBP"),
        (b"%PDF-1.7", "no picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture"),
        (_gif(), "no picture in JPEG, PNG, WEBP"),
        (photo()[:2000], "broken"),
        (photo(kind="PNG")[:600], "broken"),
        (_bomb(), "60000000 pixels, this has 9000 × 9000"),
        (bytes(16 * 1024 * 1024 + 1), "16777216 bytes, this has 16777217"),
    ],
)
def test_what_is_no_photo_is_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(NoPhotoError, match=sentence):
        pictures.read(data)


def test_the_same_picture_is_known_again_and_another_is_not() -> None:
    first = pictures.read(photo())
    smaller = pictures.read(photo(320, 240, quality=40))
    other = pictures.read(photo(shift=128))
    assert first.sha256 != smaller.sha256
    assert pictures.distance(first.likeness, smaller.likeness) <= 6
    assert pictures.distance(first.likeness, other.likeness) > 6
    assert -(2**63) <= first.likeness < 2**63
    assert pictures.distance(-1, 0) == 64
