"""A recording on disk: read to its end whatever is wrong with it, continued where it ends."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.tape import format as tape
from deploy.tape.format import Fault, Head, Line
from elevator.errors import LiftlineError

FULL = 256 << 10  # bytes of lines that make a block
_SEARCH = 1 << 20  # bytes looked through at a time for the next block behind a damage
_MOST_BLOCK = 80 << 20  # bytes; a header that says more is damage


class RecordingError(LiftlineError):
    """A file that is no recording, or that cannot be read or written at all."""


def read(path: Path) -> Iterator[Line | Fault]:
    """Everything in a file, in order: its lines, and what is wrong with it.

    Raises:
        RecordingError: it cannot be opened, is no recording, or one of a later version.
    """
    try:
        with path.open("rb") as file:
            yield from _blocks(file.fileno(), os.fstat(file.fileno()).st_size, path)
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}") from error


def _blocks(file: int, size: int, path: Path) -> Iterator[Line | Fault]:
    position, begun = 0, False
    while position < size:
        header = os.pread(file, tape.HEADER_SIZE, position)
        block = tape.block_at(header)
        if block is None or block.size > _MOST_BLOCK:
            if not begun:
                raise RecordingError(f"{path} is no recording of Liftline")
            after = _next(file, position + 1, size)
            yield Fault(position, None, f"{after - position} bytes that are no block")
            position = after
            continue
        sound = True
        for one in tape.unpack(os.pread(file, block.size, position), position):
            if isinstance(one, Fault):
                sound = sound and one.line is not None
            elif isinstance(one, Head):
                begun = True
                if one.version > tape.VERSION:
                    raise RecordingError(
                        f"{path}, byte {position}: a recording of version {one.version}; known here: {tape.VERSION}"
                    )
            elif not begun:
                raise RecordingError(f"{path} is no recording of Liftline: it does not begin with a head")
            yield one
        begun = True
        after = position + block.size
        if not sound and tape.block_at(os.pread(file, tape.HEADER_SIZE, after)) is None:
            after = _next(file, position + tape.HEADER_SIZE, size)  # its length may be what is damaged
        position = after


def _next(file: int, position: int, size: int) -> int:
    """Where the next block seems to begin; the file's end where there is none."""
    while position < size:
        part = os.pread(file, _SEARCH + tape.HEADER_SIZE, position)
        found = part.find(tape.START)
        while found >= 0:
            if tape.block_at(part[found : found + tape.HEADER_SIZE]) is not None:
                return position + found
            found = part.find(tape.START, found + 1)
        position += _SEARCH
    return size


class Writer:
    """Writes a recording, or goes on with one; `flush` brings what was added to the file as one block.

    A file that was cut off is mended first: what can be read of its last block is written anew.
    """

    def __init__(self, path: Path, *, at: int) -> None:
        """Open the file; `at` (ms) is when this session begins.

        Raises:
            RecordingError: it cannot be written, or holds something else.
        """
        self.path, self.mended = path, 0
        self._lines: list[bytes] = []
        self._bytes = 0
        try:
            self._file = path.open("r+b" if path.exists() else "x+b")
        except OSError as error:
            raise RecordingError(f"{path}: {error.strerror}") from error
        try:
            self._go_to_end()
        except BaseException:
            self._file.close()
            raise
        self.add(Head(at))
        self.flush()

    def _go_to_end(self) -> None:
        size = self._file.seek(0, os.SEEK_END)
        if not size:
            return
        rest: list[Line] = []
        whole = _whole(self._file.fileno(), size, self.path)
        if whole < size:
            cut = tape.unpack(os.pread(self._file.fileno(), size - whole, whole), whole)
            rest = [one for one in cut if not isinstance(one, Fault)]
            self.mended = size - whole
            self._file.truncate(whole)
        self._file.seek(whole)
        for line in rest:
            self.add(line)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self._file.tell()

    def add(self, line: Line) -> None:
        """One more line; a full block is written at once."""
        text = tape.write_line(line)
        self._lines.append(text)
        self._bytes += len(text)
        if self._bytes >= FULL or len(self._lines) >= tape.MOST_LINES:
            self.flush()

    def flush(self) -> None:
        """Write what was added.

        Raises:
            RecordingError: the disk is full, or gone.
        """
        if not self._lines:
            return
        block = tape.pack(self._lines)
        try:
            self._file.write(block)
            self._file.flush()
        except OSError as error:
            raise RecordingError(f"{self.path}: {error.strerror}") from error
        self._lines, self._bytes = [], 0

    def close(self) -> None:
        """Write what was added, to the disk itself."""
        try:
            self.flush()
            os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _whole(file: int, size: int, path: Path) -> int:
    """The end of the last whole block, or of the file if its end is damage and no cut."""
    position = 0
    while position < size:
        block = tape.block_at(os.pread(file, tape.HEADER_SIZE, position))
        if block is None:
            if position == 0:
                raise RecordingError(f"{path} is no recording of Liftline: it is left as it is")
            after = _next(file, position + 1, size)
            if after == size and size - position < tape.HEADER_SIZE:
                return position  # cut off within a header
            position = after
        elif position + block.size > size:
            after = _next(file, position + tape.HEADER_SIZE, size)
            if after == size:
                return position
            position = after
        else:
            position += block.size
    return size
