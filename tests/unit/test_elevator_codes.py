"""Mapping tables: which table a lift speaks, what its numbers mean, and every mistake in an installation's own file."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elevator import codes
from elevator.codes import NOTHING
from elevator.errors import SettingsError
from elevator.faults import ALARMS, CATALOGUE

OWN = """
default = "none"
[models]
"SHM-*" = "shmashine"
"nova 3?" = "nova"
"*" = "regional"
[tables.nova]
version = 3
title = { zh = "诺瓦", en = "Nova" }
base = "far"
prefix = "NOVA"
nothing = ["255"]
codes = { 21 = "brake_failure", "E 7" = "drive_fault" }
[tables.far]
base = "regional"
codes = { 77 = "entrapment" }
"""


@pytest.mark.parametrize(
    ("said", "table", "code"),
    [
        # the standard, 0 to 8, 40 to 47, 90
        ("0", "gbt-24476-2017", NOTHING),
        ("1", "gbt-24476-2017", "safety_chain_open"),
        ("8", "gbt-24476-2017", "restart_prevented"),
        ("9", "gbt-24476-2017", None),
        ("41", "gbt-24476-2017", "power_loss"),
        ("64", "gbt-24476-2017", "escalator_missing_step"),
        ("90", "gbt-24476-2017", "alarm_button"),
        # its additions
        ("11", "gbt-regulator", "entrapment"),
        ("8", "gbt-regulator", "restart_prevented"),
        ("93", "gbt-city", "entrapment"),
        ("91", "gbt-city", "overtravel_bottom"),
        # from 8 on everybody means something else
        ("07", "regional", "position_lost"),
        ("08", "regional", "door_open_moving"),
        ("8", "regional", "door_open_moving"),
        ("15", "regional", "alarm_button"),
        ("8", "shmashine", "entrapment"),
        ("15", "shmashine", "drive_fault"),
        ("stopOutLockArea", "shmashine", None),
        ("stop_out-lock area", "shmashine", "stopped_outside_zone"),
        ("8", "bacnet-lift", "stopped_outside_zone"),
        ("car-stopped-outside-landing-zone", "bacnet-lift", "stopped_outside_zone"),
        ("CAR_STOPPED_OUTSIDE_LANDING_ZONE", "bacnet-lift", "stopped_outside_zone"),
        ("8", "bacnet-escalator", "escalator_comb_plate"),
        ("0101", "platform-4digit", "entrapment"),
        ("101", "platform-4digit", "entrapment"),
        ("09", "shanghai-alarms", "entrapment"),
    ],
)
def test_numbers(said: str, table: str, code: str | None) -> None:
    assert codes.built_in().tables[table].get(said) == code


def test_every_entry_is_a_code_of_the_catalogue() -> None:
    tables = codes.built_in().tables
    assert len(tables) == 9
    for table in tables.values():
        assert set(table.codes.values()) <= set(CATALOGUE), table.name
        assert not table.nothing & set(table.codes), table.name
        assert table.zh != table.en
    assert len({table.prefix for table in tables.values()}) == 9


def test_all_of_bacnets_faults_are_there() -> None:
    tables = codes.built_in().tables
    assert all(tables["bacnet-lift"].get(str(number)) for number in range(17))
    assert all(tables["bacnet-escalator"].get(str(number)) for number in range(9))


@pytest.mark.parametrize(
    ("said", "model", "spoken", "code"),
    [
        ("overspeed", "SHM-2", None, "overspeed"),  # a code of ours is never translated
        ("8", "SHM-2", None, "entrapment"),
        ("8", "shm-2", None, "entrapment"),
        ("GBT:8", "SHM-2", None, "restart_prevented"),  # a prefix goes before the model
        ("gbt:08", "SHM-2", None, "restart_prevented"),
        ("XYZ:8", "SHM-2", None, None),
        ("8", "Nova 3b", "shmashine", "door_open_moving"),  # the model goes before the adapter
        ("21", "Nova 3b", None, "brake_failure"),
        ("e-7", "Nova 3b", None, "drive_fault"),
        ("77", "Nova 3b", None, "entrapment"),
        ("255", "Nova 3b", None, NOTHING),
        ("0", "Nova 3b", None, NOTHING),
        ("8", "anything", None, "door_open_moving"),
        ("8", None, "shmashine", "entrapment"),
        ("8", None, None, None),  # `default = "none"`
    ],
)
def test_which_table_a_lift_speaks(said: str, model: str | None, spoken: str | None, code: str | None) -> None:
    assert codes.read(OWN).read(said, model, spoken) == code


def test_without_a_file_every_lift_speaks_the_standard() -> None:
    assert codes.load(None).read("8", "SHM-2") == "restart_prevented"
    assert codes.load(None).read("9", "SHM-2") is None


@pytest.mark.parametrize(
    ("said", "spoken", "alarm"),
    [
        ("entrapment", None, "entrapment"),
        ("alarm_button", "regional", "alarm_button"),
        ("8", None, "entrapment"),  # in one of the tables
        ("8", "gbt-24476-2017", None),
        ("8", "shmashine", "entrapment"),
        ("21", None, "alarm_button"),
        ("SHM:8", "regional", "entrapment"),
        ("GBT:8", None, None),
        ("1", None, None),
        ("nonsense", None, None),
    ],
)
def test_what_may_be_an_alarm(said: str, spoken: str | None, alarm: str | None) -> None:
    assert codes.built_in().alarm_in(said, spoken) == alarm


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x", "no TOML"),
        ("colour = 1", "'colour' is none of default, models, tables"),
        ('default = "nobody"', "there is no table 'nobody'"),
        ('models = "regional"', "models: expected a section"),
        ('[models]\n"A*" = "nobody"', "models.'A*': there is no table 'nobody'"),
        ("tables = 3", "tables: expected"),
        ("[tables]\nx = 3", "tables.x: expected a section"),
        ("[tables.regional]", "taken by a built-in table"),
        ("[tables.Big]", "small letters"),
        ("[tables.x]\ncolour = 1", "tables.x.colour: unknown"),
        ('[tables.x]\nbase = "nobody"', "tables.x.base: there is no table 'nobody'"),
        ('[tables.x]\nbase = "y"\n[tables.y]\nbase = "x"', "tables x, y stand on each other"),
        ('[tables.x]\nprefix = "small"', "tables.x.prefix: expected capital"),
        ('[tables.x]\nprefix = "GBT"', "tables.x.prefix: GBT is another table's"),
        ('[tables.x]\nversion = "1"', "tables.x.version"),
        ("[tables.x]\nnothing = [0]", "tables.x.nothing"),
        ("[tables.x]\ntitle = 1", "tables.x.title"),
        ("[tables.x]\ncodes = 1", "tables.x.codes: expected lines"),
        ('[tables.x]\ncodes = { 1 = "brakes" }', "tables.x.codes.1: 'brakes' is no code of the catalogue"),
        ('[tables.x.codes]\n1 = "overspeed"\n01 = "overspeed"', "tables.x.codes: 1 stands twice"),
    ],
)
def test_mistakes_are_named(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "codes.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as error:
        codes.load(file)
    assert told in str(error.value)
    assert str(error.value).startswith(f"LIFTLINE_CODES: {file}: ")


def test_all_mistakes_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        codes.read('default = "a"\n[models]\n"*" = "b"\n[tables.x]\ncodes = { 1 = "c", 2 = "d" }')
    assert str(error.value).count("; ") >= 3


@given(st.text(), st.none() | st.text(max_size=8), st.sampled_from([None, "shmashine", "nobody"]))
def test_whatever_is_said_is_read_or_not(said: str, model: str | None, spoken: str | None) -> None:
    for book in (codes.built_in(), codes.read(OWN)):
        assert (book.read(said, model, spoken) or "other") in CATALOGUE
        assert book.alarm_in(said, spoken) in {None, *ALARMS}
