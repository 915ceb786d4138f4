"""The documentation is held to the program: what exists is told, what is told exists, and links lead somewhere."""

import dataclasses
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from prometheus_client.metrics import MetricWrapperBase
from typer.main import get_command

import alerts.metrics
import alerts.shadow.metrics
import elevator.storage.metrics
import ingest.metrics
from alerts.policy import Policy
from alerts.rules.catalogue import IDS
from api.app import create_app, describe
from api.metrics import Metrics
from deploy.cli import app as command_line
from elevator import settings, topics, wire
from elevator.faults import CATALOGUE
from elevator.model import Sample
from elevator.settings import Settings
from elevator.topics import Kind

PROJECT = Path(__file__).parents[2]
DOCS = PROJECT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), PROJECT / "README.md", PROJECT / "CHANGELOG.md"])


def rows(page: str) -> dict[str, list[str]]:
    """The rows of a page's tables by what stands between backticks in the first cell."""
    found: dict[str, list[str]] = {}
    for line in (DOCS / page).read_text().splitlines():
        if not line.startswith("| `"):
            continue
        cells = [cell.strip() for cell in line.replace(r"\|", "\0").strip("|").split("|")]
        name = re.match(r"`([^`]+)`", cells[0])
        assert name
        assert name[1] not in found, f"{page}: {name[1]} stands twice"
        found[name[1]] = cells[1:]
    return found


# --- what exists is told, and nothing else -----------------------------------------------------------------


def test_settings() -> None:
    told = rows("settings.md")
    fields = {settings.PREFIX + name.upper(): field for name, field in Settings.model_fields.items()}
    assert list(told) == sorted(told, key=list(told).index)
    assert set(told) == set(fields)
    for name, (default, meaning) in told.items():
        value = "~/.local/share/liftline" if name == "LIFTLINE_DATA_DIR" else fields[name].default
        shown = "unset" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"
        assert default == shown, name
        assert meaning
    for name in settings._FOREIGN:
        assert f"`{name}`" in (DOCS / "settings.md").read_text()


def _thresholds(policy: Policy) -> Iterator[tuple[str, float | None]]:
    for rule, threshold in policy.rules.items():
        yield f"rules.{rule}.suspect_s", threshold.suspect_s
        yield f"rules.{rule}.confirm_s", threshold.confirm_s
    for section in Policy.__struct_fields__:
        if section != "rules":
            for name, value in msgspec.structs.asdict(getattr(policy, section)).items():
                if not isinstance(value, dict):
                    yield f"{section}.{name}", value
    for code, habit in policy.faults.codes.items():
        for name, value in msgspec.structs.asdict(habit).items():
            if value is not None:
                yield f"faults.codes.{code}.{name}", value


def test_policy() -> None:
    told = {name: cells[0] for name, cells in rows("policy.md").items()}
    assert told == {
        name: "absent" if value is None else f"{value:g}"
        for name, value in _thresholds(Policy())
        if not (name.endswith("confirm_s") and value is None and name not in told)
    }
    asks = {name for name, value in _thresholds(Policy()) if value is None}
    assert asks <= set(told)
    assert all(why for _, why in rows("policy.md").values())


def test_codes_and_rules() -> None:
    told = rows("codes.md")
    assert set(told) == set(CATALOGUE) | IDS
    for code, fault in CATALOGUE.items():
        fault_class, gbt, priority, rule, traps, of, chinese, english = told[code]
        assert rule.split(",")[0] == (f"`{fault.rule}`" if fault.rule else "–"), code
        assert traps == ("yes" if fault.traps else "–"), code
        lift = {"traction", "hydraulic", "dumbwaiter"}
        assert {one for name in of.split(", ") for one in (lift if name == "lift" else {name})} == fault.equipment
        assert (fault_class, chinese, english) == (fault.fault_class, fault.zh, fault.en)
        assert gbt == (str(fault.gbt) if fault.gbt else "–")
        pair = [str(one) for one in (fault.empty, fault.occupied) if one is not None]
        assert priority == (" → ".join(dict.fromkeys(pair)) or "–"), code
    defaults = Policy().rules
    for rule in IDS:
        _, suspected, confirmed = told[rule]
        assert suspected.split()[0] == f"{defaults[rule].suspect_s:g}"
        if defaults[rule].confirm_s is None:
            assert confirmed == "never by itself"
        elif confirmed != "at once then":
            assert confirmed == f"{defaults[rule].confirm_s:g} s"


def test_each_rule_has_its_page() -> None:
    """One heading for each rule, with what it looks for and its times."""
    parts = re.split(r"^## (.+)$", (DOCS / "rules.md").read_text(), flags=re.MULTILINE)
    pages = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert set(pages) >= IDS
    for rule in IDS:
        for word in ("**Looks for**", "**Times**", "**Source**"):
            assert word in pages[rule], f"{rule}: {word}"


def _metrics() -> dict[str, tuple[str, set[str]]]:
    collectors = [
        *(one for module in (ingest.metrics, alerts.metrics, alerts.shadow.metrics, elevator.storage.metrics) for one in vars(module).values()), *vars(Metrics()).values()
    ]  # fmt: skip
    found: dict[str, tuple[str, set[str]]] = {}
    for one in collectors:
        if isinstance(one, MetricWrapperBase):
            family = one.describe()[0]
            name = family.name + ("_total" if family.type == "counter" else "")
            found[name] = (family.type, set(one._labelnames))
        elif isinstance(one, ingest.metrics.Ages):
            (family,) = one.describe()
            found[family.name] = (family.type, set(family._labelnames))
    return found


def test_metrics() -> None:
    told = rows("metrics.md")
    exported = _metrics()
    assert set(told) == set(exported)
    for name, (kind, labels) in exported.items():
        assert told[name][0] == kind, name
        assert set(re.findall(r"`(\w+)`", told[name][1])) == labels, name


@pytest.mark.parametrize("package", ["ingest", "alerts", "alerts/shadow", "api", "elevator/storage"])
def test_every_metric_is_filled(package: str) -> None:
    """A figure that nobody writes stays at nothing for ever and looks like a quiet night."""
    source = (PROJECT / package / "metrics.py").read_text()
    names = re.findall(r"^(?:        self\.)?(\w+) = (?:Counter|Gauge|Histogram)\(", source, re.MULTILINE)
    assert names
    used = "\n".join(
        path.read_text() for one in ("ingest", "alerts", "api", "elevator") for path in (PROJECT / one).rglob("*.py")
    )
    assert [name for name in names if len(re.findall(rf"\b{name}\b", used)) < 2] == []


def test_commands() -> None:
    def walk(command: Any, path: tuple[str, ...]) -> Iterator[str]:
        if not getattr(command, "commands", None):
            yield " ".join(path)
        for name, inner in getattr(command, "commands", {}).items():
            yield from walk(inner, (*path, name))

    existing = set(walk(get_command(command_line), ("liftline",)))
    assert {name for name in rows("operating.md") if name.startswith("liftline")} == existing


def _endpoints() -> set[str]:
    config = Settings(database_url="postgresql://127.0.0.1/none")
    schema = describe(create_app(config, pool=cast("Any", None), policy=Policy()))
    return {f"{verb.upper()} {path}" for path, verbs in schema["paths"].items() for verb in verbs}


def test_endpoints() -> None:
    """Every endpoint of the OpenAPI document stands in docs/http.md; the names in braces may differ."""
    told = {
        f"GET {path}" for path in ("/healthz", "/readyz", "/metrics") if f"`{path}`" in (DOCS / "http.md").read_text()
    }
    verb = "GET|POST|PUT|DELETE|PATCH"
    for verbs, path in re.findall(rf"((?:{verb})(?:, (?:{verb}))*) `(/[^`?]*)`", (DOCS / "http.md").read_text()):
        told |= {f"{one} {re.sub(r'{[^}]*}', '{}', path)}" for one in verbs.split(", ")}
    existing = {re.sub(r"{[^}]*}", "{}", one.replace(" /api/v1", " ")) for one in _endpoints()}
    assert existing - told == set(), "not in docs/http.md"
    assert told - existing == set(), "in docs/http.md, but not there"


def test_fields_of_the_sample() -> None:
    told = (DOCS / "mqtt.md").read_text().split("## Sample", 1)[1].split("## Event", 1)[0]
    for field in dataclasses.fields(Sample) if dataclasses.is_dataclass(Sample) else msgspec.structs.fields(Sample):
        assert f"`{field.name}`" in told, field.name


# --- what is told, works -----------------------------------------------------------------------------------

_SAY = """
mosquitto_pub() {
    while [ $# -gt 0 ]; do case "$1" in -t) echo "topic $2"; shift;; -m) printf '%s\\0' "$2"; shift;; esac; shift; done
}
mosquitto_sub() { :; }
"""


@pytest.mark.parametrize("page", [DOCS / "mqtt.md", PROJECT / "README.md"], ids=lambda page: page.name)
def test_examples_for_mosquitto_are_what_the_contract_says(page: Path) -> None:
    """Every `mosquitto_pub` of the page is run, by a shell, into a decoder instead of a broker."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)
    script = "\n".join(block for block in blocks if "mosquitto_" in block and "curl" not in block)
    said = subprocess.run(["bash", "-euc", _SAY + script], capture_output=True, text=True, check=True)
    messages = [part.strip().split("\n", 1) for part in said.stdout.split("\0") if part.strip()]
    assert messages
    for line, payload in messages:
        topic = topics.parse(line.removeprefix("topic "))
        match topic.kind:
            case Kind.TELEMETRY:
                assert wire.decode_samples(payload.encode(), None).bad == []
            case Kind.EVENT:
                events = wire.decode_events(payload.encode())
                assert events.bad == []
                assert all(event.code in CATALOGUE for event in events.items)
            case _:
                wire.decode_link(payload.encode())


def test_json_in_pages_is_json() -> None:
    for page in PAGES:
        for block in re.findall(r"```json\n(.*?)```", page.read_text(), re.DOTALL):
            json.loads(block)


# --- links, names, words -----------------------------------------------------------------------------------


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        assert aim.exists(), f"{page.name} → {target}"
        if anchor:
            assert anchor in _anchors(aim), f"{page.name} → {target}"


def test_every_decision_stands_in_the_index() -> None:
    index = (DOCS / "adr" / "README.md").read_text()
    for decision in DOCS.glob("adr/[0-9]*.md"):
        assert f"({decision.name})" in index, decision.name
        for heading in ("Context", "Decision", "Consequences"):
            assert re.search(rf"^## {heading}", decision.read_text(), re.MULTILINE), f"{decision.name}: {heading}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [PROJECT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
            aim = (page.parent / target).resolve()
            if aim.exists() and aim.is_file():
                waiting.append(aim)
    assert [str(page.relative_to(PROJECT)) for page in DOCS.rglob("*.md") if page not in seen] == []


def test_modules_are_told_in_the_architecture() -> None:
    text = (DOCS / "architecture.md").read_text().split("## What goes where", 1)[1]
    sections = dict(re.findall(r"^### (\w+):.*?\n(.*?)(?=^##)", text, re.DOTALL | re.MULTILINE))
    for package in ("elevator", "ingest", "alerts", "api", "deploy"):
        for entry in (PROJECT / package).iterdir():
            module = entry.suffix == ".py" or (entry / "__init__.py").exists()
            name = entry.stem
            if module and not name.startswith("_"):
                assert f"`{name}`" in sections[package], f"{package}.{name} is missing in docs/architecture.md"
        for name in re.findall(r"^\| (.*?) \|", sections[package], re.MULTILINE):
            for module_name in re.findall(r"`(\w+)`", name):
                there = PROJECT / package / module_name
                assert there.is_dir() or there.with_suffix(".py").exists(), f"{package}.{module_name} is gone"


# Parts of words, so that this list does not find itself.
_UNWANTED = [
    "pypi" + r"\.org", "files.python" + "hosted", "registry.npm" + "js", "deb.debian" + r"\.org", r"mirrors\.[a-z]+\.",
    "/wo" + r"rk/", "/ro" + r"ot/", "/tmp/br" + "ief", "chat" + "gpt", r"\bcop" + r"ilot\b", r"\blanguage mod" + r"el\b",
    r"\bA" + r"I\b", r"\bLL" + r"M\b", r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", r"\bXX" + r"X\b",
]  # fmt: skip


def test_no_names_of_workplaces_and_registries() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    suffixes = {".py", ".md", ".sql", ".toml", ".yaml", ".ts", ".tsx", ".css", ".html", ".sh", ".template", ".mjs", ""}
    found = []
    for name in listed:
        path = PROJECT / name
        if not name or path.suffix not in suffixes or not path.is_file() or path.name in {"LICENSE", "uv.lock"}:
            continue
        text = path.read_text(errors="replace")
        found += [f"{name}: {hit[0]}" for pattern in _UNWANTED if (hit := re.search(pattern, text))]
    assert found == []
