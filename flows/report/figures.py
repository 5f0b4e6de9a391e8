"""Pictures as inline SVG: lines with bands, dumbbells, interval panels. Hand-written, so that text stays text.

Not here: what is shown (the sections). Law: a picture is a pure function of its numbers; colours come from the
page's style sheet through classes.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from flows.report.markup import Html, el


class Series(NamedTuple):
    """A named line: points (x, y) and, where known, its band (x, low, high)."""

    name: str
    colour: str
    points: Sequence[tuple[float, float]]
    band: Sequence[tuple[float, float, float]] = ()


class Frame(NamedTuple):
    """Where numbers land in a picture."""

    x: tuple[float, float]
    y: tuple[float, float]
    left: float
    right: float
    top: float
    bottom: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the place of a point, in pixels."""
        across = (x - self.x[0]) / ((self.x[1] - self.x[0]) or 1)
        up = (y - self.y[0]) / ((self.y[1] - self.y[0]) or 1)
        return self.left + across * (self.right - self.left), self.bottom - up * (self.bottom - self.top)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round numbers that cover [low, high], about that many."""
    span = (high - low) or 1.0
    raw = span / max(1, about)
    unit = 10 ** math.floor(math.log10(raw))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= raw * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def text(x: float, y: float, words: object, *, anchor: str = "start", cls: str = "label") -> Html:
    """Return a text at a place."""
    return el("text", words, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, cls=cls)


def line(x1: float, y1: float, x2: float, y2: float, cls: str) -> Html:
    """Return a straight line."""
    return el("line", x1=f"{x1:.1f}", y1=f"{y1:.1f}", x2=f"{x2:.1f}", y2=f"{y2:.1f}", cls=cls)


def dot(x: float, y: float, cls: str, *, radius: float = 4, title: str = "") -> Html:
    """Return a circle, with what it says on hover."""
    shown = el("title", title) if title else None
    return el("circle", shown, cx=f"{x:.1f}", cy=f"{y:.1f}", r=radius, cls=cls)


def svg(width: float, height: float, *parts: object, label: str) -> Html:
    """Return a picture that scales with its column; `label` says it in words."""
    return el("svg", *parts, viewBox=f"0 0 {width:g} {height:g}", role="img", aria_label=label,
              xmlns="http://www.w3.org/2000/svg", style=f"max-width:{width:g}px")  # fmt: skip


def _number(value: float, percent: bool) -> str:
    if percent:
        return f"{100 * value:.0f}%"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def line_chart(
    series: Sequence[Series],
    *,
    title: str,
    x_label: str,
    percent: bool = False,
    y_from_zero: bool = False,
    width: float = 500,
    height: float = 290,
    dots: bool = True,
    direct: bool = True,
    rules: Sequence[tuple[float, str]] = (),
) -> Html:
    """Return lines with bands, named at their ends when `direct`; `rules` are dashed levels with a name."""
    xs = [x for s in series for x, _ in s.points]
    ys = [y for s in series for _, y in s.points] + [v for s in series for _, low, high in s.band for v in (low, high)]
    ys += [level for level, _ in rules]
    y_ticks = ticks(0.0 if y_from_zero else min(ys), max(ys), 4)
    y_range = (y_ticks[0], min(y_ticks[-1], 1.0) if percent else y_ticks[-1])
    if y_range[0] == y_range[1]:
        y_range = (y_range[0] - 0.5, y_range[1] + 0.5)
    x_ticks = [t for t in ticks(min(xs), max(xs), 5) if t <= max(xs) * 1.001]
    ends = 62 if direct else 12
    frame = Frame((min(xs), max(xs)), y_range, 46, width - ends, 30, height - 38)
    parts: list[object] = [text(0, 14, title, cls="title")]
    for tick in (t for t in y_ticks if t <= y_range[1] + 1e-9):
        _, y = frame.at(0, tick)
        parts += [line(frame.left, y, frame.right, y, "grid"), text(frame.left - 6, y + 4, _number(tick, percent),
                  anchor="end")]  # fmt: skip
    for tick in x_ticks:
        x, _ = frame.at(tick, 0)
        parts.append(text(x, frame.bottom + 16, _number(tick, False), anchor="middle"))
    parts.append(text((frame.left + frame.right) / 2, height - 5, x_label, anchor="middle", cls="axis"))
    for level, name in rules:
        _, y = frame.at(0, level)
        parts += [line(frame.left, y, frame.right, y, "rule"), text(frame.right - 4, y - 5, name, anchor="end")]
    for s in series:
        parts += _drawn(s, frame, percent, dots)
    if direct:
        parts += _end_labels(series, frame)
    return svg(width, height, *parts, label=f"{title}: {', '.join(s.name for s in series)}")


def _drawn(series: Series, frame: Frame, percent: bool, dots: bool) -> list[object]:
    parts: list[object] = []
    if len(series.band) > 1:
        upper = [frame.at(x, high) for x, _, high in series.band]
        lower = [frame.at(x, low) for x, low, _ in reversed(series.band)]
        parts.append(el("path", d=_path([*upper, *lower]) + "Z", cls=f"band {series.colour}"))
    places = [frame.at(x, y) for x, y in series.points]
    parts.append(el("path", d=_path(places), cls=f"line {series.colour}"))
    if dots:
        for (x, y), (at_x, at_y) in zip(series.points, places, strict=True):
            said = f"{series.name}: {_number(y, percent)} at {x:.1f}"
            parts.append(dot(at_x, at_y, f"dot {series.colour}", title=said))
    return parts


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)


def _end_labels(series: Sequence[Series], frame: Frame) -> list[object]:
    wanted = sorted((frame.at(*s.points[-1])[1], s) for s in series if s.points)
    parts: list[object] = []
    free = frame.top - 6
    for y, s in wanted:
        free = max(y + 4, free + 14)
        parts.append(text(frame.at(*s.points[-1])[0] + 9, free, s.name, cls=f"name {s.colour}"))
    return parts


class Dumbbell(NamedTuple):
    """One arm's move from before to after, with the interval of what is after; rates in [0, 1]."""

    name: str
    colour: str
    before: float
    after: float
    low: float
    high: float


def dumbbells(rows: Sequence[Dumbbell], *, label: str, width: float = 320) -> Html:
    """Return one line per arm: hollow before, filled after, whisker for the 95% interval of after."""
    height = 26 * len(rows) + 22
    frame = Frame((0, 1), (0, 1), 64, width - 12, 4, height - 18)
    parts: list[object] = []
    for tick in (0, 0.25, 0.5, 0.75, 1):
        x, _ = frame.at(tick, 0)
        parts += [line(x, frame.top, x, frame.bottom, "grid"), text(x, height - 4, f"{100 * tick:.0f}%",
                  anchor="middle")]  # fmt: skip
    for i, row in enumerate(rows):
        y = frame.top + 13 + 26 * i
        before, after = frame.at(row.before, 0)[0], frame.at(row.after, 0)[0]
        low, high = frame.at(row.low, 0)[0], frame.at(row.high, 0)[0]
        said = f"{row.name}: {row.before:.1%} to {row.after:.1%} [{row.low:.1%}, {row.high:.1%}]"
        parts += [
            text(0, y + 4, row.name, cls=f"name {row.colour}"),
            line(before, y, after, y, f"move {row.colour}"),
            line(low, y, high, y, f"whisker {row.colour}"),
            dot(before, y, f"hollow {row.colour}", title=said),
            dot(after, y, f"dot {row.colour}", radius=5, title=said),
        ]
    return svg(width, height, *parts, label=label)


class Posterior(NamedTuple):
    """What a diagnosis thought of one cell: rates in [0, 1]; kind is a colour class."""

    mean: float
    low: float
    high: float
    kind: str
    weak: bool
    said: str


def posterior_panels(
    names: Sequence[tuple[str, bool]],
    panels: Sequence[tuple[str, float, Sequence[Posterior | None]]],
    *,
    label: str,
) -> Html:
    """Return a panel per round: a row per cell (name, is a hole), its interval and mean; a dashed line for weak."""
    row, gap = 19, 38
    left = 30 + 7.2 * max(len(name) for name, _ in names)
    wide = max(150.0, min(330.0, (980 - left) / max(1, len(panels)) - gap))
    width, height = left + len(panels) * (wide + gap), row * len(names) + 56
    parts: list[object] = []
    for i, (name, hole) in enumerate(names):
        y = 34 + row * (i + 0.5)
        parts.append(text(left - 12, y + 4, f"◆ {name}" if hole else name, anchor="end", cls="hole" if hole else
                          "label"))  # fmt: skip
    for p, (title, threshold, cells) in enumerate(panels):
        frame = Frame((0, 1), (0, 1), left + p * (wide + gap), left + p * (wide + gap) + wide, 34, height - 22)
        parts.append(text(frame.left, 16, title, cls="title"))
        for tick in (0, 0.5, 1):
            x, _ = frame.at(tick, 0)
            parts += [line(x, frame.top, x, frame.bottom, "grid"), text(x, height - 6, f"{100 * tick:.0f}%",
                      anchor="middle")]  # fmt: skip
        x, _ = frame.at(threshold, 0)
        parts += [line(x, frame.top - 4, x, frame.bottom, "rule")]
        for i, found in enumerate(cells):
            if found is not None:
                parts += _posterior(found, frame, 34 + row * (i + 0.5))
    return svg(width, height, *parts, label=label)


def _posterior(found: Posterior, frame: Frame, y: float) -> list[object]:
    (low, _), (high, _), (mean, _) = (frame.at(v, 0) for v in (found.low, found.high, found.mean))
    shape = "dot" if found.weak else "hollow"
    return [
        line(low, y, high, y, f"whisker {found.kind}"),
        dot(mean, y, f"{shape} {found.kind}", radius=4.5 if found.weak else 3.5, title=found.said),
    ]


def legend(entries: Sequence[tuple[str, str]]) -> Html:
    """Return colour classes with their names."""
    return el("p", *(el("span", el("i", cls=f"swatch {colour}"), name) for colour, name in entries), cls="legend")


def stacked(shares: Sequence[tuple[str, str, float]], *, most: float | None = None, unit: str = "") -> Html:
    """Return one horizontal bar of (name, colour class, amount); its length is its sum over `most`."""
    total = sum(amount for _, _, amount in shares)
    spans = [
        el("span", cls=f"piece {colour}", style=f"flex:{amount:.6g} 0 0", title=f"{name}: {amount:,.4g}{unit}")
        for name, colour, amount in shares
        if amount > 0
    ]
    full = total if most is None else most
    return el("div", *spans, cls="stack", style=f"width:{100 * total / full:.2f}%" if full else None)
