"""The outermost layer of every request: size limit, security headers, figures, a problem for what nobody expected."""

import re
from typing import Any

from fastapi import HTTPException
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.metrics import Metrics
from elevator import log

MAX_BODY = 1024 * 1024  # bytes
MAX_IMPORT = 16 * 1024 * 1024  # a registry of some 50 000 lifts
_GONE = 499  # the client went before it was answered
_IMPORTS = frozenset({"/api/v1/lifts/import", "/api/v1/workers/import"})
_PHOTO = re.compile(r"/api/v1/lifts/[^/]+/photos")
_PUBLIC = frozenset({"/api/v1/reports", "/api/v1/reports/look"})
MAX_PUBLIC = 16 * 1024  # whoever has no account has little to say
MAX_PHOTO = 17 * 1024 * 1024  # a little more than a photo may have: whose is too large is told so in words

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; media-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
}


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - the ASGI protocol
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = _limit(scope["path"])
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            if _declared(scope) > limit:
                no = problems.response(413, _too_large(limit), headers={"Connection": "close"})
                await no(scope, receive, answer)
            else:
                await self._app(scope, _limited(receive, limit), answer)
        except Exception:  # noqa: BLE001 - the last place that can still give a clean answer
            log.get().exception("request_failed", method=scope["method"], path=scope["path"])
            if not status:
                no = problems.response(500, "an error of ours; it stands in the log")
                await no(scope, receive, answer)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.requests.labels(method, str(status or _GONE)).inc()


def _limit(path: str) -> int:
    if path in _IMPORTS:
        return MAX_IMPORT
    if path in _PUBLIC:
        return MAX_PUBLIC
    return MAX_PHOTO if _PHOTO.fullmatch(path) else MAX_BODY


def _too_large(limit: int) -> str:
    return f"a request may have {limit} bytes here"


def _declared(scope: Scope) -> int:
    """What the request says of its length; 0 where it says nothing that is a number."""
    raw: Any = dict(scope["headers"]).get(b"content-length", b"0")
    return int(raw) if raw.isdigit() else 0


def _limited(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > limit:
                raise HTTPException(413, _too_large(limit), headers={"Connection": "close"})
        return message

    return counted
