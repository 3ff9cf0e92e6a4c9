"""Times confirmed in the network itself: what was measured layer by layer, measured again where it is chosen.

Layers are tuned one by one, at different moments; and of many times that are uncertain the least is likely
to be too low. So the best choice is built and run step by step, beside the best single plugins, and what its
steps took goes into the table; then the best choice by that table is next, until it has been run already. A
time that was too good to be true is found out, since it is chosen; one that was too high by chance stays so.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

from lpdnn.bench.measure import summary
from lpdnn.bench.network import Contender, contenders, one_core, programs
from lpdnn.compiler import random_inputs
from lpdnn.ops.convert import Convert
from lpdnn.planning import lay_out
from lpdnn.selection import Implementation, implementation_key, layer_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lpdnn.ir import Graph
    from lpdnn.ops.convert import Layout
    from lpdnn.selection import CostTable, Measurement, Model, Selection

TURNS = 6
"""Choices after which the last one is left unconfirmed."""
ROUNDS = 11
RIVALS = 2
"""Single plugins that run beside the first choice, of those that are predicted to be fastest."""
ENOUGH = 8.0
"""Seconds of rounds after which three are enough."""

Entry = tuple[str, str]
"""A layer and an implementation, as cost tables know them."""


def _entries(graph: Graph, selection: Selection) -> dict[str, Entry]:
    """Return what each step of a selection's plan is in a cost table, by the step's name.

    One with another layer melted into its store is none of it, nor is that other, nor those that one kernel
    computes in bands: tables know each apart.
    """
    laid, _ = lay_out(graph, selection)
    alone = {node.name for node in laid.nodes if node.op.EXTRA.isdisjoint(node.op.given(node.inputs))}
    found = {
        node.name: (
            layer_key(node.op, graph.input_types(node), graph.output_types(node), graph.constants_of(node)),
            implementation_key(selection.nodes[node.name]),
        )
        for node in graph.nodes
        if node.name in alone and selection.nodes[node.name].joint is None
    }
    for value, steps in selection.conversions.items():
        for step in steps:
            op = Convert(cast("Layout", step.source), cast("Layout", step.target))
            read, written = (
                replace(graph.types[value], layout=layout) for layout in (step.source, step.target)
            )
            one = Implementation(step.plugin, step.primitive, step.source)
            found[f"{value}@{step.target}"] = layer_key(op, (read,), (written,)), implementation_key(one)
    return found


class _Runs:
    """What the steps of selections took, and which selections those were."""

    def __init__(self, graph: Graph, target: str) -> None:
        self.graph, self.target = graph, target
        self.x = random_inputs(graph)
        self.seen: list[tuple[object, object]] = []
        self.samples: dict[Entry, list[list[float]]] = defaultdict(list)

    def knows(self, one: Contender) -> bool:
        return (one.selection.nodes, one.selection.conversions) in self.seen

    def run(self, runners: Sequence[Contender], tell: Callable[[str], None]) -> None:
        """Run selections in turns, each after a run of the same program, as in a stream of images."""
        with TemporaryDirectory(prefix="lpdnn-confirm-") as home, one_core():
            built = programs(
                self.graph, runners, Path(home), self.target, lambda one: tell(f"building {one.name}")
            )
            rows: list[list[dict[str, float]]] = [[] for _ in runners]
            start = time.monotonic()
            for count in range(1, ROUNDS + 1):
                tell(f"running in the network, round {count}")
                for program, found in zip(built, rows, strict=True):
                    program.run(self.x)
                    found.append(program.profile(self.x, repeats=1))
                if count >= 3 and time.monotonic() - start > ENOUGH:
                    break
        for runner, found in zip(runners, rows, strict=True):
            self.seen.append((runner.selection.nodes, runner.selection.conversions))
            entries = _entries(self.graph, runner.selection)
            for step in found[0]:
                if step in entries:
                    self.samples[entries[step]].append([row[step] / 1e3 for row in found])

    def measurements(self) -> dict[str, dict[str, Measurement]]:
        """Return what goes into the table: of equal layers the mean, since a network has them all."""
        found: dict[str, dict[str, Measurement]] = defaultdict(dict)
        for (layer, implementation), nodes in self.samples.items():
            ms = fmean(median(samples) for samples in nodes) * 1e3
            known = summary([sample for samples in nodes for sample in samples])
            found[layer][implementation] = replace(known, ms=float(f"{ms:.6g}"), confirmed=True)
        return found


def _is_confirmed(graph: Graph, table: CostTable, selection: Selection) -> bool:
    """Tell whether all of a selection that is in a table was measured in the network."""
    entries = _entries(graph, selection).values()
    known = (table.layers.get(layer, {}).get(implementation) for layer, implementation in entries)
    return all(one.confirmed for one in known if one is not None)


def confirm(
    graph: Graph,
    table: CostTable,
    choices: Callable[[CostTable], Model],
    target: str,
    tell: Callable[[float, float, str], None] = lambda _done, _total, _what: None,
) -> CostTable:
    """Return a table with times from the network itself, for all that its best choice consists of.

    `choices` returns what there is to choose from for the simplified network `graph`, by a table.
    """
    runs = _Runs(graph, target)
    for turn in range(TURNS):
        best, *singles = contenders(choices(table))
        if runs.knows(best) or _is_confirmed(graph, table, best.selection):
            break
        rivals = sorted(singles, key=lambda one: one.predicted)[: RIVALS if turn == 0 else 0]
        runs.run([best, *rivals], lambda what, done=turn: tell(done, TURNS, what))  # type: ignore[misc]
        table = table.with_measurements(runs.measurements())
    return table
