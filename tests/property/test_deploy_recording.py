"""The format of recordings under any content, any cut and any damage: what can be read is read, the rest is told."""

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.tape import file
from deploy.tape import format as tape
from deploy.tape.format import Fault, Gap, Head, Heard, Message

_AT = st.integers(min_value=0, max_value=253_402_300_799_999)
_TEXT = st.text(max_size=40)
_LINES = st.one_of(
    st.builds(Message, _AT, _TEXT, st.binary(max_size=200) | _TEXT.map(str.encode), st.booleans()),
    st.builds(Gap, _AT, _TEXT),
    st.builds(Heard, _AT, st.integers(min_value=0, max_value=10**9)),
)
_BLOCKS = st.lists(st.lists(_LINES, min_size=1, max_size=8), min_size=1, max_size=5)


def written(path: Path, blocks: list[list[tape.Line]]) -> list[int]:
    """A recording of these blocks behind its head; where each begins."""
    starts = []
    with file.Writer(path, at=7) as writer:
        for block in blocks:
            starts.append(writer.size)
            for line in block:
                writer.add(line)
            writer.flush()
    return starts


@given(_LINES)
def test_every_line_comes_back(line: tape.Line) -> None:
    assert tape.read_line(tape.write_line(line)) == line


@settings(max_examples=60, deadline=None)
@given(_BLOCKS, st.data())
def test_a_file_that_is_cut_is_read_up_to_the_cut_and_can_be_continued(
    blocks: list[list[tape.Line]], data: st.DataObject
) -> None:
    """Whatever stands whole in front of the cut is there; nothing is invented; the cut is told; writing goes on."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cut")
        starts = written(path, blocks)
        lines = [Head(7), *(line for block in blocks for line in block)]
        whole = path.read_bytes()
        assert list(file.read(path)) == lines
        assert gzip.decompress(whole) == b"".join(map(tape.write_line, lines))
        at = data.draw(st.integers(min_value=starts[0], max_value=len(whole)))
        path.write_bytes(whole[:at])
        found = list(file.read(path))
        read = [one for one in found if not isinstance(one, Fault)]
        faults = [one for one in found if isinstance(one, Fault)]
        sure = 1 + sum(len(block) for block, end in zip(blocks, [*starts[1:], len(whole)], strict=True) if end <= at)
        assert read == lines[: len(read)]
        assert len(read) >= sure
        assert (faults == []) == (at in {*starts, len(whole)})
        assert all(starts[0] <= one.position < at for one in faults)
        with file.Writer(path, at=8) as writer:
            writer.add(Gap(9, "later"))
        assert list(file.read(path)) == [*read, Head(8), Gap(9, "later")]


@settings(max_examples=60, deadline=None)
@given(_BLOCKS, st.data())
def test_damage_costs_one_block_and_is_told_with_its_place(blocks: list[list[tape.Line]], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "damaged")
        starts = written(path, blocks)
        whole = bytearray(path.read_bytes())
        at = data.draw(st.integers(min_value=starts[0], max_value=len(whole) - 1))
        whole[at] ^= data.draw(st.integers(min_value=1, max_value=255))
        path.write_bytes(whole)
        hit = max(number for number, start in enumerate(starts) if start <= at)
        found = list(file.read(path))
        kept = [line for number, block in enumerate(blocks) for line in block if number != hit]
        read = [one for one in found if not isinstance(one, Fault)][1:]
        header = at - starts[hit] < tape.HEADER_SIZE
        if header and at - starts[hit] in range(4, 10):
            assert read == [line for block in blocks for line in block]  # a time and two marks that nobody reads
            return
        faults = [one for one in found if isinstance(one, Fault)]
        assert faults
        assert {one.position for one in faults} <= {starts[hit]}
        if header:  # only the number of lines may be wrong: all of them are there, and that is told
            assert [line for line in read if line in kept] != [] or not kept
        else:
            assert read == kept
            assert sum(one.missing or 0 for one in faults) == len(blocks[hit])


def test_what_is_no_recording_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    for content in (b"shopping list\n" * 10, gzip.compress(b"x"), tape.pack([b'{"at":1,"gap":"no head"}\n'])):
        path.write_bytes(content)
        with pytest.raises(file.RecordingError, match="is no recording"):
            list(file.read(path))
    path.write_bytes(b"shopping list\n" * 10)
    with pytest.raises(file.RecordingError, match="left as it is"):
        file.Writer(path, at=1)
    assert path.read_bytes() == b"shopping list\n" * 10


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "later"
    path.write_bytes(tape.pack([tape.write_line(Head(1, tape.VERSION + 1))]))
    with pytest.raises(file.RecordingError, match=f"byte 0: a recording of version {tape.VERSION + 1}"):
        list(file.read(path))


def test_a_line_that_is_none_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "bad"
    good = tape.write_line(Gap(3, "x"))
    path.write_bytes(
        tape.pack([tape.write_line(Head(1))])
        + tape.pack([good, b'{"at":1}\n', b'{"at":2,"topic":"t","base64":"!"}\n', good])
    )
    found = list(file.read(path))
    assert found[1:2] + found[-1:] == [Gap(3, "x")] * 2
    start = len(tape.pack([tape.write_line(Head(1))]))
    assert [str(one).split(":")[0] for one in found if isinstance(one, Fault)] == [
        f"byte {start}, line 2 of the block", f"byte {start}, line 3 of the block",
    ]  # fmt: skip


def test_members_of_a_line_that_a_later_minor_writer_adds_are_passed_over() -> None:
    assert tape.read_line(b'{"at":1,"topic":"t","text":"x","qos":1}') == Message(1, "t", b"x")
