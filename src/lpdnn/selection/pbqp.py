"""Partitioned Boolean quadratic problems, solved exactly: reductions, then branch and bound on the rest.

Each node picks one alternative; a node has a vector of costs, an edge a matrix. R0, RI and RII take nodes of
degree 0, 1 and 2 away without loss; they solve every graph of treewidth 2 (Scholz and Eckstein, LCTES 2002).
A node that has but one possible alternative is folded into its neighbours first, and an edge that is a sum of
two vectors is no edge. Where each node left has three neighbours or more, one is fixed to each of its
alternatives in turn (RN as in Hames and Scholz, JMLC 2006); costs moved along edges give the bound below
which no branch needs a look.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.selection.bounds import tightened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lpdnn.ir import Array

BRANCHES = 20_000
"""Branches after which the search gives up proving."""
SLACK = 1e-13
"""Relative difference below which two costs are the same: what sums of floats lose."""


@dataclass(frozen=True)
class Pbqp:
    """Costs of each node's alternatives, and matrices of edges (lesser node, greater node)."""

    costs: tuple[Array, ...]
    edges: Mapping[tuple[int, int], Array]


@dataclass(frozen=True)
class Solution:
    """The best picks found; `proven` says that nothing costs less, else nothing costs less than `bound`."""

    picks: tuple[int, ...]
    cost: float
    bound: float
    proven: bool
    reductions: Mapping[str, int]


@dataclass
class State:
    """What is left of a problem. `taken` says how each node that is gone picks, given its neighbours' picks.

    With `keep`, edges that say nothing stay, so that the neighbours of a node that is taken remain
    neighbours.
    """

    costs: dict[int, Array]
    edges: dict[int, dict[int, Array]]
    base: float = 0.0
    taken: list[tuple[int, Array, list[tuple[int, Array]]]] = field(default_factory=list)
    used: Counter[str] = field(default_factory=Counter)
    keep: bool = False

    @staticmethod
    def of(problem: Pbqp, *, keep: bool = False) -> State:
        """Return a problem as a state."""
        nodes: dict[int, dict[int, Array]] = {node: {} for node in range(len(problem.costs))}
        state = State(dict(enumerate(problem.costs)), nodes, keep=keep)
        for (one, other), matrix in problem.edges.items():
            state.join(one, other, matrix)
        return state

    def copy(self) -> State:
        """Return a state that can be changed alone; arrays are shared, since none is changed in place."""
        edges = {node: dict(near) for node, near in self.edges.items()}
        return State(dict(self.costs), edges, self.base, list(self.taken), Counter())

    def join(self, one: int, other: int, matrix: Array) -> None:
        """Add a matrix [one][other] between two nodes; what does not depend on both goes to the nodes."""
        if other in self.edges[one]:
            matrix = self.edges[one].pop(other) + matrix
            del self.edges[other][one]
        rows = matrix.min(axis=1)
        rest = matrix - np.where(np.isfinite(rows), rows, 0.0)[:, None]
        columns = rest.min(axis=0, initial=np.inf, where=np.isfinite(rows)[:, None])
        self.costs[one] = self.costs[one] + rows
        self.costs[other] = self.costs[other] + columns
        rest = rest - np.where(np.isfinite(columns), columns, 0.0)[None, :]
        possible = np.ix_(np.isfinite(self.costs[one]), np.isfinite(self.costs[other]))
        left = rest[possible]
        if self.keep or (left > SLACK * _largest(matrix)).any():
            self.edges[one][other] = rest
            self.edges[other][one] = rest.T

    def remove(self, node: int) -> tuple[Array, dict[int, Array]]:
        """Take a node out; return its costs and its matrices [node][neighbour]."""
        near = self.edges.pop(node)
        for other in near:
            del self.edges[other][node]
        costs = self.costs.pop(node)
        self.taken.append((node, costs, list(near.items())))
        return costs, near

    def fix(self, node: int, pick: int) -> None:
        """Let a node pick; its neighbours bear the costs."""
        costs = np.full_like(self.costs[node], np.inf)
        costs[pick] = self.costs[node][pick]
        self.costs[node] = costs
        self._fold(node)

    def _fold(self, node: int) -> None:
        costs, near = self.remove(node)
        pick = int(np.argmin(costs))
        self.base += float(costs[pick])
        for other, matrix in near.items():
            self.costs[other] = self.costs[other] + matrix[pick]

    def _reduce(self, node: int) -> str:
        """Take a node away if a rule allows it; return the rule's name."""
        near = self.edges[node]
        if np.isfinite(self.costs[node]).sum() <= 1:
            self._fold(node)
            return "single" if near else "R0"
        if not near:
            costs, _ = self.remove(node)
            self.base += float(costs.min())
            return "R0"
        if len(near) == 1:
            costs, near = self.remove(node)
            ((other, matrix),) = near.items()
            self.costs[other] = self.costs[other] + (costs[:, None] + matrix).min(axis=0)
            return "RI"
        if len(near) == 2:
            costs, near = self.remove(node)
            (one, first), (other, second) = near.items()
            self.join(one, other, (costs[:, None, None] + first[:, :, None] + second[:, None, :]).min(axis=0))
            return "RII"
        return ""

    def reduce(self, spare: int = -1) -> None:
        """Apply the rules until none applies, to nodes of few neighbours first; `spare` is left alone."""
        queue = [(len(near), node) for node, near in self.edges.items() if node != spare]
        heapq.heapify(queue)
        while queue:
            degree, node = heapq.heappop(queue)
            if node not in self.edges or degree != len(self.edges[node]):
                continue
            neighbours = list(self.edges[node])
            rule = self._reduce(node)
            if not rule:
                continue
            self.used[rule] += 1
            for other in neighbours:
                if other != spare:
                    heapq.heappush(queue, (len(self.edges[other]), other))

    def picks(self) -> dict[int, int]:
        """Return how every node that is gone picks; all that they depend on must be gone too."""
        found: dict[int, int] = {}
        for node, costs, near in reversed(self.taken):
            total = costs
            for other, matrix in near:
                total = total + matrix[:, found[other]]
            found[node] = int(np.argmin(total))
        return found

    def parts(self) -> list[list[int]]:
        """Return the nodes that hang together."""
        left, found = set(self.edges), []
        for start in self.edges:
            if start not in left:
                continue
            part, stack = [], [start]
            left.discard(start)
            while stack:
                part.append(stack.pop())
                fresh = sorted(left.intersection(self.edges[part[-1]]))
                left.difference_update(fresh)
                stack += fresh
            found.append(sorted(part))
        return found

    def only(self, nodes: Sequence[int]) -> State:
        """Return the state of some nodes that hang together, at no cost so far."""
        return State({n: self.costs[n] for n in nodes}, {n: dict(self.edges[n]) for n in nodes})


def _largest(matrix: Array) -> float:
    return float(np.abs(matrix).max(initial=0.0, where=np.isfinite(matrix)))


class _Search:
    """Branch and bound over one part; depth first, the likely alternatives first."""

    def __init__(self, branches: int) -> None:
        self.left = branches
        self.given_up = False
        self.used: Counter[str] = Counter()
        self.best: dict[int, int] = {}
        self.cost = np.inf
        self.bound = np.inf

    def run(self, state: State) -> None:
        """Search a state that no rule reduces."""
        self._visit(state)
        self.bound = min(self.bound, self.cost)

    def _hopeless(self, bound: float) -> bool:
        return bound >= self.cost - SLACK * abs(self.cost) or not np.isfinite(bound)

    def _visit(self, state: State) -> None:
        if not state.edges:
            if not self._hopeless(state.base):
                self.cost, self.best = state.base, state.picks()
            return
        lower = tightened(state.costs, state.edges)
        bound = state.base + lower
        if self._hopeless(bound):
            return
        if self.left <= 0:
            self.bound, self.given_up = min(self.bound, bound), True
            return
        node = min(state.edges, key=lambda n: (-len(state.edges[n]), len(state.costs[n]), n))
        likely = state.costs[node] + sum(matrix.min(axis=1) for matrix in state.edges[node].values())
        for pick in np.argsort(likely, kind="stable").tolist():
            if np.isfinite(likely[pick]):
                self.left -= 1
                self.used["branch"] += 1
                child = state.copy()
                child.fix(node, pick)
                child.reduce()
                self.used.update(child.used)
                self._visit(child)


def solve(problem: Pbqp, branches: int = BRANCHES) -> Solution:
    """Return the best picks, with a proof unless more than so many branches would be needed."""
    state = State.of(problem)
    state.reduce()
    used = Counter(state.used)
    picks: dict[int, int] = {}
    bound, proven = state.base, True
    for part in state.parts():
        search = _Search(branches)
        search.run(state.only(part))
        picks |= search.best or dict.fromkeys(part, 0)
        bound += search.bound
        proven = proven and not search.given_up
        used.update(search.used)
    for node, costs, near in reversed(state.taken):
        total = costs
        for other, matrix in near:
            total = total + matrix[:, picks[other]]
        picks[node] = int(np.argmin(total))
    ordered = tuple(picks[node] for node in range(len(problem.costs)))
    cost = evaluate(problem, ordered)
    return Solution(ordered, cost, min(bound, cost), proven, dict(sorted(used.items())))


def evaluate(problem: Pbqp, picks: Sequence[int]) -> float:
    """Return what picks cost."""
    own = sum(float(costs[pick]) for costs, pick in zip(problem.costs, picks, strict=True))
    return own + sum(float(m[picks[one], picks[other]]) for (one, other), m in problem.edges.items())


def forced(problem: Pbqp, node: int, branches: int = BRANCHES) -> Array:
    """Return the least cost of the whole for each alternative that a node could be forced to pick."""
    state = State.of(problem)
    state.reduce(spare=node)
    total = np.array(state.costs[node], dtype=np.float64) + state.base
    if len(state.edges) == 1:
        return total
    for pick in np.flatnonzero(np.isfinite(total)):
        child = state.copy()
        child.fix(node, int(pick))
        child.reduce()
        total[pick] = child.base
        for part in child.parts():
            search = _Search(branches)
            search.run(child.only(part))
            total[pick] += search.cost
    return total
