"""The `liftline` command: every entry of contract section 8, each a thin door to the program that does it."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from elevator import settings as elevator_settings
from elevator.errors import LiftlineError, SettingsError
from elevator.service import EXIT_SETTINGS
from elevator.settings import Settings

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Elevator emergency-rescue monitoring: from the controller's message to the freed passenger.",
)  # fmt: skip
token_app = typer.Typer(no_args_is_help=True, help="Bearer tokens for programs.")
user_app = typer.Typer(no_args_is_help=True, help="People who sign in to the console.")
app.add_typer(token_app, name="token")
app.add_typer(user_app, name="user")

MAX_PORT = 65535
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="where database and broker keep their data")]
Role = Annotated[str, typer.Option("--role", help="admin, dispatcher, supervisor, firm, responder or property")]
Firm = Annotated[str | None, typer.Option("--firm", help="firm id, for the roles firm and responder")]
Unit = Annotated[str | None, typer.Option("--unit", help="unit id, for the role responder")]
Building = Annotated[str | None, typer.Option("--building", help="building, for the role property")]


def guarded(name: str, work: Callable[[Settings], int]) -> None:
    """Run a command: one sentence and exit 2 for a bad setting, exit 1 for what cannot be done."""
    try:
        code = work(elevator_settings.load())
    except SettingsError as error:
        print(f"liftline {name}: {error}", file=sys.stderr)
        code = EXIT_SETTINGS
    except LiftlineError as error:
        print(f"liftline {name}: {error}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    raise typer.Exit(code)


@app.command()
def up(
    data_dir: DataDir = None,
    api_port: Annotated[
        int | None, typer.Option(min=0, max=MAX_PORT, help="port of the console and the HTTP interface")
    ] = None,
    mqtt_port: Annotated[
        int | None, typer.Option(min=0, max=MAX_PORT, help="port of the broker that is started")
    ] = None,
) -> None:
    """Everything on one machine, for real controllers; Ctrl-C stops all of it and nothing else."""
    from deploy import up as program  # noqa: PLC0415 - each command loads only what it needs

    guarded("up", lambda s: program.run(s, data_dir=data_dir, api_port=api_port, mqtt_port=mqtt_port))


@app.command()
def demo(
    once: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--once", help="carry one rescue through without a person, then end")
    ] = False,
    data_dir: DataDir = None,
    api_port: Annotated[int, typer.Option(min=0, max=MAX_PORT, help="port of the console; 0: any free one")] = 0,
    lifts: Annotated[int | None, typer.Option(min=1, help="only the first so many lifts of the city")] = None,
) -> None:
    """A simulated city, one scripted entrapment carried to rescue, and the console's address."""
    from deploy import demo as program  # noqa: PLC0415

    guarded("demo", lambda s: program.run(s, once=once, data_dir=data_dir, api_port=api_port, lifts=lifts))


@app.command()
def ingest() -> None:
    """The service that reads the broker; any number of times."""
    from ingest.__main__ import main as program  # noqa: PLC0415

    raise typer.Exit(program())


@app.command()
def dispatch() -> None:
    """The service that lets time pass and delivers messages; any number of times."""
    from alerts.__main__ import main as program  # noqa: PLC0415

    raise typer.Exit(program())


@app.command()
def shadow() -> None:
    """The service that tries a second policy beside the live one; it opens nothing and tells nobody."""
    from alerts.shadow.__main__ import main as program  # noqa: PLC0415

    raise typer.Exit(program())


@app.command()
def api() -> None:
    """The HTTP interface and the console; any number of times."""
    from api.__main__ import main as program  # noqa: PLC0415

    raise typer.Exit(program())


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def simulate(context: typer.Context) -> None:
    """Lifts and crews of a simulated city; `liftline simulate --help` for its options."""
    from simulators.__main__ import main as program  # noqa: PLC0415

    raise typer.Exit(program(context.args))


@app.command()
def bench(
    quick: Annotated[  # noqa: FBT002
        bool, typer.Option("--quick", help="one short round: whether it works, not how fast it is")
    ] = False,
    scale: Annotated[  # noqa: FBT002
        bool, typer.Option("--scale", help="also fleets of 1 000, 10 000 and 100 000 lifts")
    ] = False,
    only: Annotated[list[str] | None, typer.Option(help="a contender; repeatable")] = None,
    mode: Annotated[list[str] | None, typer.Option(help="drain, live, half or idle; repeatable")] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="5 without it")] = None,
    messages: Annotated[int | None, typer.Option(min=100, help="of a trial")] = None,
    lifts: Annotated[int, typer.Option(min=1, help="size of the fleet")] = 10_000,
    alarms: Annotated[float, typer.Option(min=0.1, help="presses of alarm buttons per second")] = 20.0,
    json: Annotated[Path | None, typer.Option(help="write the figures there")] = None,
    plot: Annotated[Path | None, typer.Option(help="draw the picture there; else beside the figures")] = None,
) -> None:
    """How much the intake takes, beside `mosquitto_sub | psql` on this machine, and how fast an alarm is on disk."""
    from deploy.bench import command as program  # noqa: PLC0415

    wish = program.Wish(
        quick=quick, scale=scale, only=tuple(only or ()), modes=tuple(mode or ()), rounds=rounds, messages=messages,
        lifts=lifts, alarms=alarms, json=json, plot=plot,
    )  # fmt: skip
    guarded("bench", lambda _: program.bench(wish))


@app.command()
def record(
    file: Annotated[Path, typer.Argument(help="where to write; a recording that is there is continued")],
    seconds: Annotated[
        float | None, typer.Option("--for", min=0.001, help="so many seconds; else until Ctrl-C")
    ] = None,
    lifts: Annotated[str | None, typer.Option(help="only these: ids or patterns (L-1,KD-*), with commas")] = None,
) -> None:
    """Write what lifts send into a file, beside the platform and without disturbing it."""
    from deploy.tape import record as program  # noqa: PLC0415

    guarded("record", lambda s: program.run(s, file, lifts=_listed(lifts), seconds=seconds))


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="a recording of `liftline record`")],
    virtual: Annotated[  # noqa: FBT002
        bool, typer.Option("--virtual", help="into the detector, in virtual time: prints the incidents")
    ] = False,
    policy: Annotated[Path | None, typer.Option(help="with --virtual: this policy; else LIFTLINE_POLICY")] = None,
    json: Annotated[bool, typer.Option("--json", help="with --virtual: as one JSON object")] = False,  # noqa: FBT002
    mqtt_url: Annotated[str | None, typer.Option(help="into this broker, mqtt://[user[:password]@]host[:port]")] = None,
    speed: Annotated[str, typer.Option(help="times as fast as it was, or `max`")] = "1",
    shift: Annotated[
        str | None, typer.Option(help="`now`: as if it happened now; else with the recorded times")
    ] = None,
    elsewhere: Annotated[  # noqa: FBT002
        bool, typer.Option("--elsewhere", help="the broker may be on another machine")
    ] = False,
    lifts: Annotated[str | None, typer.Option(help="only these: ids or patterns, with commas")] = None,
) -> None:
    """Play a recording into a broker at any speed, or into the detector in virtual time."""
    from deploy.tape import command as program  # noqa: PLC0415

    wish = program.Wish(
        file=file, virtual=virtual, policy=policy, json=json, mqtt_url=mqtt_url, speed=speed, shift=shift,
        elsewhere=elsewhere, lifts=_listed(lifts),
    )  # fmt: skip
    guarded("replay", lambda s: program.replay(s, wish))


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


@app.command()
def score(
    name: Annotated[str, typer.Option("--set", help="tuning or test: seeds that are never mixed")] = "tuning",
    lifts: Annotated[int | None, typer.Option(min=1, help="instead of the set's own number")] = None,
    days: Annotated[float | None, typer.Option(min=0.01, help="of each lift's life")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="other lives than those of the set")] = None,
    trap_factor: Annotated[float | None, typer.Option(min=0, help="how many times more entrapments")] = None,
    noise_factor: Annotated[float, typer.Option(min=0, help="how many times more noise")] = 1.0,
    policy: Annotated[Path | None, typer.Option(help="a policy file to compare with, side by side")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="processes; all cores without it")] = None,
    gate: Annotated[  # noqa: FBT002
        bool, typer.Option("--gate", help="the short fixed form of CI; exit 1 with what went wrong")
    ] = False,
    json: Annotated[Path | None, typer.Option(help="write the figures there")] = None,
    plot: Annotated[Path | None, typer.Option(help="draw the picture there; else beside the figures")] = None,
    report: Annotated[Path | None, typer.Option(help="put the tables into this page")] = None,
) -> None:
    """How many trapped people would be found, how fast, and how many alarms would be false: simulated lives, judged."""
    from deploy.score import command as program  # noqa: PLC0415

    wish = program.Wish(
        name=name, lifts=lifts, days=days, seed=seed, trap_factor=trap_factor, noise_factor=noise_factor,
        policy=policy, jobs=jobs, json=json, plot=plot, report=report, gate=gate,
    )  # fmt: skip
    guarded("score", lambda s: program.score(wish, s.policy))


@app.command("score-visits")
def score_visits(
    name: Annotated[str, typer.Option("--set", help="tuning or test: seeds that are never mixed")] = "tuning",
    firms: Annotated[int | None, typer.Option(min=1, help="instead of the set's own number")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="other firms than those of the set")] = None,
    gate: Annotated[bool, typer.Option("--gate", help="the short fixed form; exit 1 below the goal")] = False,  # noqa: FBT002
    json: Annotated[Path | None, typer.Option(help="write the figures there")] = None,
    plot: Annotated[Path | None, typer.Option(help="draw the picture there; else beside the figures")] = None,
    report: Annotated[Path | None, typer.Option(help="put the tables into this page")] = None,
) -> None:
    """How well plausibility tells ghost visits from honest ones: simulated firms, judged."""
    from deploy.score.visits import command as program  # noqa: PLC0415

    wish = program.Wish(name=name, firms=firms, seed=seed, gate=gate, json=json, plot=plot, report=report)
    guarded("score-visits", lambda _: program.score(wish))


@app.command()
def migrate() -> None:
    """Bring the database of LIFTLINE_DATABASE_URL to this program's schema."""
    from elevator import migrate as program  # noqa: PLC0415

    def work(settings: Settings) -> int:
        new = program.apply(settings.need_database())
        for step in new:
            print(f"applied {step.number:04} {step.name}")
        print("the schema is up to date")
        return 0

    guarded("migrate", work)


@app.command()
def doctor() -> None:
    """What is wrong with this installation, and what to do about it."""
    from deploy import doctor as program  # noqa: PLC0415

    guarded("doctor", program.run)


@app.command()
def verify(
    files: Annotated[
        list[Path] | None, typer.Argument(help="exports of records; none: the database of LIFTLINE_DATABASE_URL")
    ] = None,
    heads: Annotated[Path | None, typer.Option(help="folder with the heads of each day")] = None,
) -> None:
    """Prove that records are what they were when they were sealed; names the first entry that does not fit."""
    from deploy import verify as program  # noqa: PLC0415

    guarded("verify", lambda s: program.run(s, files or (), heads))


@user_app.command("add")
def user_add(
    login: str,
    role: Role = "dispatcher",
    name: Annotated[str | None, typer.Option(help="as others see it; the login if absent")] = None,
    firm: Firm = None,
    unit: Unit = None,
    building: Building = None,
) -> None:
    """Add a person; the password is asked for, or read from standard input."""
    from deploy import access as program  # noqa: PLC0415

    password = (
        typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        if sys.stdin.isatty()
        else (sys.stdin.readline().rstrip("\n"))
    )
    guarded(
        "user",
        lambda s: program.add_user(
            s, login=login, name=name or login, role=role, password=password, firm=firm, unit=unit, building=building
        ),
    )


@user_app.command("link")
def user_link(login: str) -> None:
    """Print a one-time sign-in address for a person, good for 15 minutes."""
    from deploy import access as program  # noqa: PLC0415

    guarded("user", lambda s: program.link(s, login))


@token_app.command("add")
def token_add(name: str, role: Role = "admin", firm: Firm = None, unit: Unit = None, building: Building = None) -> None:
    """Make a bearer token and print it, once."""
    from deploy import access as program  # noqa: PLC0415

    guarded("token", lambda s: program.add_token(s, name=name, role=role, firm=firm, unit=unit, building=building))


def main() -> None:
    """Entry point of the `liftline` command."""
    app()


if __name__ == "__main__":
    main()
