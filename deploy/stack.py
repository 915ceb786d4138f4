"""The whole platform on one machine: database, broker, schema and services. What `up`, `demo` and the tests start.

Settings ─┬─ LIFTLINE_DATABASE_URL? ─ else our own PostgreSQL (with TimescaleDB where it can be had)
├─ LIFTLINE_MQTT_URL?     ─ else our own Mosquitto on loopback
└─ migrate ─ ingest, dispatch, api as children, watched
"""

import errno
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from alerts import policy_file
from deploy.child import write_private
from deploy.ports import free_port, is_free, taken
from deploy.servers import Mosquitto, Postgres
from deploy.services import Service, Services
from elevator import codes, migrate
from elevator.errors import ServerError, SettingsError
from elevator.settings import Settings

Say = Callable[[str], None]
ADDRESS_FILE = "database.url"  # in the data folder, for `liftline user` and its kin
BROKER_FILE = "broker.url"  # the platform's way into our own broker, for `liftline record`


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A platform that is up."""

    api_url: str
    database_url: str
    lift_mqtt_url: str  # where controllers publish
    admin_token: str
    services: Services
    postgres: Postgres | None
    broker: Mosquitto | None
    logs: Path
    timescale: bool | None  # None: somebody else's database


@contextmanager
def platform(data_dir: Path, settings: Settings, *, api_port: int, mqtt_port: int, say: Say, durable: bool = True,
             fixed_metrics: bool = False) -> Iterator[Running]:  # fmt: skip
    """Start everything, in order; stop it, in the other order.

    Args:
        data_dir: where our own servers keep their data, and the logs.
        settings: the environment.
        api_port: of the HTTP server; 0 takes a free one.
        mqtt_port: of our own broker; 0 takes a free one.
        say: tells the person what is being done.
        durable: False only for what may be lost (demo, tests).
        fixed_metrics: use the metrics ports of the settings instead of free ones.

    Raises:
        ServerError: something does not come up; the message says what, and who holds a taken port.
        SettingsError: the file of the policy or of the codes cannot be used; nothing was started for it.
    """
    policy_file.load(settings.policy)
    codes.load(settings.codes)
    api_port, api_url = _console_address(settings.api_host, api_port)
    logs = data_dir / "logs"
    try:
        data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        logs.mkdir(exist_ok=True)
    except OSError as error:
        raise ServerError(f"the data folder {data_dir} cannot be used: {error.strerror}") from error
    with ExitStack() as stack:
        broker, mqtt_url, lift_url = _broker(stack, data_dir, settings, mqtt_port, say)
        postgres, database_url = _database(stack, data_dir, settings, say, durable=durable)
        new = migrate.apply(database_url)
        say(f"Schema: {'migrated to ' + format(new[-1].number, '04') if new else 'up to date'}")
        token = settings.admin_token.get_secret_value() if settings.admin_token else secrets.token_urlsafe(24)
        env = {
            "LIFTLINE_DATABASE_URL": database_url,
            "LIFTLINE_MQTT_URL": mqtt_url,
            "LIFTLINE_API_PORT": str(api_port),
            "LIFTLINE_ADMIN_TOKEN": token,
            "LIFTLINE_SEALS_DIR": str(settings.seals_dir or data_dir / "seals"),
        }
        if broker is not None:
            env["LIFTLINE_MQTT_CLIENT_ID"] = broker.client_id
        found = _services(env, settings, api_url, logs, fixed_metrics=fixed_metrics)
        if _shadow_can_run(settings, say):
            found.append(_shadow(env, settings, logs, fixed_metrics=fixed_metrics))
        services = Services(found, say)
        stack.callback(services.stop)
        say(f"Services: ingest, dispatch, api{', shadow' if len(found) > 3 else ''} …")
        services.start()
        yield Running(
            api_url=api_url, database_url=database_url, lift_mqtt_url=lift_url, admin_token=token, services=services,
            postgres=postgres, broker=broker, logs=logs, timescale=postgres.timescale if postgres else None,
        )  # fmt: skip


def _console_address(host: str, port: int) -> tuple[int, str]:
    """The port, which is free, and the address under which this machine reaches it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family) as probe:
            port = probe.getsockname()[1]
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ServerError(taken(port, "the console")) from error
        raise SettingsError(
            f"LIFTLINE_API_HOST, LIFTLINE_API_PORT: {host}:{port} cannot be opened: {error.strerror}"
        ) from error
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - what others chose to listen on
    return port, f"http://{f'[{near}]' if ':' in near else near}:{port}"


def _broker(
    stack: ExitStack, data_dir: Path, settings: Settings, port: int, say: Say
) -> tuple[Mosquitto | None, str, str]:
    if settings.mqtt_url:
        say("Broker: the one of LIFTLINE_MQTT_URL")
        return None, settings.mqtt_url, settings.mqtt_url
    broker = stack.enter_context(Mosquitto(data_dir / "broker", port))
    say(f"Broker: Mosquitto on 127.0.0.1:{broker.port}")
    write_private(data_dir / BROKER_FILE, broker.url, None)
    return broker, broker.url, broker.lift_url


def _database(
    stack: ExitStack, data_dir: Path, settings: Settings, say: Say, *, durable: bool
) -> tuple[Postgres | None, str]:
    if settings.database_url:
        say("Database: the one of LIFTLINE_DATABASE_URL")
        return None, settings.database_url
    postgres = stack.enter_context(Postgres(data_dir / "postgres", durable=durable))
    if postgres.timescale:
        say("Database: PostgreSQL with TimescaleDB")
    else:
        say("Database: PostgreSQL WITHOUT TimescaleDB (it cannot be had here): plain tables, slower history")
    write_private(data_dir / ADDRESS_FILE, postgres.url, None)
    return postgres, postgres.url


def _services(
    env: dict[str, str], settings: Settings, api_url: str, logs: Path, *, fixed_metrics: bool
) -> list[Service]:
    ports = {
        "ingest": _metrics_port(settings, "ingest", fixed=fixed_metrics),
        "dispatch": _metrics_port(settings, "dispatch", fixed=fixed_metrics),
    }
    env = env | {f"LIFTLINE_{name.upper()}_METRICS_PORT": str(port) for name, port in ports.items()}
    return [
        Service(name="dispatch", module="alerts", env=env, log=logs / "dispatch.log",
                ready_url=f"http://127.0.0.1:{ports['dispatch']}/readyz"),
        Service(name="api", module="api", env=env, log=logs / "api.log", ready_url=f"{api_url}/healthz"),
        Service(name="ingest", module="ingest", env=env, log=logs / "ingest.log",
                ready_url=f"http://127.0.0.1:{ports['ingest']}/readyz"),
    ]  # fmt: skip


def _shadow_can_run(settings: Settings, say: Say) -> bool:
    """Whether a policy is to be tried, and can be; a mistake in it stops nothing else."""
    if settings.shadow_policy is None:
        return False
    try:
        policy_file.load(settings.shadow_policy)
    except SettingsError as error:
        say(f"The shadow {error}. Everything else starts without it")
        return False
    return True


def _shadow(env: dict[str, str], settings: Settings, logs: Path, *, fixed_metrics: bool) -> Service:
    port = _metrics_port(settings, "shadow", fixed=fixed_metrics)
    env = env | {"LIFTLINE_SHADOW_METRICS_PORT": str(port)}
    return Service(
        name="shadow", module="alerts.shadow", env=env, log=logs / "shadow.log", needed=False,
        ready_url=f"http://127.0.0.1:{port}/readyz",
    )  # fmt: skip


def _metrics_port(settings: Settings, name: str, *, fixed: bool) -> int:
    """The port asked for; one that is only the default gives way when somebody holds it."""
    setting = f"{name}_metrics_port"
    port: int = getattr(settings, setting)
    if not fixed or port == 0:
        return free_port()
    if is_free(port):
        return port
    if setting in settings.model_fields_set:
        raise ServerError(taken(port, f"the metrics of {name}"))
    return free_port()
