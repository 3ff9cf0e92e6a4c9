"""The exact answer to a Problem: as a PBQP, and back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.selection.marginals import marginals
from lpdnn.selection.pbqp import BRANCHES, Pbqp, solve
from lpdnn.selection.problem import NCHW, pruned, renumbered
from lpdnn.selection.selection import Proof

if TYPE_CHECKING:
    from lpdnn.ir import Array
    from lpdnn.selection.problem import Picks, Problem, Site, Value


@dataclass(frozen=True)
class Optimum:
    """The best picks and what is proven of them."""

    picks: Picks
    proof: Proof


def _subsets(layouts: list[int]) -> list[int]:
    """Return the masks of all sets of some layouts but the empty one."""
    sets = [0]
    for layout in layouts:
        sets += [one | 1 << layout for one in sets]
    return sorted(sets[1:])


def _layouts(site: Site, *, reads: bool) -> Array:
    return np.array([a.reads if reads else a.writes for a in site.alternatives])


class _Encoding:
    """The vectors and matrices of a problem: a node for each site, and for each value of several readers."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.costs = [np.array([a.cost for a in site.alternatives]) for site in problem.sites]
        self.edges: dict[tuple[int, int], Array] = defaultdict(lambda: np.zeros(()))
        for value in problem.values:
            if len(value.readers) + value.kept > 1:
                self._shared(value)
            else:
                self._single(value)

    def _add(self, one: int, other: int, matrix: Array) -> None:
        """Add a matrix [one][other] to what is between two nodes."""
        key, oriented = ((one, other), matrix) if one < other else ((other, one), matrix.T)
        self.edges[key] = self.edges[key] + oriented

    def _single(self, value: Value) -> None:
        """Let producer and reader settle it between them."""
        sites, distance = self.problem.sites, value.trees.distance
        if value.readers and value.producer is not None:
            made = _layouts(sites[value.producer], reads=False)
            read = _layouts(sites[value.readers[0]], reads=True)
            self._add(value.producer, value.readers[0], distance[np.ix_(made, read)])
        elif value.readers:
            read = _layouts(sites[value.readers[0]], reads=True)
            self.costs[value.readers[0]] = self.costs[value.readers[0]] + distance[NCHW, read]
        elif value.kept and value.producer is not None:
            made = _layouts(sites[value.producer], reads=False)
            self.costs[value.producer] = self.costs[value.producer] + distance[made, NCHW]

    def _shared(self, value: Value) -> None:
        """Add a node that picks the set of layouts in which the value is held: conversions are paid once."""
        sites = self.problem.sites
        wanted = {int(layout) for reader in value.readers for layout in _layouts(sites[reader], reads=True)}
        sets = _subsets(sorted(wanted | ({NCHW} if value.kept else set())))
        held = np.array([one for one in sets if not value.kept or one >> NCHW & 1])
        node = len(self.costs)
        self.costs.append(np.zeros(len(held)))
        if value.producer is None:
            self.costs[node] = value.trees.cost[NCHW, held]
        else:
            made = _layouts(sites[value.producer], reads=False)
            self._add(value.producer, node, value.trees.cost[np.ix_(made, held)])
        for reader in value.readers:
            there = held[:, None] >> _layouts(sites[reader], reads=True)[None, :] & 1
            self._add(node, reader, np.where(there, 0.0, np.inf))

    def pbqp(self) -> Pbqp:
        return Pbqp(tuple(self.costs), dict(self.edges))


def encode(problem: Problem) -> Pbqp:
    """Return a problem as a PBQP whose first nodes are the sites."""
    return _Encoding(problem).pbqp()


def optimum(problem: Problem, *, memory: bool = False, branches: int = BRANCHES) -> Optimum:
    """Return the best picks of a problem; with `memory`, alternatives that are better in memory are kept."""
    small, numbers = pruned(problem, memory=memory)
    found = solve(encode(small), branches)
    picks = renumbered(found.picks[: len(problem.sites)], numbers)
    return Optimum(picks, Proof(found.cost, found.bound, found.proven, found.reductions))


def costs_if_forced(problem: Problem) -> list[Array]:
    """Return for each site what the whole would cost at best with each of its alternatives."""
    small, _ = pruned(problem)
    found = []
    for costs, few, site in zip(marginals(encode(small)), small.sites, problem.sites, strict=False):
        best = {
            (a.reads, a.writes): (total, a.cost) for a, total in zip(few.alternatives, costs, strict=True)
        }
        totals = []
        for alternative in site.alternatives:
            # Of alternatives with the same layouts only the cheapest was tried; the rest follows.
            total, own = best.get((alternative.reads, alternative.writes), (np.inf, 0.0))
            totals.append(total + alternative.cost - own)
        found.append(np.array(totals))
    return found
