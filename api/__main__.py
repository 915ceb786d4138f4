"""`liftline api`: the HTTP interface, the live stream and the console."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

import uvicorn

from alerts import policy_file, policy_watch
from alerts.policy import Policy
from api.app import create_app
from elevator import collector, db, log, service, settings
from elevator.errors import SettingsError
from elevator.settings import Settings
from elevator.waiting import Waiting

_KEEP_ALIVE = 30  # s; a console asks again and again
_GRACE = 5  # s that a request may still take when the service stops


class _Server(uvicorn.Server):
    """Stops when the service says so; signals are the service's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """The listening socket.

    Raises:
        SettingsError: the address cannot be opened.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SettingsError(
            f"LIFTLINE_API_HOST, LIFTLINE_API_PORT: {host}:{port} cannot be opened: {reason}"
        ) from error


async def serve(config: Settings, stop: asyncio.Event) -> None:
    """Serve on the configured address until `stop`; while the database is away, 503 with the reason."""
    url = config.need_database()
    rules, waiting = policy_file.load(config.policy), Waiting()
    await waiting.look(url)  # an address that cannot be read, a schema that is not ours: before anybody is let in
    listener = listen(config.api_host, config.api_port)
    host, port = listener.getsockname()[:2]
    async with db.pool(url, application="api", size=10) as pool:
        app = create_app(config, pool=pool, policy=rules, waiting=waiting)
        server = _Server(
            uvicorn.Config(
                app, log_config=None, access_log=False, server_header=False, ws="none", lifespan="on",
                timeout_keep_alive=_KEEP_ALIVE, timeout_graceful_shutdown=_GRACE,
            )
        )  # fmt: skip

        def adopt(policy: Policy) -> None:
            app.state.context.feed.adopt(policy)
            app.state.context = replace(app.state.context, policy=policy)

        following = asyncio.create_task(policy_watch.follow(config.policy, adopt, stop, running=rules), name="policy")
        tidying = asyncio.create_task(collector.run(stop), name="collector")
        running = asyncio.create_task(server.serve(sockets=[listener]), name="http")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        opening = asyncio.create_task(waiting.database(url, stop), name="database")
        log.get().info("listening", url=f"http://{f'[{host}]' if ':' in host else host}:{port}/")
        ends = {running, stopping, opening}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if opening.done() and opening.exception() is None:
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        app.state.context.feed.close()  # ends the streams, so that nobody has to wait for them
        server.should_exit = True
        await asyncio.wait(ends)
        await running
        await opening
        await following
        await tidying


def main(argv: Sequence[str] | None = None) -> int:
    """Read the settings and serve; the exit code is 2 on a bad setting."""
    del argv  # everything is a setting
    try:
        config = settings.load()
    except SettingsError as error:
        print(f"liftline api: {error}", file=sys.stderr)  # noqa: T201 - before any log is set up
        return service.EXIT_SETTINGS
    return service.run("api", lambda stop: serve(config, stop), log_format=config.log_format)


if __name__ == "__main__":
    sys.exit(main())
