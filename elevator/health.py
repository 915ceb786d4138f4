"""Metrics and health of a service without an HTTP interface of its own: /metrics, /healthz, /readyz on loopback."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from elevator.errors import SettingsError

Ready = Callable[[], str | None]
"""None when ready, else one sentence why not."""
Degraded = Callable[[], str | None]
"""None when all is well, else one sentence: it works, and somebody should look."""


class HealthServer:
    """Serves in a thread of its own, so that a busy loop still answers."""

    def __init__(self, host: str, port: int, ready: Ready, degraded: Degraded = lambda: None) -> None:
        try:
            self._server = ThreadingHTTPServer((host, port), _handler(ready, degraded))
        except OSError as error:
            raise SettingsError(f"the metrics port {host}:{port} cannot be opened: {error.strerror}") from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(ready: Ready, degraded: Degraded) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            match self.path.split("?", 1)[0]:
                case "/metrics":
                    self._answer(200, CONTENT_TYPE_LATEST, generate_latest())
                case "/healthz":
                    self._answer(200, "text/plain; charset=utf-8", b"ok\n")
                case "/readyz":
                    if why := ready():
                        self._answer(503, "text/plain; charset=utf-8", f"{why}\n".encode())
                    elif why := degraded():
                        self._answer(200, "application/json", _yellow(why))
                    else:
                        self._answer(200, "text/plain; charset=utf-8", b"ready\n")
                case _:
                    self._answer(404, "text/plain; charset=utf-8", b"/metrics, /healthz and /readyz are served here\n")

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's signature
            """Health checks are not news."""

    return Handler


def _yellow(why: str) -> bytes:
    return json.dumps({"state": "degraded", "reason": why}).encode() + b"\n"
