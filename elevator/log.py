"""Structured logs: an event name and fields, for people on a terminal and as JSON elsewhere."""

import logging
import sys
from typing import TextIO

import structlog


def configure(service: str, *, form: str, stream: TextIO | None = None) -> None:
    """Set logging up for one process; `form` is `console` or `json`, `stream` standard error if absent."""
    out = stream or sys.stderr
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=out.isatty(),
            # without the values of variables, which hold secrets
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if form == "json" else structlog.processors.StackInfoRenderer(),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)


def reset() -> None:
    """Plain lines on standard output: nothing is written any more to a stream that is about to be closed."""
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    )


def get() -> structlog.stdlib.BoundLogger:
    """The process's logger."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger()
    return logger
