"""Long arrays as PostgreSQL reads them: written in one go, where a driver would convert them element by element. Pure.

The text is a parameter of the query like any other, cast there to its type (PostgreSQL 17 manual, 8.15.6).
"""

from collections.abc import Iterable


def numbers(values: Iterable[int | None]) -> str:
    """Of `integer` or `bigint`."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def booleans(values: Iterable[bool]) -> str:
    """Of `boolean`."""
    return "{" + ",".join(["t" if value else "f" for value in values]) + "}"


def bytestrings(values: Iterable[bytes]) -> str:
    """Of `bytea`."""
    return "{" + ",".join(['"\\\\x' + value.hex() + '"' for value in values]) + "}"
