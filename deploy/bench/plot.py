"""The picture of a benchmark, from its JSON document."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.plotting import NoPlotError

_MODES = ("drain", "live")
_COLOURS = ("#1f6f8b", "#e07a5f", "#81b29a", "#3d405b", "#f2cc8f")
_DOTS = 130  # per inch


def draw(document: Mapping[str, Any], target: Path) -> None:
    """Write the PNG.

    Raises:
        NoPlotError: matplotlib is missing.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - an optional extra
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise NoPlotError("no picture: matplotlib is missing (extra `bench`; `make bench` installs it)") from None
    fleets = document["fleets"] if len(document["fleets"]) > 1 else {}
    figure = Figure(figsize=(13, 8.5 if fleets else 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(2 if fleets else 1, 3, squeeze=False)
    contenders = document["contenders"]
    _bars(panels[0][0], contenders, "messages_per_s", "messages/s, each on disk")
    _bars(panels[0][1], contenders, "worker_cpu_us_per_message", "CPU of the worker, µs per message")
    _alarms(panels[0][2], document["transports"])
    if fleets:
        _growth(panels[1][0], fleets, "messages_per_s", "messages/s by size of the fleet")
        _growth(panels[1][1], fleets, "worker_cpu_us_per_message", "CPU of the worker, µs per message")
        _growth(panels[1][2], fleets, "peak_rss_mb", "largest resident size of the worker, MB")
    machine = document["machine"]
    figure.suptitle(f"Liftline, {document['lifts']:,} lifts; {machine.get('cores', '?')} cores shared by everything")
    figure.savefig(target, dpi=_DOTS)


def _bars(panel: Any, contenders: Mapping[str, Any], figure: str, title: str) -> None:
    names = list(contenders)
    for number, mode in enumerate(_MODES):
        heights = [contenders[name].get(mode, {}).get(figure, 0) for name in names]
        where = [place + 0.4 * (number - 0.5) for place in range(len(names))]
        bars = panel.bar(where, heights, 0.38, label=mode, color=_COLOURS[number])
        panel.bar_label(bars, [f"{height:,.0f}" if height else "" for height in heights], fontsize=7)
    panel.set_xticks(range(len(names)), [name.replace("-", "\n", 1) for name in names], fontsize=8)
    panel.set_title(title, fontsize=10)
    panel.legend(fontsize=8)


def _alarms(panel: Any, transports: Mapping[str, Any]) -> None:
    panel.set_title("alarm: device → ack after commit, ms", fontsize=10)
    panel.set_yscale("log")
    for number, (transport, figures) in enumerate(transports.items()):
        loads: Sequence[str] = list(figures["alarm_ms"])
        for line, style in (("p50", "-"), ("p99", "--"), ("max", ":")):
            values = [figures["alarm_ms"][load][line] for load in loads]
            panel.plot(loads, values, style, marker="o", color=_COLOURS[number], label=f"{transport} {line}")
    if transports:
        panel.legend(fontsize=8)


def _growth(panel: Any, fleets: Mapping[str, Any], figure: str, title: str) -> None:
    panel.set_title(title, fontsize=10)
    for number, transport in enumerate(dict.fromkeys(name for one in fleets.values() for name in one)):
        for mode, style in zip(_MODES, ("-", "--"), strict=True):
            points = [
                (int(lifts), one[transport][mode][figure]) for lifts, one in fleets.items() if mode in one[transport]
            ]
            if points:
                label = f"{transport} {mode}"
                panel.plot(*zip(*points, strict=True), style, marker="o", color=_COLOURS[number], label=label)
    panel.set_xscale("log")
    panel.set_ylim(bottom=0)
    panel.legend(fontsize=8)
