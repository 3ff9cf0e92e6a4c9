"""Who computes each node: the best that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpdnn.ir import LpdnnError
from lpdnn.selection.model import Model, model
from lpdnn.selection.optimum import optimum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.ir import Graph
    from lpdnn.selection.costs import CostTable
    from lpdnn.selection.directives import Directive
    from lpdnn.selection.selection import Selection
    from lpdnn.targets import Target


def fastest(given: Model) -> Selection:
    """Return the selection of a model that takes the least time."""
    best = optimum(given.problem)
    if best.proof.cost == float("inf"):
        message = (
            f"network {given.graph.name!r}: no conversions lead between the layouts of the primitives that are "
            "left; allow more of them"
        )
        raise LpdnnError(message)
    return given.selection(best.picks, best.proof)


def choose(
    graph: Graph, target: Target, *, costs: CostTable | None = None, use: Sequence[Directive] = ()
) -> Selection:
    """Return the fastest selection for a network, by a cost table or, without one, by estimates."""
    return fastest(model(graph, target, costs, use))
