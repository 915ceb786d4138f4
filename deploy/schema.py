"""`python -m deploy.schema` writes elevator/schema.sql: what all migrations together make, to be read and compared.

The picture is taken with pg_dump of a database that was migrated from nothing, and stripped of what depends on the
server, so that PostgreSQL 17 with TimescaleDB and PostgreSQL 18 without it give the same text.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from deploy.servers import Postgres, PostgresBinaries, find_postgres, scratch_folder
from elevator import migrate
from elevator.errors import LiftlineError, ServerError

FILE = Path(migrate.__file__).with_name("schema.sql")
HEAD = """\
-- The whole schema as the migrations make it, with the rows that they put in. Nobody edits this file and no program
-- runs it: change the schema with a new file in migrations/, then run `python -m deploy.schema`. A test compares.
-- What stands in comments, and why, is to be read in the migrations.
-- With TimescaleDB, `sample` is besides a hypertable on `ts` (migration 0002), and so are the roll-ups `sample_minute`
-- and `sample_hour` on `bucket` (0003).
"""
DUMP = (
    "--schema=public", "--no-owner", "--no-privileges", "--no-comments", "--inserts",
    "--exclude-table-data=public.schema_version",
)  # fmt: skip
# Session settings and psql's own commands, the schema that every database has, counters of identity columns, and the
# trigger by which TimescaleDB keeps rows out of a hypertable's root.
_NOISE = re.compile(
    r"^(?:--.*|\\(?:un)?restrict .*|SET .*;|SELECT pg_catalog\.(?:set_config|setval)\(.*\);|CREATE SCHEMA public;"
    r"|CREATE TRIGGER ts_insert_blocker .*;)$\n?",
    re.MULTILINE,
)


def picture(binaries: PostgresBinaries, url: str) -> str:
    """The schema of a database as text that is the same on every server.

    Args:
        binaries: of the very server that the database lives on; an older pg_dump refuses a newer server.
        url: the database.

    Raises:
        ServerError: pg_dump failed.
    """
    command = [str(binaries.bin / "pg_dump"), *DUMP, url]
    dumped = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    if dumped.returncode != 0:
        raise ServerError(f"pg_dump failed: {dumped.stderr.strip()}")
    return normalised(dumped.stdout)


def normalised(dump: str) -> str:
    """Strip a dump of what depends on the server or on the moment."""
    return re.sub(r"\n{2,}", "\n\n", _NOISE.sub("", dump)).strip() + "\n"


def main() -> int:
    """Start a server of our own, migrate, take the picture, write the file."""
    try:
        binaries = find_postgres()
        with scratch_folder("schema") as folder, Postgres(folder, binaries=binaries, durable=False) as server:
            migrate.apply(server.url)
            text = HEAD + "\n" + picture(binaries, server.url)
    except LiftlineError as error:
        print(f"python -m deploy.schema: {error}", file=sys.stderr)
        return 1
    changed = not FILE.exists() or FILE.read_text(encoding="utf-8") != text
    FILE.write_text(text, encoding="utf-8")
    print(f"{FILE}: {'written' if changed else 'was right'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
