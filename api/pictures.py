"""A photo as it came from a telephone, made into one that can be kept: checked, drawn anew, with nothing else in it.

A file that is shown to others must not be the bytes a stranger sent: it is decoded within limits and encoded again,
which leaves every hidden part behind (place, owner, serial number, thumbnails, comments). Of the metadata only the time
is read, as the telephone wrote it. Two marks tell photos that were used before: the hash of the bytes as sent, and a
difference hash of the picture (64 bits; N. Krawetz, "Kind of Like That", 2013) that survives resizing and encoding.
"""

import re
import warnings
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from elevator.errors import LiftlineError

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_BYTES = 16 * 1024 * 1024
MOST_PIXELS = 60_000_000  # a telephone of 50 megapixels
LONGEST = 2560  # pixels of the longer side as kept: a data plate stays readable
_QUALITY = 82
_EXIF_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)")
_EXIF_OFFSET = re.compile(r"[+-]\d\d:\d\d")
_HASH_SIDE = 8


class NoPhotoError(LiftlineError):
    """The bytes are no photo that can be kept; it says why and what would be right, `text` in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.text = {"zh": zh, "en": en}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A photo that can be kept."""

    data: bytes  # JPEG
    width: int
    height: int
    taken_at: str | None  # RFC 3339, with an offset only where the telephone wrote one
    sha256: bytes  # of the bytes as sent
    kept_sha256: bytes  # of `data`
    likeness: int  # difference hash, signed 64 bits


def read(data: bytes) -> Picture:
    """Check, turn upright, shrink and encode a photo; takes up to a second, so not in the event loop.

    Raises:
        NoPhotoError: it is too large, no picture, of another kind, or broken.
    """
    if len(data) > MOST_BYTES:
        raise NoPhotoError(
            f"照片过大：{len(data)} 字节，上限 {MOST_BYTES}",
            f"a photo may have {MOST_BYTES} bytes, this has {len(data)}",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=FORMATS) as source:
                if source.width * source.height > MOST_PIXELS:
                    raise NoPhotoError(
                        f"照片像素过多：{source.width} × {source.height}，上限 {MOST_PIXELS}",
                        f"a photo may have {MOST_PIXELS} pixels, this has {source.width} × {source.height}",
                    )
                taken = _taken(source.getexif())
                upright = ImageOps.exif_transpose(source).convert("RGB")
    except UnidentifiedImageError as error:
        kinds = ", ".join(FORMATS)
        raise NoPhotoError(f"这不是照片：请发送 {kinds} 图片", f"this is no picture in {kinds}") from error
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, Warning) as error:
        raise NoPhotoError(f"图片已损坏：{error}", f"the picture is broken: {error}") from error
    likeness = _likeness(upright)
    upright.thumbnail((LONGEST, LONGEST))
    out = BytesIO()
    upright.save(out, "JPEG", quality=_QUALITY, optimize=True)
    kept = out.getvalue()
    return Picture(
        data=kept, width=upright.width, height=upright.height, taken_at=taken, sha256=sha256(data).digest(),
        kept_sha256=sha256(kept).digest(), likeness=likeness,
    )  # fmt: skip


def distance(one: int, other: int) -> int:
    """How many of 64 bits two photos differ in: up to 6, they show the same."""
    return ((one ^ other) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()


def _taken(exif: Image.Exif) -> str | None:
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    told = _EXIF_TIME.fullmatch(str(inner.get(ExifTags.Base.DateTimeOriginal, "")).strip("\0 "))
    if told is None:
        return None
    offset = str(inner.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\0 ")
    return f"{told[1]}-{told[2]}-{told[3]}T{told[4]}{offset if _EXIF_OFFSET.fullmatch(offset) else ''}"


def _likeness(picture: Image.Image) -> int:
    """Whether each of 8 × 8 fields is brighter than its right neighbour."""
    small = picture.convert("L").resize((_HASH_SIDE + 1, _HASH_SIDE), Image.Resampling.LANCZOS)
    grey = small.tobytes()
    bits = 0
    for row in range(_HASH_SIDE):
        for column in range(_HASH_SIDE):
            at = row * (_HASH_SIDE + 1) + column
            bits = bits << 1 | (grey[at] > grey[at + 1])
    return bits - (1 << 64) if bits >> 63 else bits
