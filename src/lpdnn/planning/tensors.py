"""Constants as the kernels want them in memory, each kept once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import LpdnnError, to_memory
from lpdnn.planning.contract import Operand, Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpdnn.ir import Array, Graph, Node
    from lpdnn.planning.problem import Problem
    from lpdnn.primitives import Primitive

ABSENT = Operand("absent", -1)


class Tensors:
    """The tensors of a plan, as they are found; equal ones are one."""

    def __init__(self) -> None:
        self.found: list[Tensor] = []
        self._by_content: dict[tuple[str, tuple[int, ...], bytes], int] = {}
        self._names: set[str] = set()

    def add(self, name: str, how: str, array: Array) -> int:
        """Return the number of a tensor with this content; a new one is named by value and kernel."""
        array = np.asarray(array, order="C")
        key = (array.dtype.str, array.shape, hashlib.blake2b(array.data, digest_size=32).digest())
        if key not in self._by_content:
            unique, count = name, 1
            while unique in self._names:
                unique = f"{name}.{how}" if count == 1 else f"{name}.{how}.{count}"
                count += 1
            self._names.add(unique)
            self._by_content[key] = len(self.found)
            self.found.append(Tensor(unique, array))
        return self._by_content[key]

    def inputs(self, given: Problem, node: Node, offsets: dict[str, int]) -> tuple[Operand, ...]:
        """Return where the inputs of a node are, its constants prepared for its primitive.

        There is an operand for each input that the operator names: a kernel looks for those left out, too.
        """
        primitive = given.primitive(node)
        operands = []
        for value, array in constants_in_memory(given.graph, node, primitive, given.constants):
            if value is not None and value in given.bytes:
                operands.append(Operand("arena", offsets[value]))
            elif array is None:
                operands.append(ABSENT)
            else:
                operands.append(Operand("tensor", self.add(value or node.name, primitive.how, array)))
        return tuple(operands)


def constants_in_memory(
    graph: Graph, node: Node, primitive: Primitive, constants: Mapping[str, Array]
) -> list[tuple[str | None, Array | None]]:
    """Return the value and, where it is constant, the memory of each input that a node's operator names."""
    values = node.op.padded(node.inputs)
    given = tuple(None if value is None else constants.get(value) for value in values)
    prepared = primitive.prepare(node.op, given)
    if len(prepared) != len(given):
        message = (
            f"primitive {primitive.symbol} prepares {len(prepared)} constants of node {node.name!r}, "
            f"which has {len(given)} inputs"
        )
        raise LpdnnError(message)
    found: list[tuple[str | None, Array | None]] = []
    for position, (value, array) in enumerate(zip(values, prepared, strict=True)):
        tensor = None if value is None else graph.types[value]
        laid = array is not None and tensor is not None and primitive.is_image(position, tensor)
        found.append((value, to_memory(array, tensor) if laid and array is not None and tensor else array))
    return found
