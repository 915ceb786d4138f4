"""The exceptions of the whole product, drawn as one tree; an expected outcome is a value, not an exception.

LiftlineError
├── SettingsError        an unknown or impossible setting; the start stops with one sentence, exit 2
├── SchemaError          the database speaks another schema than this program
├── WireError            a payload that cannot be read; carries the quarantine's reason
├── ServerError          a broker or database of our own could not be started
└── DatabaseError
    ├── TransientError   trying again may help (connection, deadlock, shutdown, timeout)
    ├── RowRefusedError  the database refuses this very data; trying again will not help
    └── DamagedError     what it holds is damaged there; trying again will not help
"""

from enum import StrEnum


class LiftlineError(Exception):
    """Root of every exception that Liftline raises on purpose."""


class SettingsError(LiftlineError):
    """A setting is unknown or impossible; the message is one sentence for the operator."""


class SchemaError(LiftlineError):
    """The database's schema is not the one this program was built for."""


class ServerError(LiftlineError):
    """A server that we start ourselves did not come up; the message says what holds it."""


class DatabaseError(LiftlineError):
    """Something the database said, translated at the seam in `elevator.db`."""


class TransientError(DatabaseError):
    """The same work may succeed when tried again."""


class RowRefusedError(DatabaseError):
    """The database refuses the data itself (encoding, range, constraint)."""


class DamagedError(DatabaseError):
    """What the database holds is damaged, a block or an index: trying again will not help, other rows may be sound."""


class Unreadable(StrEnum):
    """Why a message, or one element of it, stands in quarantine (contract 2.3)."""

    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    WRONG_TYPE = "wrong_type"
    MISSING_FIELD = "missing_field"
    OUT_OF_RANGE = "out_of_range"
    ARRAY_LENGTH = "array_length"
    NUL_CHARACTER = "nul_character"
    BAD_TOPIC = "bad_topic"
    UNKNOWN_ADAPTER = "unknown_adapter"
    ADAPTER_FAILED = "adapter_failed"
    REFUSED_BY_DATABASE = "refused_by_database"
    MALFORMED_PACKET = "malformed_packet"


class WireError(LiftlineError):
    """A payload that the contract does not allow; nothing of it is used, all of it is kept."""

    def __init__(self, reason: Unreadable, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
