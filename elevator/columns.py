"""How the enums of a sample stand in the database: as the position of the member, one small number each."""

from enum import StrEnum

from elevator.model import Direction, Door, DoorCommand, Mode, Power, SafetyChain

ENUM_COLUMNS: dict[str, tuple[StrEnum, ...]] = {
    "mode": tuple(Mode),
    "door": tuple(Door),
    "direction": tuple(Direction),
    "power": tuple(Power),
    "safety_chain": tuple(SafetyChain),
    "door_command": tuple(DoorCommand),
}
"""Column → members in stored order."""

POSITIONS: dict[str, dict[str, int]] = {
    column: {str(member): number for number, member in enumerate(members)} for column, members in ENUM_COLUMNS.items()
}
"""Column → member → stored number (per column: members of different enums are equal as text)."""
