"""Bytes that must be in memory at one time whatever the plan: what no alternative of a node can get below.

A lower bound for every order of the steps and every way of sharing memory: what a step reads, writes and
works in, and each value that was made before it and is read after it in any order, in the layout in which it
is smallest. Of values that could be parts or views of each other, or one melted into the store of the next,
only the largest counts, and of those that could come in bands of rows none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import LAYOUTS
from lpdnn.selection.bands import bands
from lpdnn.selection.stores import melts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lpdnn.ir import Array, Graph, Node
    from lpdnn.selection.problem import Alternative, Problem


class _Groups:
    """Values that may share bytes without being written over: views, parts and wholes."""

    def __init__(self) -> None:
        self._root: dict[str, str] = {}

    def find(self, value: str) -> str:
        """Return the value that stands for a group."""
        while self._root.get(value, value) != value:
            value = self._root[value]
        return value

    def join(self, values: Iterable[str]) -> None:
        """Make one group of values."""
        roots = [self.find(value) for value in values]
        for root in roots[1:]:
            self._root[root] = roots[0]

    def most(self, sizes: Mapping[str, int], but: Iterable[str] = ()) -> int:
        """Return the sum over groups of the largest size, without groups of some values."""
        left_out = {self.find(value) for value in but}
        largest: dict[str, int] = {}
        for value, size in sizes.items():
            root = self.find(value)
            if root not in left_out:
                largest[root] = max(largest.get(root, 0), size)
        return sum(largest.values())


def _bits(mask: int) -> Iterable[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class Live:
    """What must be alive while each node runs, and while a value is converted."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        fixed = set(graph.constants)  # and what follows from them alone: a plan may keep it as a constant
        for node in graph.nodes:
            if fixed.issuperset(value for value in node.inputs if value is not None):
                fixed.update(node.outputs)
        self.bytes = {value: tensor.bytes for value, tensor in graph.types.items() if value not in fixed}
        self.in_bands = bands(graph)
        self.groups = _Groups()
        self.may_melt = {node.name for node in graph.nodes if any(melts(graph, node))}
        for node in graph.nodes:
            if node.name in self.may_melt or self._may_share(node):
                self.groups.join(value for value in (*node.inputs, *node.outputs) if value in self.bytes)
        self._order()

    def _may_share(self, node: Node) -> bool:
        """Tell whether a node could be a view, a slice or a concat in place in some layout."""
        reads, writes = self.graph.input_types(node), self.graph.output_types(node)
        for layout in LAYOUTS:
            try:
                laid = [
                    tuple(t if t is None or t.rank != 4 else replace(t, layout=layout) for t in types)
                    for types in (reads, writes)
                ]
                known = laid[0], tuple(t for t in laid[1] if t is not None)
                ways = node.op.piece(*known), node.op.parts(*known), node.op.strips(*known)
                if any(way is not None for way in ways):
                    return True
            except (ValueError, ArithmeticError):  # an operator that knows nothing of the layout
                continue
        return False

    def _order(self) -> None:
        """Work out which nodes come before and after each other in any order, as bits."""
        graph = self.graph
        count = len(graph.nodes)
        number = {value: place for place, node in enumerate(graph.nodes) for value in node.outputs}
        self.before = [0] * count
        self.after = [0] * count
        self.readers: dict[str, int] = dict.fromkeys(self.bytes, 0)
        self.maker = {value: number.get(value, -1) for value in self.bytes}
        for place, node in enumerate(graph.nodes):
            for value in node.inputs:
                if value is not None and value in self.readers:
                    self.readers[value] |= 1 << place
                maker = number.get(value, -1) if value is not None else -1
                if maker >= 0:
                    self.before[place] |= self.before[maker] | 1 << maker
        for place in range(count):
            for earlier in _bits(self.before[place]):
                self.after[earlier] |= 1 << place

    def across(self, made: int, read: int) -> dict[str, int]:
        """Return the bytes of values that some of `made` makes and some of `read`, or the caller, reads."""
        return {
            value: size
            for value, size in self.bytes.items()
            if value not in self.in_bands
            and (self.maker[value] < 0 or made >> self.maker[value] & 1)
            and (self.readers[value] & read or value in self.graph.outputs)
        }

    def step(self, place: int, alternative: Alternative) -> int:
        """Return a bound below the bytes in use while a node runs, 0 where it may not: a view, melted, or joined."""
        chosen = alternative.implementation
        node = self.graph.nodes[place]
        assert chosen is not None
        if node.name in self.may_melt or chosen.joint is not None:
            return 0
        reads = chosen.primitive.in_types(self.graph.input_types(node), chosen.layout)
        writes = chosen.primitive.out_types(node.op, reads)
        ways = node.op.piece(reads, writes), node.op.parts(reads, writes), node.op.strips(reads, writes)
        if any(way is not None for way in ways):
            return 0
        inputs = {
            value: t.bytes
            for value, t in zip(node.inputs, reads, strict=True)
            if value is not None and t is not None and value in self.bytes
        }
        written = sum(t.bytes for t in writes)
        own = self.groups.most(inputs) + alternative.workspace
        own += 0 if alternative.in_place else written
        others = self.across(self.before[place], self.after[place])
        return own + self.groups.most(others, but=(*inputs, *node.outputs))

    def conversion(self, value: str, moved: Array) -> Array:
        """Return bounds below the bytes in use while a value is converted, for the bytes moved [from][to]."""
        maker = self.maker[value]
        before = 0 if maker < 0 else self.before[maker]
        after = -1
        for reader in _bits(self.readers[value]):
            after &= self.after[reader] | 1 << reader
        others = self.across(before, after if self.readers[value] else 0)
        return np.where(moved > 0, moved + self.groups.most(others, but=(value,)), 0)


def bounded(problem: Problem, graph: Graph) -> tuple[list[Array], dict[str, Array]]:
    """Return the bounds of each site's alternatives, and of each value's conversions [from][to]."""
    live = Live(graph)
    sites = [
        np.array([live.step(place, alternative) for alternative in site.alternatives])
        for place, site in enumerate(problem.sites)
    ]
    values = {}
    for value in problem.values:
        tensor = graph.types[value.name]
        sizes = np.array([replace(tensor, layout=layout).bytes for layout in LAYOUTS])
        sizes = np.pad(sizes, (0, len(value.direct) - len(sizes)))
        moved = np.where(value.direct > 0, sizes[:, None] + sizes[None, :], 0)
        values[value.name] = live.conversion(value.name, moved)
    return sites, values
