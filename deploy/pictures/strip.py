"""A played story as a strip chart (SVG): the lanes of the console's, the span of the condition, the decisions."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from alerts.policy import Policy
from deploy.pictures.stories import Played
from deploy.plotting import NoPlotError
from elevator.faults import CATALOGUE
from elevator.model import Door, Power, SafetyChain, Sample

_QUIET, _PLAIN, _LOUD, _TINT = "#aab2b9", "#4b545c", "#c81d1d", "#f8dcd9"
_TALL = 2.2  # lanes that the height takes
_HEIGHT = {0: 0.14, 1: 0.7, 2: 0.7}  # of a lane, by how much it says
_COLOUR = {0: _QUIET, 1: _PLAIN, 2: _LOUD}
Read = Callable[[Sample], tuple[int, str]]
Bar = tuple[float, float, int, str]

_LANES: tuple[tuple[str, Read], ...] = (
    ("door", lambda one: (0 if one.door is Door.CLOSED else 1, f"{one.door}")),
    ("told to open", lambda one: (int(str(one.door_command) == "open"), f"{one.door_command}")),
    ("door zone", lambda one: (0, "inside") if one.door_zone else (2, "outside")),
    ("moving", lambda one: (1, "moving") if one.moving else (0, "stopped")),
    ("someone in", lambda one: (1, "yes") if one.occupied else (0, "no")),
    ("power", lambda one: (0, "mains") if one.power is Power.MAINS else (2, f"{one.power}")),
    ("safety chain", lambda one: (0, "closed") if one.safety_chain is SafetyChain.CLOSED else (2, "open")),
)
_NARROW = 0.85  # of the width: behind that there is no room for words
_ONLY_IF_SAID = {"told to open", "safety chain"}  # drawn where they say something


def draw(played: Played, policy: Policy, target: Path) -> None:
    """Write the SVG; the same story makes the same bytes.

    Raises:
        NoPlotError: matplotlib is missing.
    """
    try:
        from matplotlib import rc_context  # noqa: PLC0415 - an optional extra
        from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise NoPlotError("no picture: matplotlib is missing (extra `bench`)") from None
    lanes = list(_lanes(played))
    with rc_context({"svg.hashsalt": played.story.rule, "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=(9, 0.28 * (len(lanes) + _TALL) + 1.1), layout="constrained")
        FigureCanvasSVG(figure)
        panel = figure.subplots()
        _panel(panel, played, lanes, policy)
        figure.savefig(target, metadata={"Date": None})


def _panel(panel: Any, played: Played, lanes: list[tuple[str, list[Bar]]], policy: Policy) -> None:
    story = played.story
    decided = played.confirmed if played.confirmed is not None else played.suspected
    if played.since is not None and decided is not None:
        panel.axvspan(played.since, decided, color=_TINT, lw=0, zorder=0)
    for number, (_, bars) in enumerate(lanes):
        base = len(lanes) - 1 - number
        for begin, end, loud, _ in bars:
            panel.broken_barh([(begin, end - begin)], (base, _HEIGHT[loud]), color=_COLOUR[loud], lw=0)
        word = (bars[-1][3] if story.silent_from is None else "no word") if bars else ""
        panel.text(story.until * 1.01, base + 0.08, word, fontsize=9, color=_PLAIN)
        panel.axhline(base, color="#dfe3e6", lw=0.8, zorder=0)
    _height(panel, played, len(lanes) + 0.1)
    top = len(lanes) + _TALL
    for moment, word, style in ((played.suspected, "suspected", "--"), (played.confirmed, "confirmed", "-")):
        if moment is not None:
            panel.axvline(moment, color="black", ls=style, lw=1.4)
            side = "right" if word == "suspected" and played.confirmed is not None else "left"
            if side == "left" and moment > story.until * _NARROW:
                side = "right"
            panel.text(moment, top + 0.05, f" {word} {moment:g} s ", ha=side, va="bottom", fontsize=9)
    panel.set_yticks(
        [*(len(lanes) - 1 - n + 0.35 for n in range(len(lanes))), len(lanes) + _TALL / 2],
        [*(name for name, _ in lanes), "height"],
    )
    panel.tick_params(axis="y", length=0)
    panel.set_ylim(0, top)
    panel.set_xlim(0, story.until)
    panel.set_xlabel(caption(story.rule, policy), fontsize=9)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)


def _height(panel: Any, played: Played, base: float) -> None:
    """The car's way, stretched over its lane."""
    points = [(second, one.position) for second, one in played.samples if one.position is not None]
    if not points:
        return
    low = min(value for _, value in points)
    high = max(low + 3, *(value for _, value in points))
    scale = (_TALL - 0.4) / (high - low)
    known_until = _known_until(played)
    way = [*points, (known_until, points[-1][1])]
    panel.plot(
        [second for second, _ in way], [base + (value - low) * scale for _, value in way], color=_PLAIN, lw=1.6,
        drawstyle="default",
    )  # fmt: skip


def _lanes(played: Played) -> Iterator[tuple[str, list[Bar]]]:
    for name, read in _LANES:
        bars = _bars(played, read)
        if name not in _ONLY_IF_SAID or any(loud for _, _, loud, _ in bars):
            yield name, bars
    for code in dict.fromkeys(code for _, code, _ in played.events):
        bars = []
        begin: float | None = None
        for second, name, active in [*played.events, (played.story.until, code, False)]:
            if name == code and active and begin is None:
                begin = second
            elif name == code and not active and begin is not None:
                bars.append((begin, second, 2, ""))
                begin = None
        yield CATALOGUE[code].en.lower(), bars


def _bars(played: Played, read: Read) -> list[Bar]:
    """What a lane says, from each sample to the next; nothing once the car has fallen silent."""
    bars: list[Bar] = []
    ends = [*(second for second, _ in played.samples[1:]), _known_until(played)]
    for (begin, sample), end in zip(played.samples, ends, strict=True):
        loud, word = read(sample)
        if bars and bars[-1][2:] == (loud, word):
            bars[-1] = (bars[-1][0], end, loud, word)
        else:
            bars.append((begin, end, loud, word))
    return bars


def _known_until(played: Played) -> float:
    """Until when there was word of the car."""
    return played.samples[-1][0] if played.story.silent_from is not None else played.story.until


def caption(rule: str, policy: Policy) -> str:
    """The rule's own times."""
    threshold = policy.rules[rule]
    if rule == "alarm_pressed":
        return f"seconds · {rule}: {_button(policy)}"
    if threshold.confirm_s == 0:
        return f"seconds · {rule}: confirmed at once"
    after = f"suspected after {threshold.suspect_s:g} s"
    if rule == "silence":
        after = f"suspected {threshold.suspect_s:g} s after {policy.silence.intervals:g} intervals and "
        after += f"{policy.silence.slack_s:g} s without a word"
    confirms = "a person decides" if threshold.confirm_s is None else f"confirmed after {threshold.confirm_s:g} s"
    return f"seconds · {rule}: {after}, {confirms} (shaded: the condition)"


def _button(policy: Policy) -> str:
    held, again = policy.button.held_s, policy.button.second_press_s
    return f"suspected at once, confirmed when held for {held:g} s or pressed again within {again:g} s"
