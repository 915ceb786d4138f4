"""The picture of a score, from its JSON document: delays by cause, false alarms and suspicions by noise."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.plotting import NoPlotError

_COLOURS = ("#1f6f8b", "#e07a5f")
_DOTS = 130  # per inch
_WORDS = {"cleared": "suspicion that cleared itself", "asked": "person asked in vain", "false": "false rescue"}
_LINE = 0.28  # inches of height per row of a panel


def draw(document: Mapping[str, Any], target: Path) -> None:
    """Write the PNG.

    Raises:
        NoPlotError: matplotlib is missing.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - an optional extra
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise NoPlotError("no picture: matplotlib is missing (extra `bench`; `make score` installs it)") from None
    policies: Mapping[str, Any] = document["policies"]
    causes = sorted({cause for one in policies.values() for cause in one["by_cause"]})
    noises = _noisy(policies)
    figure = Figure(figsize=(15, 2.2 + _LINE * max(len(causes), len(noises), 8)), layout="constrained")
    FigureCanvasAgg(figure)
    left, middle, right = figure.subplots(1, 3, width_ratios=(2, 1.4, 2))
    _delays(left, policies, causes)
    _late(middle, policies, causes)
    _noise(right, policies, noises, document["lift_days"])
    plan = document["plan"]
    figure.suptitle(
        f"liftline score: set {plan['name']}, {document['lift_days']:,.0f} lift-days, "
        f"{next(iter(policies.values()))['entrapments']['judged']:,} entrapments"
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=_DOTS)


def _noisy(policies: Mapping[str, Any]) -> list[str]:
    """The noises that made any suspicion at all, the loudest first."""
    loud: dict[str, int] = {}
    for one in policies.values():
        for noise, figures in one["by_noise"].items():
            loud[noise] = loud.get(noise, 0) + figures["cleared"] + figures["asked"] + figures["false"]
    return sorted((noise for noise, count in loud.items() if count), key=lambda noise: (-loud[noise], noise))


def _boxes(panel: Any, policies: Mapping[str, Any], causes: list[str], what: str) -> None:
    """A box for each cause: the middle half, whiskers over everything."""
    width = 0.8 / len(policies)
    for number, (name, one) in enumerate(policies.items()):
        rows = [(row, one["by_cause"].get(cause, {}).get(what) or []) for row, cause in enumerate(causes)]
        rows = [(row, values) for row, values in rows if values]
        if rows:
            panel.boxplot(
                [values for _, values in rows], positions=[row + width * (number - (len(policies) - 1) / 2)
                for row, _ in rows], orientation="horizontal", widths=width * 0.8, whis=(0, 100), manage_ticks=False,
                patch_artist=True, boxprops={"facecolor": _COLOURS[number], "alpha": 0.6},
                medianprops={"color": "black"},
            )  # fmt: skip
        panel.plot([], [], color=_COLOURS[number], linewidth=6, alpha=0.6, label=name)
    panel.set_yticks(range(len(causes)), causes, fontsize=8)
    panel.set_ylim(len(causes) - 0.4, -0.6)
    panel.set_xscale("symlog", linthresh=10)
    panel.grid(axis="x", alpha=0.3)
    if len(policies) > 1:
        panel.legend(fontsize=8)


def _delays(panel: Any, policies: Mapping[str, Any], causes: list[str]) -> None:
    _boxes(panel, policies, causes, "delays_s")
    panel.set_title("from known to found, s: least, quartiles, most", fontsize=10)


def _late(panel: Any, policies: Mapping[str, Any], causes: list[str]) -> None:
    _boxes(panel, policies, causes, "late_s")
    panel.axvline(0, color="black", linewidth=0.8)
    panel.axvline(2, color="firebrick", linewidth=0.8, linestyle="--")
    panel.set_yticks(range(len(causes)), [""] * len(causes))
    panel.set_title("beyond the contract's time, s (dashed: 2 s)", fontsize=10)


def _noise(panel: Any, policies: Mapping[str, Any], noises: list[str], lift_days: float) -> None:
    """How often each noise made a suspicion that cleared, one that asked in vain, and a false rescue."""
    per = 10_000 / lift_days if lift_days else 0
    kinds = (("cleared", 0.35, ""), ("asked", 0.65, "//"), ("false", 1.0, "xx"))  # share of colour, hatching
    height = 0.8 / len(policies)
    for number, (name, one) in enumerate(policies.items()):
        start = [0.0] * len(noises)
        places = [row + height * (number - (len(policies) - 1) / 2) for row in range(len(noises))]
        for kind, alpha, hatch in kinds:
            widths = [one["by_noise"].get(noise, {}).get(kind, 0) * per for noise in noises]
            panel.barh(
                places, widths, height * 0.9, left=start, color=_COLOURS[number], alpha=alpha, hatch=hatch,
                label=f"{_WORDS[kind]} ({name})" if len(policies) > 1 else _WORDS[kind],
            )  # fmt: skip
            start = [before + width for before, width in zip(start, widths, strict=True)]
    panel.set_yticks(range(len(noises)), noises, fontsize=8)
    panel.set_ylim(max(len(noises), 12) - 0.4, -0.6)
    panel.grid(axis="x", alpha=0.3)
    panel.legend(fontsize=8)
    panel.set_title("with nobody trapped, per 10 000 lift-days", fontsize=10)
