"""The servers of a benchmark: one durable database server, and for each trial a database and a broker of its own.

Each trial begins with the same: a database copied from one with the schema and the fleet in its registry, and a broker
without any queue or session. Settings are the product's own and the same for all contenders, `fsync` and
`synchronous_commit` on.
"""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from deploy.bench.processes import cpu_of, cpu_of_family
from deploy.bench.sql import QUERIES
from deploy.servers import Mosquitto, Postgres, scratch_folder
from elevator import clock, migrate
from simulators import presses


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where one trial takes place."""

    broker: Mosquitto
    postgres: Postgres
    database_url: str
    folder: Path
    client_id: str

    def costs(self) -> tuple[float, float]:
        """CPU seconds of the database server and of the broker, so far."""
        return cpu_of_family(self.postgres.pid), cpu_of(self.broker.pid)


class Laboratory:
    """Starts the servers, and gives each trial its place."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._numbers = itertools.count(1)
        self._templates: dict[int, str] = {}

    def __enter__(self) -> Self:
        self.folder = self._stack.enter_context(scratch_folder("bench"))
        self.postgres = self._stack.enter_context(Postgres(self.folder / "postgres", durable=True))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @contextmanager
    def place(self, lifts: int) -> Iterator[Bench]:
        """A fresh database with so many lifts, and a fresh broker."""
        number = next(self._numbers)
        name = f"bench_{number}"
        template = self._template(lifts)
        folder = self.folder / f"trial-{number}"
        folder.mkdir(mode=0o711)
        with Mosquitto(folder / "broker") as broker:
            url = self.postgres.create_database(name, template)
            try:
                with psycopg.connect(url, autocommit=True) as connection:
                    connection.execute("CHECKPOINT")  # what came before is written in nobody's time
                yield Bench(
                    broker=broker, postgres=self.postgres, database_url=url, folder=folder,
                    client_id=f"bench-{number}",
                )  # fmt: skip
            finally:
                self.postgres.drop_database(name)

    def _template(self, lifts: int) -> str:
        if lifts not in self._templates:
            name = f"fleet_{lifts}"
            url = self.postgres.create_database(name)
            migrate.apply(url)
            with psycopg.connect(url, autocommit=True) as connection:
                for first, number in ((0, lifts), (presses.FIRST_LIFT, presses.LIFTS)):
                    connection.execute(
                        QUERIES["register_lifts"], {"first": first, "number": number, "now": clock.now()}
                    )
                connection.execute(QUERIES["make_piped"])
                connection.execute(QUERIES["make_inserted"])
                connection.execute("VACUUM ANALYZE lift")
            self._templates[lifts] = name
        return self._templates[lifts]
