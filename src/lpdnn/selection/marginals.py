"""What the whole would cost at best with each alternative of each node, for all nodes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.selection.pbqp import State, forced

if TYPE_CHECKING:
    from lpdnn.ir import Array
    from lpdnn.selection.pbqp import Pbqp


class _Beliefs:
    """Regrets: how much more than the optimum it costs, at best, if a node and its neighbours pick so and so.

    When a node is taken away with its costs T, what is left of the problem gets the least of T over the
    node's picks. So the cost of any choice is the optimum and the sum over all nodes of T less that least,
    none of them negative. A node's regret is its own share of that sum and the least shares of the nodes that
    outlived it.
    """

    def __init__(self) -> None:
        self.tables: dict[int, tuple[list[int], Array]] = {}
        self.alone: dict[int, Array] = {}

    def add(self, node: int, costs: Array, near: list[tuple[int, Array]]) -> None:
        """Work out a node; those that outlived it are there."""
        if np.isfinite(costs).sum() <= 1:
            near, costs = [], np.where(np.isfinite(costs), 0.0, np.inf)
        total = costs.reshape(-1, *(1 for _ in near))
        for axis, (_, matrix) in enumerate(near, 1):
            total = total + matrix.reshape(
                len(costs), *(-1 if at == axis else 1 for at in range(1, len(near) + 1))
            )
        least = total.min(axis=0)
        own = total - np.where(np.isfinite(least), least, 0.0)
        nodes = [other for other, _ in near]
        table = own + self._of(nodes)
        self.tables[node] = [node, *nodes], table
        self.alone[node] = table.min(axis=tuple(range(1, table.ndim)))

    def _of(self, nodes: list[int]) -> Array:
        """Return the regrets of up to two nodes that were neighbours when one was taken between them."""
        if not nodes:
            return np.zeros(())
        if len(nodes) == 1:
            return self.alone[nodes[0]]
        for one, other in (nodes, nodes[::-1]):
            axes, table = self.tables[one]
            if other in axes:
                rest = tuple(at for at, node in enumerate(axes) if node not in {one, other})
                both: Array = table.min(axis=rest)
                return both if nodes[0] == one else both.T
        return self.alone[nodes[0]][:, None] + self.alone[nodes[1]][None, :]  # one of them has no choice


def marginals(problem: Pbqp) -> list[Array]:
    """Return the least cost of the whole for each alternative of each node."""
    state = State.of(problem, keep=True)
    state.reduce()
    if state.edges:  # the rules alone do not solve it: one node after the other
        return [forced(problem, node) for node in range(len(problem.costs))]
    beliefs = _Beliefs()
    for node, costs, near in reversed(state.taken):
        beliefs.add(node, costs, near)
    return [state.base + beliefs.alone[node] for node in range(len(problem.costs))]
