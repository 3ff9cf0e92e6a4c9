"""Who computes each node: the best that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lpdnn.ir import LpdnnError
from lpdnn.selection.model import Model, model
from lpdnn.selection.optimum import optimum
from lpdnn.selection.size import smallest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.ir import Graph
    from lpdnn.selection.costs import CostTable
    from lpdnn.selection.directives import Directive
    from lpdnn.selection.selection import Selection
    from lpdnn.targets import Target

Objective = Literal["time", "size"]


def fastest(given: Model) -> Selection:
    """Return the selection of a model that takes the least time."""
    best = optimum(given.problem)
    if best.proof.cost == float("inf"):
        message = (
            f"network {given.graph.name!r}: no conversions lead between the layouts of the primitives "
            "that are left; allow more of them"
        )
        raise LpdnnError(message)
    return given.selection(best.picks, best.proof)


def choose(
    graph: Graph,
    target: Target,
    *,
    costs: CostTable | None = None,
    use: Sequence[Directive] = (),
    objective: Objective = "time",
) -> Selection:
    """Return the best selection for a network, by a cost table or, without one, by estimates."""
    given = model(graph, target, costs, use)
    return smallest(given) if objective == "size" else fastest(given)
