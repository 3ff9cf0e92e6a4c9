"""A picture of a network as SVG: nodes filled by plugin, edged by layout; conversions as marks on edges."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from lpdnn.selection.explain_text import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lpdnn.selection.explain import Edge, Explanation, NodeStory

PLUGIN_COLOURS = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#0072b2", "#d55e00", "#999999")
"""The palette of Okabe and Ito, which colour-blind people can tell apart."""
LAYOUT_COLOURS = {"nchw": "#444444", "nhwc": "#c0392b", "nchw8c": "#2471a3", "nchw16c": "#1e8449"}
WIDTH, HEIGHT, GAP_X, GAP_Y, LANE = 190, 40, 24, 34, 14
Spot = tuple[str | int, int]
"""A node, by its name, in its row; or an edge, by its number, in a row that it passes."""


@dataclass
class Placement:
    """Where each node is drawn, and each edge in the rows that it passes: middle of its column, row."""

    x: dict[Spot, float] = field(default_factory=dict)
    row: dict[str, int] = field(default_factory=dict)
    width: float = WIDTH
    rows: int = 0

    def spot(self, name: str) -> float:
        """Return the middle of a node's column."""
        return self.x[name, self.row[name]]


def _spread(spots: list[tuple[Spot, float]], at: dict[Spot, float]) -> None:
    """Put spots of one row side by side, each as near as can be to where it wishes to be."""
    ordered = sorted(spots, key=lambda spot: spot[1])
    shift = 0.0
    right = -float("inf")
    for spot, wish in ordered:
        half = (LANE if isinstance(spot[0], int) else WIDTH) / 2
        at[spot] = max(wish, right + GAP_X + half)
        right = at[spot] + half
        shift += at[spot] - wish
    for spot, _ in ordered:
        at[spot] -= shift / len(ordered)


def place(names: Sequence[str], edges: Sequence[Edge]) -> Placement:
    """Return places for nodes, given in an order that can be executed: below all they read, near to it."""
    found = Placement()
    into: dict[str, list[int]] = {name: [] for name in names}
    for number, edge in enumerate(edges):
        if edge.source:
            into[edge.target].append(number)
    for name in names:
        found.row[name] = max((found.row[edges[n].source] + 1 for n in into[name]), default=0)
    found.rows = max(found.row.values(), default=-1) + 1
    levels: list[list[tuple[Spot, list[Spot]]]] = [[] for _ in range(found.rows)]
    for name in names:
        row = found.row[name]
        above: list[Spot] = []
        for number in into[name]:
            source = edges[number].source
            last: Spot = source, found.row[source]
            for passed in range(found.row[source] + 1, row):
                levels[passed].append(((number, passed), [last]))
                last = number, passed
            above.append(last)
        levels[row].append(((name, row), above))
    for level in levels:
        wishes = [
            (spot, sum(found.x[one] for one in above) / len(above) if above else 0.0) for spot, above in level
        ]
        _spread(wishes, found.x)
    least = min(found.x.values(), default=0.0)
    found.x = {spot: x - least + WIDTH / 2 + GAP_X for spot, x in found.x.items()}
    found.width = max(found.x.values(), default=0.0) + WIDTH / 2 + GAP_X
    return found


def colours(plugins: Sequence[str]) -> dict[str, str]:
    """Return a colour for each plugin."""
    return {name: PLUGIN_COLOURS[i % len(PLUGIN_COLOURS)] for i, name in enumerate(sorted(set(plugins)))}


def _top(row: int) -> float:
    return GAP_Y + row * (HEIGHT + GAP_Y)


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "\u2026"


def _node(story: NodeStory, at: Placement, fill: str) -> Iterator[str]:
    x, y = at.spot(story.name) - WIDTH / 2, _top(at.row[story.name])
    title = (
        f"{story.name}: {story.operator} by {story.implementation}, {duration(story.seconds)}\n"
        f"{', '.join(story.reads)} -> {', '.join(story.writes)}"
    )
    edge = LAYOUT_COLOURS.get(story.out_layout, "#444444")
    yield f"<g><title>{escape(title)}</title>"
    yield (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{WIDTH}" height="{HEIGHT}" rx="6" fill="{fill}" '
        f'stroke="{edge}" stroke-width="3"/>'
    )
    yield f'<text x="{x + 8:.1f}" y="{y + 16:.1f}" class="name">{escape(_short(story.name, 27))}</text>'
    how = _short(story.implementation.split(":")[1], 20)
    yield (
        f'<text x="{x + 8:.1f}" y="{y + 32:.1f}" class="detail">'
        f"{escape(how)}, {duration(story.seconds)}</text></g>"
    )


def _line(points: Sequence[tuple[float, float]]) -> str:
    """Return a path from point to point that leaves and arrives vertically."""
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x1, y1), (x2, y2) in pairwise(points):
        middle = (y1 + y2) / 2
        parts.append(f"C{x1:.1f} {middle:.1f} {x2:.1f} {middle:.1f} {x2:.1f} {y2:.1f}")
    return " ".join(parts)


def _edge(number: int, edge: Edge, at: Placement, layouts: tuple[str, str], converted: str) -> Iterator[str]:
    """Draw an edge from a layout to another; `converted` is the story of the conversion, if there is one."""
    row = at.row[edge.target]
    end = (at.spot(edge.target), _top(row))
    points = [(end[0], end[1] - GAP_Y + 4)]
    if edge.source:
        points = [(at.spot(edge.source), _top(at.row[edge.source]) + HEIGHT)]
        for passed in range(at.row[edge.source] + 1, row):
            x = at.x[number, passed]
            points += [(x, _top(passed)), (x, _top(passed) + HEIGHT)]
    points.append(end)
    changes = converted and layouts[0] != layouts[1]
    colour = LAYOUT_COLOURS.get(layouts[1 if changes else 0], "#444444")
    yield f'<path d="{_line(points)}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
    if changes:
        (x1, y1), (x2, y2) = points[-2:]
        cx, cy = (x1 + x2) / 2, (y1 + y2) / 2
        diamond = f"{cx:.1f},{cy - 8:.1f} {cx + 8:.1f},{cy:.1f} {cx:.1f},{cy + 8:.1f} {cx - 8:.1f},{cy:.1f}"
        yield (
            f'<polygon points="{diamond}" fill="#ffffff" stroke="{colour}" stroke-width="2">'
            f"<title>{escape(converted)}</title></polygon>"
        )


def picture(explanation: Explanation) -> str:
    """Return the picture, an svg element."""
    nodes = explanation.nodes
    at = place([story.name for story in nodes], explanation.edges)
    fill = colours([story.plugin for story in nodes])
    converted: dict[str, str] = {}
    for step in explanation.conversions:
        what = f"{step.value}: {step.source} to {step.target}"
        line = f"{what}, {duration(step.seconds)}, for {', '.join(step.readers)}"
        converted[step.value] = f"{converted[step.value]}\n{line}" if step.value in converted else line
    made = {story.name: story.out_layout for story in nodes}
    read = {story.name: story.layout for story in nodes}
    height = _top(at.rows)
    size = f'width="{at.width:.0f}" height="{height:.0f}" viewBox="0 0 {at.width:.0f} {height:.0f}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        *(
            line
            for number, edge in enumerate(explanation.edges)
            for line in _edge(
                number,
                edge,
                at,
                (made.get(edge.source, "nchw"), read[edge.target]),
                converted.get(edge.value, ""),
            )
        ),
        *(line for story in nodes for line in _node(story, at, fill[story.plugin])),
        "</svg>",
    ]
    return "\n".join(parts)
