"""Drawings as SVG: plots, bars and sequence diagrams; every text is escaped, colours follow the page's theme.

Drawn are values that somebody has already counted: a few hundred points, not a row a packet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from netguru.render.clean import html_text as esc
from netguru.render.clean import line as one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Style = Literal["line", "steps", "area", "points", "sticks"]

_WIDTH, _HEIGHT = 760, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 14, 30, 44
_COLOURS = 8
_TICKS = 6
_BLOCKS = " ▁▂▃▄▅▆▇█"
_COLUMNS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One thing over x: its points, how they are drawn, and which colour of the theme (None counts up).

    Of `sticks` each point has a third value: the upper end of an upright stroke.
    """

    name: str
    points: tuple[tuple[float, ...], ...]
    style: Style = "line"
    colour: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Series over one x axis."""

    title: str
    x: str
    y: str
    series: tuple[Series, ...]

    def svg(self) -> str:
        """Draw it."""
        return _plot(self)

    def plain(self) -> str:
        """Give each series as a row of blocks."""
        return _sparks(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Named values, the largest first; `texts` are the values as people read them."""

    title: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    texts: tuple[str, ...]

    def svg(self) -> str:
        """Draw it."""
        return _bars(self)

    def plain(self) -> str:
        """Give each value as a row of blocks."""
        most = max(self.values, default=0) or 1
        wide = max((len(one_line(name)) for name in self.names), default=0)
        rows = [
            f"  {one_line(name):<{wide}}  {'█' * max(1, round(30 * value / most))} {one_line(text)}"
            for name, value, text in zip(self.names, self.values, self.texts, strict=True)
        ]
        return "\n".join([one_line(self.title), *rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One message of a sequence diagram: who to whom, when, what; `marked` draws the eye to it."""

    time: str
    source: int
    target: int
    text: str
    number: int
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """A sequence diagram: hosts side by side, time downwards."""

    title: str
    hosts: tuple[str, ...]
    steps: tuple[Step, ...]

    def svg(self) -> str:
        """Draw it."""
        return _ladder(self)

    def plain(self) -> str:
        """Give one line a message."""
        rows = [
            f"  {step.number:>7}  {one_line(step.time):>12}  {one_line(self.hosts[step.source])} → "
            f"{one_line(self.hosts[step.target])}  {one_line(step.text)}{'  !' if step.marked else ''}"
            for step in self.steps
        ]
        return "\n".join([one_line(self.title), *rows])


Chart = Plot | Bars | Ladder


def _frame(width: float, height: float, title: str, body: str, kind: str = "ng-chart") -> str:
    name = esc(one_line(title))
    return (
        f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img" aria-label="{name}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{name}</title>{body}</svg>'
    )


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{esc(one_line(text))}</text>'


def ticks(low: float, high: float, count: int = _TICKS) -> list[float]:
    """Give round numbers between two values, about `count`: steps of 1, 2 or 5 times a power of ten.

    >>> ticks(0, 10)
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    """
    span = (high - low) or abs(high) or 1.0
    rough = span / max(count - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * by for by in (1, 2, 5, 10) if power * by >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round((first + at) * step, 12) for at in range(int((high - first * step) / step + 1e-9) + 1)]


def short(value: float) -> str:
    """Write a number in few digits.

    >>> short(0), short(1500), short(2_500_000), short(0.25)
    ('0', '1.5k', '2.5M', '0.25')
    """
    for size, sign in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{sign}"
    return f"{value:.4g}"


def _plot(plot: Plot) -> str:
    points = [point for series in plot.series for point in series.points]
    if not points:
        return _frame(_WIDTH, 60, plot.title, _text(8, 34, f"{plot.title}: nothing to draw", "ng-axis"))
    left, right = min(p[0] for p in points), max(p[0] for p in points)
    low, high = min(0.0, *(min(p[1:]) for p in points)), max(max(p[1:]) for p in points)
    right, high = (right if right > left else left + 1), (high if high > low else low + 1)
    room = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def at_x(value: float) -> float:
        return _LEFT + (value - left) / (right - left) * room[0]

    def at_y(value: float) -> float:
        return _TOP + room[1] - (value - low) / (high - low) * room[1]

    body = [_text(_LEFT, 16, plot.title, "ng-name")]
    for value in ticks(low, high):
        body.append(
            f'<line class="ng-grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at_y(value):.1f}" y2="{at_y(value):.1f}"/>'
        )
        body.append(_text(_LEFT - 6, at_y(value) + 4, short(value), "ng-axis", "end"))
    body += [
        _text(at_x(value), _HEIGHT - _BOTTOM + 16, short(value), "ng-axis", "middle") for value in ticks(left, right, 8)
    ]
    body.append(_text(6, 16, plot.y, "ng-axis"))
    body += [
        _series(series, _colour(series, at), at_x, at_y, at_y(max(low, 0.0))) for at, series in enumerate(plot.series)
    ]
    body.append(_legend(plot.series, plot.x))
    return _frame(_WIDTH, _HEIGHT, plot.title, "".join(body))


def _colour(series: Series, at: int) -> int:
    return (at if series.colour is None else series.colour) % _COLOURS


def _series(
    series: Series, colour: int, at_x: Callable[[float], float], at_y: Callable[[float], float], base: float
) -> str:
    spots = [(at_x(point[0]), at_y(point[1])) for point in series.points]
    name = f"<title>{esc(one_line(series.name))}</title>"
    if series.style == "points":
        dots = "".join(f"M{x:.1f} {y:.1f}h.01" for x, y in spots)
        return f'<path class="ng-dots ng-c{colour}" d="{dots}">{name}</path>'
    if series.style == "sticks":
        tops = [at_y(point[-1]) for point in series.points]
        strokes = "".join(f"M{x:.1f} {y:.1f}V{top:.1f}" for (x, y), top in zip(spots, tops, strict=True))
        return f'<path class="ng-sticks ng-c{colour}" d="{strokes}">{name}</path>'
    if series.style == "steps":
        path = "".join(
            f"{'M' if not at else 'H'}{x:.1f}{f' {y:.1f}' if not at else f'V{y:.1f}'}"
            for at, (x, y) in enumerate(spots)
        )
    else:
        path = "".join(f"{'L' if at else 'M'}{x:.1f} {y:.1f}" for at, (x, y) in enumerate(spots))
    if series.style == "area" and spots:
        closed = f"{path}L{spots[-1][0]:.1f} {base:.1f}L{spots[0][0]:.1f} {base:.1f}Z"
        filled = f'<path class="ng-area ng-f{colour}" d="{closed}">{name}</path>'
        return f'{filled}<path class="ng-line ng-c{colour}" d="{path}"/>'
    return f'<path class="ng-line ng-c{colour}" d="{path}">{name}</path>'


def _legend(series: Sequence[Series], x: str) -> str:
    made, left = [], float(_LEFT)
    for at, item in enumerate(series):
        label = one_line(item.name)
        label = label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"
        wide = 26 + 6.4 * len(label)
        if left + wide > _WIDTH - 160:
            made.append(_text(left, _HEIGHT - 6, f"and {len(series) - at} more", "ng-axis"))
            break
        made.append(
            f'<rect class="ng-f{_colour(item, at)} ng-key" x="{left:.1f}" y="{_HEIGHT - 14}" width="10" height="8"/>'
        )
        made.append(_text(left + 14, _HEIGHT - 6, label, "ng-axis"))
        left += wide
    made.append(_text(_WIDTH - _RIGHT, _HEIGHT - 6, x, "ng-axis", "end"))
    return "".join(made)


_LONGEST = 44


def _sparks(plot: Plot) -> str:
    """Give each series as a row of blocks over equal stretches of x, each scaled to its own maximum."""
    points = [point for series in plot.series for point in series.points]
    if not points:
        return f"{one_line(plot.title)}: nothing to draw"
    left, right = min(p[0] for p in points), max(p[0] for p in points)
    width = (right - left) / _COLUMNS or 1.0
    rows = []
    for series in plot.series:
        tops = [0.0] * _COLUMNS
        for point in series.points:
            at = min(int((point[0] - left) / width), _COLUMNS - 1)
            tops[at] = max(tops[at], point[-1])
        most = max(tops) or 1.0
        drawn = "".join(_BLOCKS[math.ceil(max(top, 0.0) / most * (len(_BLOCKS) - 1))] for top in tops)
        rows.append(f"  {drawn}  {one_line(series.name)} (most {short(max(tops))} {one_line(plot.y)})")
    return "\n".join([one_line(plot.title), *rows, f"  {short(left)} to {short(right)} {one_line(plot.x)}"])


_BAR, _GAP = 16, 6


def _bars(bars: Bars) -> str:
    most = max(bars.values, default=0) or 1.0
    left = min(300.0, 12 + 6.6 * max((len(one_line(name)) for name in bars.names), default=0))
    height = 30 + len(bars.names) * (_BAR + _GAP) + 6
    body = [_text(6, 16, bars.title, "ng-name")]
    for at, (name, value, text) in enumerate(zip(bars.names, bars.values, bars.texts, strict=True)):
        y, wide = 28 + at * (_BAR + _GAP), (_WIDTH - left - 150) * value / most
        label = one_line(name)
        body.append(
            _text(left - 6, y + 12, label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…", "ng-axis", "end")
        )
        body.append(f'<rect class="ng-f0" x="{left:.1f}" y="{y}" width="{max(wide, 1):.1f}" height="{_BAR}" rx="2"/>')
        body.append(_text(left + max(wide, 1) + 6, y + 12, text, "ng-axis"))
    return _frame(_WIDTH, height, bars.title, "".join(body))


_ROW = 22


def _ladder(ladder: Ladder) -> str:
    """Draw hosts as upright lines and messages as arrows with their text above."""
    if not ladder.hosts:
        return _frame(_WIDTH, 60, ladder.title, _text(8, 34, f"{ladder.title}: nothing to draw", "ng-axis"))
    left, room = 150.0, max(_WIDTH - 190.0, 200.0 * (len(ladder.hosts) - 1))
    between = room / max(len(ladder.hosts) - 1, 1)
    places = [left + at * between for at in range(len(ladder.hosts))]
    height = 62 + len(ladder.steps) * _ROW
    body = [_text(6, 16, ladder.title, "ng-name")]
    for place, host in zip(places, ladder.hosts, strict=True):
        body.append(_text(place, 38, host, "ng-host", "middle"))
        body.append(f'<line class="ng-life" x1="{place:.1f}" x2="{place:.1f}" y1="46" y2="{height - 8}"/>')
    body += [_arrow(step, places, 64 + at * _ROW) for at, step in enumerate(ladder.steps)]
    # Texts of many hosts would shrink with the page: it scrolls instead.
    return _frame(left + room + 110, height, ladder.title, "".join(body), "ng-chart ng-ladder")


def _arrow(step: Step, places: Iterable[float], y: float) -> str:
    at = list(places)
    start, end = at[step.source], at[step.target]
    kind = "ng-c1 ng-bad" if step.marked else "ng-c0"
    head = 6 if end >= start else -6
    body = (
        f'<path class="ng-line {kind}" d="M{start:.1f} {y}H{end:.1f}m{-head} -4l{head} 4l{-head} 4"/>'
        if start != end
        else f'<path class="ng-line {kind}" d="M{start:.1f} {y - 4}h24v6h-18m6 -4l-6 4l6 4"/>'
    )
    middle = (start + end) / 2 if start != end else start + 90
    label = one_line(step.text)
    label = label if len(label) <= _LADDER_TEXT else label[: _LADDER_TEXT - 1] + "…"
    return (
        _text(6, y + 3, f"{step.number}", "ng-axis")
        + _text(104, y + 3, step.time, "ng-axis", "end")
        + body
        + _text(middle, y - 5, label, "ng-said-so" + (" ng-bad" if step.marked else ""), "middle")
    )


_LADDER_TEXT = 84
