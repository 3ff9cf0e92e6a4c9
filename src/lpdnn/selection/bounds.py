"""A bound below every choice: costs are moved along edges until each node and edge alone can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lpdnn.ir import Array

ROUNDS = 4


def _finite(x: Array) -> Array:
    """Return what can be moved: infinite costs stay where they are."""
    return np.where(np.isfinite(x), x, 0.0)


def tightened(costs: dict[int, Array], edges: dict[int, dict[int, Array]]) -> float:
    """Move costs about so that the sum of all least entries grows; return that sum, which no choice is below.

    The problem stays the same: what leaves a node enters its edges, and the other way round. In turn, each
    node gathers what its edges ask of it and hands equal shares to the edges that lead on (Kolmogorov's
    TRW-S, without its acceleration). `costs` and `edges` are replaced by the moved ones.
    """
    nodes = sorted(edges)
    for turn in range(ROUNDS):
        forward = turn % 2 == 0
        for node in nodes if forward else reversed(nodes):
            own = costs[node]
            for other, matrix in edges[node].items():
                least = matrix.min(axis=1)
                own = own + least
                edges[node][other] = matrix - _finite(least)[:, None]
            onward = [other for other in edges[node] if (other > node) == forward]
            for other in onward:
                edges[node][other] = edges[node][other] + (own / len(onward))[:, None]
            for other in edges[node]:
                edges[other][node] = edges[node][other].T
            costs[node] = np.zeros_like(own) if onward else own
    least_nodes = sum(float(costs[node].min()) for node in edges)
    least_edges = sum(
        float(m.min()) for node, near in edges.items() for other, m in near.items() if node < other
    )
    return least_nodes + least_edges
