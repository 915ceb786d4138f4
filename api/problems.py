"""Every answer that is no: RFC 9457 problems with the field and what would be right; one door for all errors."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from alerts.incident import Refused
from elevator import log
from elevator.errors import RowRefusedError, TransientError

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One field that cannot be taken: where it stands, what is wrong with it, what would be right."""

    field: str
    message: str
    expected: str | None = None
    line: int | None = None  # of an imported file
    column: str | None = None
    text: Mapping[str, str] | None = None  # the same in both languages, where people in the field read it

    def as_json(self) -> dict[str, Any]:
        """As it stands in `errors`; line and column only where there is a file."""
        plain: dict[str, Any] = {"field": self.field, "message": self.message, "expected": self.expected}
        if self.line is not None:
            plain |= {"line": self.line, "column": self.column}
        if self.text is not None:
            plain["text"] = dict(self.text)
        return plain


class ProblemError(Exception):
    """The request is answered with a problem; whatever its transaction did is undone."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[Wrong] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.headers, self.extra = status, detail, errors, headers, extra


def not_found(what: str) -> ProblemError:
    """It does not exist, or is somebody else's: the answer is the same."""
    return ProblemError(404, f"there is no such {what}")


def invalid(field: str, message: str, expected: str | None = None) -> ProblemError:
    """One field of the body is wrong."""
    return ProblemError(422, message, errors=[Wrong(field=field, message=message, expected=expected)])


def document(status: int, detail: str, errors: Sequence[Wrong] = (), extra: Mapping[str, Any] | None = None) -> bytes:
    """The problem as JSON."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": [one.as_json() for one in errors],
    }
    return json.dumps(body | dict(extra or {}), ensure_ascii=False).encode()


def response(
    status: int,
    detail: str,
    errors: Sequence[Wrong] = (),
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Response:
    """The problem as an answer."""
    return Response(document(status, detail, errors, extra), status, dict(headers or {}), MEDIA_TYPE)


_REFUSED_STATUS = {"state": 409, "ambiguous": 409, "role": 403, "invalid": 422, "not_found": 404}


def refused(why: Refused) -> tuple[int, bytes]:
    """Status and document of an action that the rescue's table refuses."""
    status = _REFUSED_STATUS[why.status]
    errors = [Wrong(field=f"body.{why.field}", message=why.detail, expected=why.detail)] if why.field else []
    return status, document(status, why.detail, errors, {"reason": why.reason, "candidates": list(why.candidates)})


_TYPES = {
    "missing": "a value",
    "extra_forbidden": "no such field",
    "json_invalid": "valid JSON",
    "string_type": "text",
    "string_unicode": "text in Unicode without lone surrogates",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "list_type": "a list",
    "model_attributes_type": "a JSON object",
    "model_type": "a JSON object",
    "dict_type": "a JSON object",
    "timezone_aware": "a time with its zone, such as 2026-03-01T08:30:00Z",
    "datetime_parsing": "a time as RFC 3339, such as 2026-03-01T08:30:00Z",
    "datetime_from_date_parsing": "a time as RFC 3339, such as 2026-03-01T08:30:00Z",
    "date_from_datetime_parsing": "a date, such as 2026-03-01",
    "date_parsing": "a date, such as 2026-03-01",
}
_LIMITS = {
    "greater_than_equal": ("ge", "{} or more"),
    "greater_than": ("gt", "more than {}"),
    "less_than_equal": ("le", "{} or less"),
    "less_than": ("lt", "less than {}"),
    "string_too_short": ("min_length", "{} characters or more"),
    "string_too_long": ("max_length", "{} characters or fewer"),
    "too_long": ("max_length", "{} items or fewer"),
    "string_pattern_mismatch": ("pattern", "text of the form {}"),
    "literal_error": ("expected", "one of {}"),
    "enum": ("expected", "one of {}"),
}


def wrong_of(error: Mapping[str, Any]) -> Wrong:
    """One of pydantic's errors in our words."""
    kind, context = str(error["type"]), error.get("ctx") or {}
    expected = _TYPES.get(kind)
    if kind in _LIMITS:
        name, words = _LIMITS[kind]
        expected = words.format(context.get(name))
    message = str(error["msg"]).removeprefix("Value error, ")
    if kind == "json_invalid":
        return Wrong(field="body", message=f"{message}: {context.get('error', '')}", expected=expected)
    field = ".".join(str(part) for part in error["loc"])
    return Wrong(field=field, message=message, expected=expected or message)


async def _on_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - registered for this class only
    return response(error.status, error.detail, error.errors, error.headers, error.extra)


async def _on_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    errors = [wrong_of(one) for one in error.errors()]
    return response(422, f"{len(errors)} field(s) of the request cannot be taken", errors)


async def _on_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    return response(error.status_code, str(error.detail), headers=error.headers)


async def _on_transient(_request: Request, error: Exception) -> Response:
    log.get().warning("database_retries", reason=str(error))
    return response(503, "the database does not answer now; try again", headers={"Retry-After": "1"})


async def _on_row(_request: Request, error: Exception) -> Response:
    log.get().warning("row_refused", reason=str(error))
    return response(409, "the database refuses this: it contradicts what is stored already")


def install(app: FastAPI) -> None:
    """Make every error of the application a problem; what nobody expected is `guard`'s."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(TransientError, _on_transient)
    app.add_exception_handler(RowRefusedError, _on_row)
