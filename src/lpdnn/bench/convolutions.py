"""The convolutions of a network: the best that each plugin does, as a table and as a plot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.bench.subjects import subjects
from lpdnn.selection import implementation_key
from lpdnn.selection.costs import SPARSE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.bench.subjects import Subject
    from lpdnn.ir import Graph
    from lpdnn.selection import CostTable, Implementation
    from lpdnn.targets import Target

OPERATOR = "conv2d"


@dataclass(frozen=True)
class Best:
    """The fastest primitive of a plugin for a layer."""

    seconds: float
    implementation: Implementation


@dataclass(frozen=True)
class Row:
    """Equal convolutions of a network: names of the nodes, shape in words, the best of each plugin."""

    nodes: tuple[str, ...]
    shape: str
    operations: int
    best: dict[str, Best]

    @property
    def name(self) -> str:
        """The first node, and how many more are like it."""
        more = len(self.nodes) - 1
        return self.nodes[0] + (f" (+{more})" if more else "")


def _shape(subject: Subject) -> str:
    x, weight = subject.inputs[0], subject.inputs[1]
    assert x is not None
    assert weight is not None
    op = subject.op
    stride, groups = getattr(op, "stride", (1, 1)), getattr(op, "groups", 1)
    kind = f"{weight.shape[2]}x{weight.shape[3]}/{stride[0]}" + (f" in {groups} groups" if groups > 1 else "")
    values = subject.constants[1]
    zeros = 0.0 if values is None else float(np.mean(values == 0))
    kind += f", {zeros:.0%} zeros" if zeros >= SPARSE else ""
    return f"{'x'.join(map(str, x.shape[1:]))} > {weight.shape[0]}, {kind}"


def rows(graph: Graph, target: Target, table: CostTable) -> list[Row]:
    """Return the convolutions of a simplified network in its order, as a cost table has them."""
    order = {node.name: place for place, node in enumerate(graph.nodes)}
    found = []
    for subject in subjects(graph, target):
        if subject.op.NAME != OPERATOR:
            continue
        best: dict[str, Best] = {}
        for one in subject.implementations:
            seconds = table.seconds(subject.key, implementation_key(one))
            plugin = one.plugin.name
            if seconds is not None and (plugin not in best or seconds < best[plugin].seconds):
                best[plugin] = Best(seconds, one)
        cost = subject.op.cost(subject.inputs, subject.outputs)
        operations = cost.multiplications + cost.additions
        nodes = tuple(sorted(subject.nodes, key=order.__getitem__))
        found.append(Row(nodes, _shape(subject), operations, best))
    return sorted(found, key=lambda row: order[row.nodes[0]])


def plugins_of(found: Sequence[Row]) -> list[str]:
    """Return the plugins that have a convolution, by name."""
    return sorted({plugin for row in found for plugin in row.best})


def markdown(found: Sequence[Row]) -> list[str]:
    """Return the table: milliseconds of the best primitive of each plugin, the fastest of all in bold."""
    plugins = plugins_of(found)
    lines = [f"| layer | shape | {' | '.join(plugins)} |", "|---|---|" + "---|" * len(plugins)]
    for row in found:
        least = min((best.seconds for best in row.best.values()), default=0.0)
        cells = []
        for plugin in plugins:
            best = row.best.get(plugin)
            if best is None:
                cells.append("-")
                continue
            text = f"{best.seconds * 1e3:.3f}"
            how = f"{best.implementation.how} {best.implementation.layouts}"
            cells.append(f"{f'**{text}**' if best.seconds == least else text} {how}")
        lines.append(f"| {row.name} | {row.shape} | {' | '.join(cells)} |")
    sums = []
    for plugin in plugins:
        there = [row.best[plugin].seconds * len(row.nodes) for row in found if plugin in row.best]
        lacks = sum(len(row.nodes) for row in found if plugin not in row.best)
        sums.append(f"{sum(there) * 1e3:.2f}" + (f" without {lacks}" if lacks else ""))
    return [*lines, f"| all | | {' | '.join(sums)} |"]
