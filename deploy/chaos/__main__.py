"""`python -m deploy.chaos`: breaks everything, many times, and says whether anything was lost (exit code 1: yes)."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from deploy.chaos.arena import arena
from deploy.chaos.broker_loss import measure
from deploy.chaos.faults import CATALOGUE, LONG
from deploy.chaos.lifts import Load
from deploy.chaos.trial import Plan, run
from deploy.child import scratch_folder
from elevator.errors import ServerError


def _say(line: str) -> None:
    print(line, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """One trial, and what the broker alone loses."""
    parser = argparse.ArgumentParser(prog="python -m deploy.chaos", description=__doc__)
    parser.add_argument("--faults", type=int, default=210, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=None, help="repeats the choices of an earlier run")
    parser.add_argument("--only", nargs="*", default=[], choices=sorted(CATALOGUE), metavar="FAULT",
                        help=f"of: {', '.join(sorted(CATALOGUE))}")  # fmt: skip
    parser.add_argument("--lifts", type=int, default=120, help="lifts that send telemetry (default: %(default)s)")
    parser.add_argument("--without-database", type=float, nargs="*", default=[150.0], metavar="SECONDS",
                        help="long absences of the database at the end (default: one of 150 s)")  # fmt: skip
    parser.add_argument("--broker-kills", type=int, default=5, help="of the measurement at the end; 0: none")
    given = parser.parse_args(arguments)
    seed = given.seed if given.seed is not None else int(time.monotonic() * 1000) % 1_000_000
    plan = Plan(faults=given.faults, spans=LONG, only=tuple(given.only), without_database=tuple(given.without_database))
    _say(f"{plan.faults} faults, seed {seed}")
    try:
        with scratch_folder("chaos") as folder:
            with arena(folder, Load(lifts=given.lifts), seed=seed, durable=True, say=_say) as stage:
                outcome = run(stage, plan, _say)
                loss = measure(stage, given.broker_kills, _say) if outcome.good and given.broker_kills else []
            log = stage.log.read_bytes()
    except ServerError as error:
        _say(f"the trial could not be held: {error}")
        return 1
    _say("")
    for line in outcome.table():
        _say(line)
    _say("")
    _say("ledger and database: " + ", ".join(f"{number} {what}" for what, number in outcome.verdict.counts.items()))
    for line in loss:
        _say(line)
    for line in [*outcome.not_reached, outcome.broken, *outcome.verdict.lines()]:
        if line:
            _say(line)
    if not outcome.good:
        kept = Path(tempfile.mkdtemp(prefix="liftline-chaos-failed-")) / "workers.log"
        kept.write_bytes(log)
        _say(f"FAILED with seed {seed}; the workers' log: {kept}")
    return 0 if outcome.good else 1


if __name__ == "__main__":
    sys.exit(main())
