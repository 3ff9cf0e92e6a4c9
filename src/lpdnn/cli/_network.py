"""A network that can be run, in C or by the interpreter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lpdnn.interpreter import interpret

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.cli._samples import Shapes
    from lpdnn.ir import Array, Graph
    from lpdnn.toolchain import Program

Values = dict[str, "Array"]
_BOXES = "detection_output"


@dataclass(frozen=True)
class Network:
    """What it takes, which of its outputs are boxes, and what computes it."""

    inputs: Shapes
    boxes: frozenset[str]
    compute: Callable[[Values], Values]

    @property
    def photo(self) -> tuple[int, ...]:
        """Shape of the first input that a photo can fill, () where there is none."""
        return next((shape for shape in self.inputs.values() if len(shape) == 4), ())


def in_c(program: Program) -> Network:
    """Return a program as a network."""
    inputs = {value["name"]: tuple(value["shape"]) for value in program.inputs}
    steps = program.description["steps"]
    boxes = {v["name"] for step in steps if step["operator"] == _BOXES for v in step["outputs"]}
    return Network(inputs, frozenset(boxes), program.run)


def interpreted(graph: Graph) -> Network:
    """Return a graph as a network."""
    boxes = {value for node in graph.nodes if node.op.NAME == _BOXES for value in node.outputs}

    def compute(x: Values) -> Values:
        values = interpret(graph, x)
        return {name: values[name] for name in graph.outputs}

    inputs = {value: graph.types[value].shape for value in graph.inputs}
    return Network(inputs, frozenset(boxes), compute)
