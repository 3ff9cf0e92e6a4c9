"""A network in C whose weights and grids are data: formats change without compiling."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.compiler import generate, lower
from lpdnn.planning import constants_in_memory
from lpdnn.quantization import grid, grid_name, simulated
from lpdnn.targets import find
from lpdnn.toolchain import Program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpdnn.compiler import Trace
    from lpdnn.ir import Array, Graph
    from lpdnn.planning import Plan
    from lpdnn.quantization import Format


def _aligned(array: Array, alignment: int) -> Array:
    """Return a copy that can be written into, at a multiple of so many bytes."""
    room = np.zeros(array.nbytes + alignment, np.uint8)
    start = -room.ctypes.data % alignment
    copy = room[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def _apart(graph: Graph) -> Graph:
    """Return the network with constants that differ from each other, so that each has memory of its own."""
    constants = {}
    for index, (name, array) in enumerate(graph.constants.items(), 1):
        other = array.copy()
        if array.dtype == np.float32 and array.size:
            other.flat[0] = float(index)
        constants[name] = other
    return replace(graph, constants=constants)


class Simulation:
    """A float network, simplified, as a program; its weights and biases, and what values are rounded to, vary."""

    def __init__(self, graph: Graph, target: str = "native", trace: Trace | None = None) -> None:
        self.user: object = None
        """Who wrote into it last."""
        board = find(target)
        self.graph = simulated(graph)
        self.plan: Plan = lower(_apart(self.graph), board, trace, simplified=False)
        self._tensors = [_aligned(tensor.array, max(self.plan.alignment, 64)) for tensor in self.plan.tensors]
        with TemporaryDirectory() as folder:
            bundle = generate(self.plan, Path(folder) / "bundle", target=target, weights="file", trace=trace)
            self.program = Program.load(bundle, self._tensors)
        self._constants = dict(self.graph.constants)
        self._readers: dict[str, list[int]] = {}
        for index, step in enumerate(self.plan.steps):
            for value in step.node.inputs:
                if value in self._constants:
                    self._readers.setdefault(str(value), []).append(index)
        self.write(self._constants)

    def write(self, constants: Mapping[str, Array]) -> None:
        """Take other values of some constants, in the shapes that they have."""
        self._constants.update(constants)
        changed = {index for name in constants for index in self._readers.get(name, ())}
        for index in sorted(changed):
            step = self.plan.steps[index]
            laid = constants_in_memory(self.plan.graph, step.node, step.primitive, self._constants)
            for operand, (_, array) in zip(step.inputs, laid, strict=True):
                if operand.kind == "tensor" and array is not None:
                    self._tensors[operand.index][...] = array

    def round_to(self, formats: Mapping[str, Format]) -> None:
        """Round some values to these formats from now on; the format float leaves them."""
        self.write({grid_name(value): grid(one) for value, one in formats.items()})

    def run(self, x: Array) -> dict[str, Array]:
        """Return every output by name, for the first input."""
        return self.program.run(x)
