"""The smallest selection: bytes of weights as kernels want them, of kernels, and of the largest workspace.

Kernels are shared, so their bytes do not add up node by node: which kernels there are is decided by branch
and bound, with the exact choice for the rest as the bound. Of equals, the faster counts.
"""

from __future__ import annotations

import heapq
import re
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.selection.optimum import optimum
from lpdnn.selection.problem import Problem
from lpdnn.selection.selection import Proof

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.ir import Array, Graph, Node
    from lpdnn.selection.model import Model
    from lpdnn.selection.problem import Alternative, Picks
    from lpdnn.selection.selection import Implementation, Selection

CODE_PER_SOURCE = 0.5
"""Bytes of machine code for one of C, without comments and white space: a rule of thumb for small kernels."""
TIE = 1e-3
"""Bytes that a second is worth: it only decides between equals."""
SLACK = 1e-12
BRANCHES = 400
"""Choices of kernels after which the search gives up proving."""


def _code_bytes(source: Path) -> int:
    """Return an estimate of a kernel's code, 0 where there is no source to see."""
    if not source.is_file():
        return 0
    text = re.sub(r"/\*.*?\*/|//[^\n]*|\s+", "", source.read_text(errors="replace"), flags=re.DOTALL)
    return int(len(text) * CODE_PER_SOURCE)


def _weights(graph: Graph, node: Node, one: Implementation) -> int:
    """Return the bytes of a node's constants as a primitive wants them."""
    constants = graph.constants_of(node)
    return sum(array.nbytes for array in one.primitive.prepare(node.op, constants) if array is not None)


Kernel = tuple[str, str, tuple[tuple[str, int], ...]]
"""Plugin, file, compile-time constants."""


@dataclass(frozen=True)
class Sizes:
    """Bytes of weights and the kernel of each alternative, and bytes of each kernel."""

    weights: tuple[tuple[int, ...], ...]
    kernels: tuple[tuple[Kernel, ...], ...]
    code: dict[Kernel, int]


def sizes(model: Model) -> Sizes:
    """Return what the alternatives of a model take."""
    graph = model.graph
    weights = []
    kernels = []
    code: dict[Kernel, int] = {}
    for node, site in zip(graph.nodes, model.problem.sites, strict=True):
        taken: list[int] = []
        used: list[Kernel] = []
        for alternative in site.alternatives:
            one = alternative.implementation
            assert one is not None
            reads = one.primitive.in_types(graph.input_types(node), one.layout)
            defines = one.primitive.defines(node.op, reads, one.primitive.out_types(node.op, reads))
            kernel = (one.plugin.name, one.primitive.file, tuple(sorted(defines.items())))
            if kernel not in code:
                code[kernel] = _code_bytes(one.plugin.kernels / f"{one.primitive.file}.c")
            taken.append(_weights(graph, node, one))
            used.append(kernel)
        weights.append(tuple(taken))
        kernels.append(tuple(used))
    return Sizes(tuple(weights), tuple(kernels), code)


@dataclass(frozen=True)
class _Branch:
    """Kernels that are there, and kernels that are not."""

    paid: frozenset[Kernel]
    barred: frozenset[Kernel]


class _Search:
    """Branch and bound over kernels, for alternatives whose workspace is at most `workspace`."""

    def __init__(self, model: Model, known: Sizes) -> None:
        self.model, self.known = model, known
        self.left = BRANCHES

    def _problem(self, branch: _Branch, workspace: int) -> Problem:
        known, problem = self.known, self.model.problem

        def cost(place: int, number: int, alternative: Alternative) -> float:
            joined = alternative.implementation is not None and alternative.implementation.joint is not None
            if joined or alternative.workspace > workspace or known.kernels[place][number] in branch.barred:
                return np.inf
            return known.weights[place][number] + TIE * alternative.cost

        sites = tuple(
            replace(
                site,
                alternatives=tuple(
                    replace(a, cost=cost(place, n, a)) for n, a in enumerate(site.alternatives)
                ),
            )
            for place, site in enumerate(problem.sites)
        )
        values = tuple(
            replace(value, direct=self._conversion_bytes(value.name, value.direct))
            for value in problem.values
        )
        return Problem(sites, values)

    def _conversion_bytes(self, name: str, direct: Array) -> Array:
        """Return the price of conversions: each pays its kernel anew, which is more than it takes."""
        found = direct * TIE
        for (value, source, target), step in self.model.converters.items():
            if value == name and direct[source, target] > 0:
                found[source, target] += _code_bytes(step.plugin.kernels / f"{step.primitive.file}.c")
        return found

    def solve(self, branch: _Branch, workspace: int) -> tuple[Picks, float, list[Kernel]]:
        """Return the smallest picks if undecided kernels cost nothing, that bound, and which it uses."""
        found = optimum(self._problem(branch, workspace))
        bound = found.proof.cost + sum(self.known.code[k] for k in branch.paid)
        used = {self.known.kernels[place][pick] for place, pick in enumerate(found.picks)} - branch.paid
        return found.picks, bound, sorted(used, key=lambda k: (-self.known.code[k], k))

    def best(self, workspace: int, limit: float) -> tuple[Picks, float, float]:
        """Return the smallest picks below a limit (or none), their bytes, and the bound that is proven."""
        picks: Picks = ()
        best = limit
        order = count()
        queue: list[tuple[float, int, _Branch]] = [(0.0, next(order), _Branch(frozenset(), frozenset()))]
        while queue and queue[0][0] < best:
            floor, _, branch = heapq.heappop(queue)
            if self.left <= 0:
                return picks, best, floor
            self.left -= 1
            found, bound, unpaid = self.solve(branch, workspace)
            if not bound < best:
                continue
            total = bound + sum(self.known.code[k] for k in unpaid)
            if total < best:
                picks, best = found, total
            free = [kernel for kernel in unpaid if self.known.code[kernel]]
            if free:
                heapq.heappush(queue, (bound, next(order), _Branch(branch.paid | {free[0]}, branch.barred)))
                heapq.heappush(queue, (bound, next(order), _Branch(branch.paid, branch.barred | {free[0]})))
        return picks, best, best


def smallest(model: Model) -> Selection:
    """Return the selection of a model that takes the least bytes."""
    search = _Search(model, sizes(model))
    levels = sorted({a.workspace for site in model.problem.sites for a in site.alternatives})
    picks: Picks = ()
    best = bound = np.inf
    least = search.solve(_Branch(frozenset(), frozenset()), levels[-1])[1] if levels else 0.0
    for workspace in levels:
        if workspace + least >= best:
            break
        some, cost, floor = search.best(workspace, best - workspace)
        bound = min(bound, max(floor, least) + workspace)
        if some:
            picks, best = some, cost + workspace
    bound = min(bound, best)
    proof = Proof(float(best), float(bound), proven=bool(bound >= best * (1 - SLACK)))
    note = (
        () if proof.proven else ("it is not proven that nothing smaller exists; the bound is in the proof",)
    )
    return model.selection(picks, proof, "size", note)
