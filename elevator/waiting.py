"""What every service waits for before it works: a database that answers, with exactly this program's schema."""

import asyncio
from dataclasses import dataclass

from elevator import log, migrate
from elevator.errors import DatabaseError
from elevator.service import wait

RETRY = 2.0  # s between looks at a database that does not answer
AWAY = "the database does not answer"


@dataclass(slots=True)
class Waiting:
    """The wait of one service; `why` is what `/readyz` says meanwhile."""

    why: str | None = "starting"

    async def database(self, url: str, stop: asyncio.Event) -> bool:
        """Wait until the database answers; false when the service is stopped before it does.

        Raises:
            SchemaError: it answers, but its schema is not this program's: waiting would not mend that.
            SettingsError: the address cannot be read.
        """
        while not stop.is_set():
            if self.why is None or await self.look(url):
                return True
            await wait(stop, RETRY)
        return False

    async def look(self, url: str) -> bool:
        """Look once.

        Raises:
            SchemaError: as `database`.
            SettingsError: as `database`.
        """
        try:
            await asyncio.to_thread(migrate.verify, url)
        except DatabaseError as error:
            if self.why != AWAY:  # once, not at every look
                log.get().warning("waiting_for_database", reason=str(error))
            self.why = AWAY
            return False
        if self.why == AWAY:
            log.get().info("database_answers")
        self.why = None
        return True
