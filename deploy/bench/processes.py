"""What processes cost, read from /proc (Linux): CPU time and the largest resident size."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Stat:
    """Of a line of /proc/PID/stat what is used here."""

    parent: int
    cpu_s: float  # its own, all threads
    reaped_s: float  # of children that have ended


def parsed(line: str) -> Stat:
    """Take the line apart; the program's name in it may hold spaces and brackets."""
    fields = line.rpartition(")")[2].split()
    user, system, child_user, child_system = (int(field) / _TICKS for field in fields[11:15])
    return Stat(int(fields[1]), user + system, child_user + child_system)


def stat(pid: int) -> Stat | None:
    """None when the process is gone."""
    try:
        return parsed(Path(f"/proc/{pid}/stat").read_text())
    except OSError:
        return None


def cpu_of(pid: int) -> float:
    """CPU seconds of one process so far."""
    found = stat(pid)
    return found.cpu_s if found else 0.0


def cpu_of_family(pid: int) -> float:
    """CPU seconds of a server with its children, those that have ended included."""
    everyone = {int(folder.name): stat(int(folder.name)) for folder in Path("/proc").glob("[0-9]*")}
    family, total, waiting = set[int](), 0.0, [pid]
    while waiting:
        one = waiting.pop()
        found = everyone.get(one)
        if found is None or one in family:
            continue
        family.add(one)
        total += found.cpu_s + found.reaped_s
        waiting += [child for child, theirs in everyone.items() if theirs and theirs.parent == one]
    return total


def peak_mb(pid: int) -> float:
    """The largest resident size so far, MB (10⁶ bytes); 0 when the process is gone."""
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    except OSError:
        return 0.0
    return int(found[1]) * 1024 / 1e6 if found else 0.0
