"""The picture of a score of visits: how the points of each kind are spread."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.plotting import NoPlotError

_DOTS = 110  # per inch


def draw(found: Mapping[str, Any], target: Path) -> None:
    """Write the PNG.

    Raises:
        NoPlotError: matplotlib is missing.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - an optional extra
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise NoPlotError("no picture: matplotlib is missing (extra `bench`; `make score` installs it)") from None
    kinds = sorted(found["scores"], reverse=True)
    figure = Figure(figsize=(10, 1.6 + 0.36 * len(kinds)), layout="constrained")
    FigureCanvasAgg(figure)
    panel = figure.subplots()
    panel.axvspan(-25, found["doubtful"], color="#e07a5f", alpha=0.15)
    for row, kind in enumerate(kinds):
        points: dict[float, int] = {}
        for score in found["scores"][kind]:
            points[score] = points.get(score, 0) + 1
        most = len(found["scores"][kind])
        colour = "#e07a5f" if kind.startswith("ghost") else "#1f6f8b"
        sizes = [8 + 400 * count / most for count in points.values()]
        panel.scatter(list(points), [row] * len(points), s=sizes, color=colour, alpha=0.55)
    panel.set_yticks(range(len(kinds)), kinds)
    panel.set_xlim(-22, 14)
    panel.grid(axis="x", alpha=0.3)
    panel.set_xlabel("points: below 0 they speak against the visit; shaded: doubtful; area: share of the kind's visits")
    plan = found["plan"]
    panel.set_title(f"liftline score-visits: set {plan['name']}, {found['visits']:,} visits")
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=_DOTS)
