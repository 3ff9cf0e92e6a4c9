"""One walk over a graph in which a node may melt into the one that feeds it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lpdnn.ir import ELEMENT, RANGE

if TYPE_CHECKING:
    from lpdnn.ir import Array, Graph, Node, Operator

INTEGERS = [np.dtype(ELEMENT[dtype]) for dtype in RANGE]


@dataclass
class Sweep:
    """The nodes so far, and new constants. A melted node leaves the value of the node that melted into it."""

    graph: Graph
    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)
    _place: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._readers = {value: len(nodes) for value, nodes in self.graph.consumers().items()}

    def keep(self, node: Node) -> None:
        """Add a node."""
        for value in node.outputs:
            self._place[value] = len(self.nodes)
        self.nodes.append(node)

    def feeder(self, value: str | None) -> Node | None:
        """Return the node that makes a value, if nothing but one node needs that value."""
        if value is None or value in self.graph.outputs or self._readers.get(value) != 1:
            return None
        place = self._place.get(value)
        return None if place is None else self.nodes[place]

    def melt(self, feeder: Node, node: Node, op: Operator, inputs: tuple[str | None, ...]) -> None:
        """Replace the feeder by one node that does both."""
        place = self._place[feeder.outputs[0]]
        origin = " + ".join(origin for origin in (feeder.origin, node.origin) if origin)
        self.nodes[place] = replace(feeder, op=op, inputs=inputs, outputs=node.outputs, origin=origin)
        for value in node.outputs:
            self._place[value] = place

    def value(self, name: str | None) -> Array | None:
        """Return a constant's values in float64, None where it is absent or not constant."""
        if name is None:
            return None
        array = self.constants.get(name, self.graph.constants.get(name))
        return None if array is None else array.astype(np.float64)

    def constant(self, name: str, array: Array | np.ndarray[Any, Any]) -> str:
        """Add a constant under a name of its own; return the name."""
        unique = name
        number = 1
        while unique in self.graph.types or unique in self.constants:
            number += 1
            unique = f"{name}.{number}"
        kept = array if array.dtype in INTEGERS else array.astype(np.float32)
        self.constants[unique] = np.asarray(kept, order="C")
        return unique

    def finish(self) -> Graph:
        """Return the new graph."""
        return self.graph.rebuilt(self.nodes, self.constants)
