"""Where photos are kept: a folder, or storage that speaks S3; one library does both, so both are tested alike.

Objects are written before the row that names them and never written over: a crash leaves an object that nobody names,
not a name without its object. Keys hold nothing but our own id.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, S3Store

from elevator.errors import LiftlineError, SettingsError, TransientError
from elevator.settings import Settings

_TIMEOUT = "10s"


class PhotoGoneError(LiftlineError):
    """The storage does not have a photo that the database names."""


@dataclass(frozen=True, slots=True)
class PhotoStore:
    """The photos of one installation."""

    store: ObjectStore

    async def keep(self, key: str, data: bytes) -> None:
        """Write an object, once.

        Raises:
            TransientError: the storage cannot be reached or refuses; it may be tried again.
        """
        try:
            await obstore.put_async(self.store, key, data, mode="create")
        except AlreadyExistsError:
            return  # the same photo, written before an answer got lost
        except (BaseError, OSError) as error:
            raise TransientError(f"the storage of photos does not take one: {_short(error)}") from error

    async def fetch(self, key: str) -> bytes:
        """Read an object.

        Raises:
            PhotoGoneError: it is not there.
            TransientError: the storage cannot be reached or refuses.
        """
        try:
            found = await obstore.get_async(self.store, key)
            return bytes(await found.bytes_async())
        except (NotFoundError, FileNotFoundError) as error:
            raise PhotoGoneError(f"the storage does not have {key}") from error
        except (BaseError, OSError) as error:
            raise TransientError(f"the storage of photos does not answer: {_short(error)}") from error


def open_store(settings: Settings) -> PhotoStore:
    """The storage that the settings name.

    Raises:
        SettingsError: a folder cannot be made, or an address cannot be used.
    """
    where = settings.photos
    if where is None:
        return _folder(settings.data_dir.expanduser() / "photos")
    if not where.startswith("s3://"):
        return _folder(Path(where.removeprefix("file://")).expanduser())
    parts = urlsplit(where)
    secret = settings.photos_secret_file
    try:
        store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            endpoint=settings.photos_endpoint,
            region=settings.photos_region,
            access_key_id=settings.photos_key_id,
            secret_access_key=None if secret is None else secret.read_text(encoding="utf-8").strip(),
            virtual_hosted_style_request=False,
            client_options={
                "allow_http": (settings.photos_endpoint or "").startswith("http://"),
                "timeout": _TIMEOUT,
                "connect_timeout": "3s",
            },
            retry_config={"max_retries": 2},
        )
    except (BaseError, OSError, ValueError) as error:
        raise SettingsError(f"LIFTLINE_PHOTOS: {where} cannot be used: {_short(error)}") from error
    return PhotoStore(store)


def _folder(folder: Path) -> PhotoStore:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return PhotoStore(LocalStore(folder))
    except (BaseError, OSError) as error:
        raise SettingsError(f"LIFTLINE_PHOTOS: {folder} cannot be used: {_short(error)}") from error


def _short(error: BaseException) -> str:
    return str(error).split("\n", 1)[0][:200]
