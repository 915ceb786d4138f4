"""What HTTP text, numbers and times may be, and the shapes that several resources share."""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from annotated_types import Ge, Le
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("text may not hold the character U+0000")
    return text


def _one_line(text: str) -> str:
    if any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in text):
        raise ValueError("one line of text without control characters is expected")
    return text


PLAIN = AfterValidator(_no_nul)
_LINE = AfterValidator(_one_line)
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), _LINE]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), _LINE]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), PLAIN]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=200), PLAIN]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50), _LINE]
LiftId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
RescueCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,8}$")]
Ref = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
"""The id of something of ours."""

Time = str
"""RFC 3339, UTC, `Z`."""
Day = str
"""A date, ISO 8601."""

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
Moment = Annotated[AwareDatetime, Ge(_FIRST), Le(_LAST)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Limit = Annotated[int, Field(ge=1, le=200, description="items at most")]
Cursor = Annotated[str, Field(max_length=500, description="`next_cursor` of the page before")]


class Form(BaseModel):
    """What comes in: a field that nobody knows is refused, because it is a slip of the pen."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class Shape(BaseModel):
    """What goes out; more fields may come with later versions."""

    model_config = ConfigDict(extra="allow")


class Text(Shape):
    """Words in two languages."""

    zh: str
    en: str


class FieldProblem(Shape):
    """One field that cannot be taken."""

    field: str
    message: str
    expected: str | None = None
    line: int | None = None
    column: str | None = None


class Problem(Shape):
    """RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


T = TypeVar("T")


class Page(Shape, Generic[T]):
    """One page of a list, newest first."""

    items: list[T]
    next_cursor: str | None


def problem(description: str) -> dict[str, Any]:
    """A problem as OpenAPI describes it."""
    return {"description": description, "content": {"application/problem+json": {"schema": _PROBLEM}}}


_PROBLEM = {"$ref": "#/components/schemas/Problem"}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: problem("the request cannot be read"),
    401: problem("not signed in"),
    403: problem("the role may not do this, or the request comes from another page"),
    404: problem("there is no such thing, or it is somebody else's"),
    405: problem("another method is meant"),
    409: problem("the present state forbids it"),
    412: problem("it has changed since it was read (If-Match)"),
    413: problem("too many bytes"),
    422: problem("a field cannot be taken; `errors` names each with what would be right"),
    429: problem("too many failed sign-ins; Retry-After says when to try again"),
    500: problem("an error of ours"),
    503: problem("the database does not answer now"),
}
"""What every endpoint may answer besides its own."""
