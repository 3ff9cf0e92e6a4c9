"""What a choice of formats takes: bytes of the model, bytes of activations, bytes that move in an inference.

Counted, and not measured: `lpdnn build` tells what a bundle takes.

- model: each weight at its width, tables and scales with it (see Format.stored_bits), 4 bytes a bias.
- activations: the largest sum of the values that live at the same time, nodes in the network's order; a value
  takes 1, 2 or 4 bytes an element, whichever holds its width.
- accesses: bytes read and written by layers, at the widths of the formats: each weight once, each value once
  where it is made and once by each layer that reads it. What caches and registers save is not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lpdnn.quantization import FLOAT, rounded, source, weighted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpdnn.ir import Graph
    from lpdnn.quantization import Format


@dataclass(frozen=True)
class Sizes:
    """Bytes; see the module."""

    model: int
    activations: int
    accesses: int


class Measure:
    """What is the same for all choices of formats of a network: who holds how many numbers, and until when."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.own = rounded(graph)
        arrays = [v for v in graph.types if v not in graph.constants]
        self.origin = {value: source(graph, value) for value in arrays}
        self.count = {value: graph.types[value].count for value in arrays}
        readers = graph.consumers()
        self.moves = {value: (value not in graph.inputs) + len(readers[value]) for value in arrays}
        self.places = weighted(graph)
        weights = set(self.places.values())
        self.rest = sum(array.nbytes for name, array in graph.constants.items() if name not in weights)
        order = {value: index for index, node in enumerate(graph.nodes) for value in node.outputs}
        last = {value: max((order[r.outputs[0]] for r in readers[value]), default=-1) for value in arrays}
        end = len(graph.nodes)
        self.lives = [
            (order.get(value, -1), end if value in graph.outputs else last[value], value) for value in arrays
        ]

    def weight_bytes(self, name: str, one: Format) -> int:
        """Return the bytes of a node's weights in a format."""
        return -(-one.stored_bits(self.graph.types[self.places[name]].shape) // 8)

    def accessed(self, value: str, one: Format) -> int:
        """Return the bytes that move because of a value with a format of its own, and of those that follow it."""
        moved = sum(self.count[v] * self.moves[v] for v, origin in self.origin.items() if origin == value)
        return moved * one.bits // 8

    def sizes(self, weights: Mapping[str, Format], activations: Mapping[str, Format]) -> Sizes:
        """Return what formats take; what is not named is float."""
        stored = sum(self.weight_bytes(name, weights.get(name, FLOAT)) for name in self.places)
        moved = sum(self.accessed(value, activations.get(value, FLOAT)) for value in self.own)
        strangers = sum(
            4 * self.count[v] * self.moves[v] for v, origin in self.origin.items() if origin is None
        )
        return Sizes(stored + self.rest, self._peak(activations), stored + self.rest + moved + strangers)

    def _peak(self, activations: Mapping[str, Format]) -> int:
        room = {
            value: self.count[value] * _storage(activations.get(str(self.origin[value]), FLOAT).bits)
            for value in self.count
        }
        return max(
            sum(room[value] for first, last, value in self.lives if first <= at <= last)
            for at in range(len(self.graph.nodes))
        )


def _storage(bits: int) -> int:
    return 1 if bits <= 8 else 2 if bits <= 16 else 4
