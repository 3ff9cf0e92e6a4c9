"""Runs a plan on real bytes with the operators' reference semantics: what the generated program does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import ELEMENT, from_memory, to_memory
from lpdnn.planning.problem import problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpdnn.ir import Array, TensorType
    from lpdnn.planning import Plan


class Arena:
    """The bytes; 0xFF everywhere at first, which is NaN in floating point."""

    def __init__(self, size: int) -> None:
        self.bytes = np.full(size, 0xFF, np.uint8)

    def write(self, offset: int, tensor: TensorType, array: Array) -> None:
        flat = to_memory(array.astype(ELEMENT[tensor.dtype]), tensor)
        if tensor.pitch:
            size, pitch = (count * flat.itemsize for count in (tensor.shape[1], tensor.pitch))
            for i, pixel in enumerate(flat.view(np.uint8).reshape(-1, size)):
                self.bytes[offset + i * pitch : offset + i * pitch + size] = pixel
            return
        self.bytes[offset : offset + flat.nbytes] = flat.view(np.uint8)

    def read(self, offset: int, tensor: TensorType) -> Array:
        return from_memory(
            self.bytes[offset : offset + tensor.bytes].view(ELEMENT[tensor.dtype]).copy(), tensor
        )


def execute(plan: Plan, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return the outputs; constants are taken from the tensors, so primitives must not repack them."""
    graph, types = plan.graph, plan.graph.types
    shapes = problem(graph, {step.node.name: (step.plugin, step.primitive) for step in plan.steps}).constants
    arena = Arena(plan.arena_bytes)
    for name in graph.inputs:
        arena.write(plan.offsets[name], types[name], inputs[name])
    for step in plan.steps:
        operands = []
        assert len(step.inputs) >= len(step.node.op.INPUTS)
        for value, operand in zip(step.node.inputs, step.inputs, strict=False):
            if operand.kind == "absent":
                operands.append(None)
            elif operand.kind == "tensor":
                array = plan.tensors[operand.index].array.reshape(types[str(value)].shape)
                assert np.array_equal(array, shapes[str(value)])
                operands.append(array)
            else:
                operands.append(arena.read(operand.index, types[str(value)]))
        outputs = step.node.op.reference(*operands)
        if step.workspace_bytes:
            arena.bytes[step.workspace.index : step.workspace.index + step.workspace_bytes] = 0xFF
        for value, operand, array in zip(step.node.outputs, step.outputs, outputs, strict=True):
            arena.write(operand.index, types[value], array)
    return {name: arena.read(plan.offsets[name], types[name]) for name in graph.outputs}
