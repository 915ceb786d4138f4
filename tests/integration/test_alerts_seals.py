"""Seals on the real database: what is committed is sealed, and whoever changes it is found out and named."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from alerts.seals import proof, store
from alerts.seals.chain import moment
from alerts.seals.heads import HeadsError
from alerts.seals.sealer import Sealer
from deploy import verify
from elevator import db
from elevator.settings import Settings
from tests.alerts_database import START, House, house
from tests.api_installation import installed


@pytest.fixture
async def home(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    async with house(database, monkeypatch) as place:
        yield place


async def _story(home: House, folder: Path) -> tuple[Sealer, str]:
    """Two rescues on two days, sealed; the first day's heads are written."""
    sealer = Sealer(pool=home.pool, folder=folder)
    await home.at(0).tells("entrapment")
    first = str((await home.rescue())["id"])
    await home.at(5).does("note", first, note="有人 ☎")
    await sealer.seal()
    home.at(86_400)
    await home.tells("entrapment", lift="L-2")
    await sealer.seal()
    return sealer, first


async def _verify(home: House, *files: Path, heads: Path | None = None) -> int:
    return await asyncio.to_thread(verify.run, Settings(database_url=home.url), files, heads)


async def _behind_the_back(home: House, statement: str) -> None:
    """Somebody with every right changes what is append-only."""
    await home.sql("ALTER TABLE timeline DISABLE TRIGGER USER")
    await home.sql("ALTER TABLE seal DISABLE TRIGGER USER")
    await home.sql(statement)


async def test_what_is_committed_is_sealed_and_proves_itself(
    home: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heads = tmp_path / "seals"
    await _story(home, heads)
    counts = await home.sql(
        "SELECT (SELECT count(*) FROM timeline) AS entries, (SELECT count(*) FROM seal) AS seals,"
        " (SELECT count(*) FROM unsealed) AS waiting"
    )
    assert counts[0]["entries"] == counts[0]["seals"] > 3
    assert counts[0]["waiting"] == 0
    assert [file.name for file in heads.iterdir()] == ["heads-2026-03-01.json"]
    assert await _verify(home, heads=heads) == 0
    assert "all of it fits: 2 records (2 incidents, 0 orders, 0 visits)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE timeline SET note = '无人' WHERE note IS NOT NULL", "does not fit its seal"),
        ("UPDATE timeline SET at = at + interval '1 microsecond' WHERE note IS NOT NULL", "does not fit its seal"),
        ("DELETE FROM timeline WHERE note IS NOT NULL", "is gone, and its seal is there"),
        ("DELETE FROM seal WHERE n = 1", "has no seal, and the one after it has"),
    ],
)
async def test_a_change_behind_the_back_is_named(
    home: House, tmp_path: Path, capsys: pytest.CaptureFixture[str], statement: str, named: str
) -> None:
    _, first = await _story(home, tmp_path)
    await _behind_the_back(home, statement)
    assert await _verify(home, heads=tmp_path) == 1
    told = capsys.readouterr()
    assert f"incident {first}, entry" in told.err
    assert named in told.err
    assert "DOES NOT FIT" in told.out


async def test_a_record_made_anew_is_found_by_the_heads_alone(
    home: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sealer, first = await _story(home, tmp_path)
    await _behind_the_back(home, "UPDATE timeline SET note = '无人' WHERE note IS NOT NULL")
    await home.sql("DELETE FROM seal WHERE subject = %(id)s", id=first)
    await home.sql(
        "INSERT INTO unsealed (kind, subject, n) SELECT 'incident', incident_id, n FROM timeline"
        " WHERE incident_id = %(id)s ORDER BY n",
        id=first,
    )
    await sealer.seal()
    assert await _verify(home) == 0
    assert await _verify(home, heads=tmp_path) == 1
    assert "the whole record was made anew" in capsys.readouterr().err


async def test_an_export_proves_itself_offline_and_a_changed_byte_is_found(
    home: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heads = tmp_path / "seals"
    _, first = await _story(home, heads)
    since, before = START - timedelta(days=1), START + timedelta(days=1)
    async with home.tx() as tx:
        chains = {"incident": await store.chains(tx, "incident", [first])}
    document = proof.export("L-1", str(moment(since)), str(moment(before)), chains)
    file = tmp_path / "records.json"
    file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    assert await _verify(home, file, heads=heads) == 0
    file.write_text(file.read_text(encoding="utf-8").replace("有人", "无人"), encoding="utf-8")
    assert await _verify(home, file) == 1
    assert f"incident {first}, entry" in capsys.readouterr().err
    file.write_text("{}")
    with pytest.raises(verify.ExportError, match="is no export"):
        await _verify(home, file)


async def test_heads_are_written_once_and_never_over_others(home: House, tmp_path: Path) -> None:
    sealer, _ = await _story(home, tmp_path)
    file = tmp_path / "heads-2026-03-01.json"
    written = file.read_bytes()
    await home.sql("DELETE FROM seal_day")
    await sealer.seal()
    assert file.read_bytes() == written
    file.write_bytes(written + b"\n")
    await home.sql("DELETE FROM seal_day")
    with pytest.raises(HeadsError, match="differs from what the database says"):
        await sealer.seal()
    assert file.read_bytes() == written + b"\n"


async def test_seals_are_append_only(home: House, tmp_path: Path) -> None:
    await _story(home, tmp_path)
    for statement in ("UPDATE seal SET n = 9", "DELETE FROM seal", "TRUNCATE seal"):
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            await home.sql(statement)


async def test_two_sealers_seal_each_entry_once(home: House, tmp_path: Path) -> None:
    for number in range(6):
        await home.at(number).reports()
    await asyncio.gather(*(Sealer(pool=home.pool, folder=tmp_path).seal() for _ in range(3)))
    await Sealer(pool=home.pool, folder=tmp_path).seal()
    assert await _verify(home) == 0
    assert (await home.sql("SELECT count(*) AS n FROM unsealed"))[0]["n"] == 0


async def test_the_interface_hands_out_what_proves_itself(database: str, tmp_path: Path) -> None:
    async with installed(database) as place:
        made = await place.call("dispatcher", "POST", "/incidents", json={"lift_id": "L-1", "note": "有人被困"})
        incident = made.json()["id"]
        async with db.pool(database, application="tests", size=2) as pool:
            await Sealer(pool=pool, folder=None).seal()
        answer = await place.call("firm", "GET", "/lifts/L-1/records")
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="records-L-1-')
        file = tmp_path / "records.json"
        file.write_bytes(answer.content)
        assert verify.run(Settings(), [file], None) == 0
        records = {one["subject"]: one for one in answer.json()["records"]}
        assert records[incident]["entries"][0]["entry"]["action"] == "open"
        past = await place.call("firm", "GET", "/lifts/L-1/records?from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z")
        assert past.json()["records"] == []
        wrong = await place.call("firm", "GET", "/lifts/L-1/records?from=2020-02-01T00:00:00Z&to=2020-01-01T00:00:00Z")
        assert wrong.status_code == 422
        assert wrong.json()["errors"][0]["field"] == "query.from"
