"""Runs a plan on bytes that remember who wrote them, knowing nothing of how it was made.

A mistake in planning must not become a program that computes something else: each byte that a step reads must be the
byte that belongs there, whoever wrote it, and nothing that a step writes may hit what it still reads.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import ELEMENT, LpdnnError

if TYPE_CHECKING:
    from lpdnn.ir import Node
    from lpdnn.planning.contract import Plan, Step

Run = tuple[int, int, str, int]
"""Begin and end of bytes, who wrote them ("" where nobody did), and which byte of his the first is."""
MOST = 2**31 - 1
"""Offsets in C are 32-bit."""


class _Memory:
    """The arena as runs of bytes, sorted and without gaps."""

    def __init__(self, size: int) -> None:
        self.runs: list[Run] = [(0, size, "", 0)]

    def _split(self, at: int) -> int:
        """Return the number of the run that begins at a byte, made to begin there."""
        index = bisect_right(self.runs, at, key=lambda run: run[0]) - 1
        begin, end, who, which = self.runs[index]
        if begin == at:
            return index
        if at >= end:
            return len(self.runs)
        self.runs[index : index + 1] = [(begin, at, who, which), (at, end, who, which + at - begin)]
        return index + 1

    def write(self, begin: int, size: int, who: str) -> None:
        """Write."""
        first = self._split(begin)
        self.runs[first : self._split(begin + size)] = [(begin, begin + size, who, 0)]

    def read(self, begin: int, size: int) -> list[tuple[int, str, int]]:
        """Return who wrote these bytes: length, writer, his first byte; neighbours that continue are one."""
        first = self._split(begin)
        found: list[tuple[int, str, int]] = []
        for low, high, who, which in self.runs[first : self._split(begin + size)]:
            if found and found[-1][1] == who and found[-1][2] + found[-1][0] == which:
                found[-1] = (found[-1][0] + high - low, who, found[-1][2])
            else:
                found.append((high - low, who, which))
        return found


class _Checker:
    def __init__(self, plan: Plan) -> None:
        self.plan, self.graph = plan, plan.graph
        self.bytes = {value: tensor.bytes for value, tensor in plan.graph.types.items()}
        self.memory = _Memory(plan.arena_bytes)
        self.contents: dict[str, list[tuple[int, str, int]]] = {}

    def fail(self, what: str) -> LpdnnError:
        """Return the error that says what is wrong."""
        return LpdnnError(
            f"the memory plan of network {self.graph.name!r} is wrong, please report it: {what}"
        )

    def structure(self) -> None:
        """Check what needs no running: places, alignment, and that every node is there once."""
        plan = self.plan
        if plan.arena_bytes > MOST:
            message = f"network {self.graph.name!r} needs {plan.arena_bytes} bytes of memory; more than {MOST} cannot be addressed"
            raise LpdnnError(message)
        for value, offset in plan.offsets.items():
            tensor = self.graph.types[value]
            if offset < 0 or offset + tensor.bytes > plan.arena_bytes:
                raise self.fail(f"{value} is outside the arena")
            if offset % np.dtype(ELEMENT[tensor.dtype]).itemsize:
                raise self.fail(f"{value} is not aligned")
        names = [step.node.name for step in plan.steps]
        known = {node.name: node for node in self.graph.nodes}
        if len(set(names)) != len(names) or any(
            known.get(step.node.name) != step.node for step in plan.steps
        ):
            raise self.fail("a step is not a node of the network, or is there twice")
        for group in (self.graph.inputs, tuple(dict.fromkeys(self.graph.outputs))):
            spans = sorted((plan.offsets[value], plan.offsets[value] + self.bytes[value]) for value in group)
            if any(low[1] > high[0] for low, high in zip(spans, spans[1:], strict=False)):
                raise self.fail("inputs overlap, or outputs do")

    def expected(self) -> None:
        """Say of what each value consists: of itself where a step makes it, of others where a node has no step."""
        stepped = {step.node.name for step in self.plan.steps}
        for value in self.graph.inputs:
            self.contents[value] = [(self.bytes[value], value, 0)]
        for node in self.graph.nodes:
            if node.name in stepped:
                for value in node.outputs:
                    self.contents[value] = [(self.bytes[value], value, 0)]
            elif not all(value in self.plan.graph.constants for value in node.inputs):
                self._without_step(node)

    def _without_step(self, node: Node) -> None:
        types = self.graph.input_types(node), self.graph.output_types(node)
        output = node.outputs[0]
        width = np.dtype(ELEMENT[self.graph.types[output].dtype]).itemsize
        parts, piece = node.op.parts(*types), node.op.piece(*types)
        if piece is not None:
            source = self.contents.get(node.inputs[0] or "")
            if source is not None:
                self.contents[output] = _cut(source, piece * width, self.bytes[output])
            return
        if parts is None or any(value not in self.contents for value in node.inputs):
            raise self.fail(f"node {node.name} has no step")
        at = 0
        joined: list[tuple[int, str, int]] = []
        for start, value in sorted(zip(parts, map(str, node.inputs), strict=True)):
            if start * width != at:
                raise self.fail(f"node {node.name} has no step, and its parts do not make it up")
            joined += self.contents[value]
            at += self.bytes[value]
        if at != self.bytes[output]:
            raise self.fail(f"node {node.name} has no step, and its parts do not make it up")
        self.contents[output] = joined

    def reads(self, value: str, who: str) -> None:
        """Check that the bytes of a value are what they should be."""
        if value not in self.contents or value not in self.plan.offsets:
            raise self.fail(f"{who} needs {value}, which has no place")
        want: list[tuple[int, str, int]] = []
        for length, writer, which in self.contents[value]:
            if want and want[-1][1] == writer and want[-1][2] + want[-1][0] == which:
                want[-1] = (want[-1][0] + length, writer, want[-1][2])
            else:
                want.append((length, writer, which))
        if self.memory.read(self.plan.offsets[value], self.bytes[value]) != want:
            raise self.fail(f"{who} needs {value}, and its bytes are not there")

    def step(self, step: Step) -> None:
        """Run one step."""
        node = step.node
        readings: list[tuple[int, int, bool]] = []
        names = [name.strip("?*") for name in node.op.INPUTS]
        if (len(step.inputs), len(step.outputs)) != (len(node.inputs), len(node.outputs)):
            raise self.fail(f"the step of {node.name} has not the operands of its node")
        for position, (value, operand) in enumerate(zip(node.inputs, step.inputs, strict=True)):
            if operand.kind == "tensor" and not 0 <= operand.index < len(self.plan.tensors):
                raise self.fail(f"{node.name} reads a tensor that is not there")
            if value is None or operand.kind != "arena":
                if value in self.contents:
                    raise self.fail(f"{node.name} does not read {value}")
                continue
            self._operand(node, value, operand.index, step.primitive.alignment)
            self.reads(value, f"step {node.name}")
            allowed = names[min(position, len(names) - 1)] in step.primitive.in_place
            readings.append((operand.index, operand.index + self.bytes[value], allowed))
        writings = []
        for value, operand in zip(node.outputs, step.outputs, strict=True):
            self._operand(node, value, operand.index, step.primitive.alignment)
            if operand.kind != "arena":
                raise self.fail(f"{node.name} writes {value} outside the arena")
            writings.append((operand.index, operand.index + self.bytes[value], value))
        scratch = (step.workspace.index, step.workspace.index + step.workspace_bytes, "")
        if step.workspace_bytes:
            self._operand(node, "", step.workspace.index, step.primitive.alignment)
            if scratch[1] > self.plan.arena_bytes or step.workspace.kind != "arena":
                raise self.fail(f"the workspace of {node.name} is outside the arena")
            writings.append(scratch)
        self._apart(node, readings, writings)
        for begin, end, value in writings:
            self.memory.write(begin, end - begin, value)

    def _operand(self, node: Node, value: str, offset: int, alignment: int) -> None:
        if offset < 0 or offset % alignment or (value and self.plan.offsets.get(value) != offset):
            raise self.fail(f"{node.name} is given a wrong place for {value or 'its workspace'}")

    def _apart(
        self, node: Node, readings: list[tuple[int, int, bool]], writings: list[tuple[int, int, str]]
    ) -> None:
        for i, (begin, end, value) in enumerate(writings):
            if any(low < end and begin < high for low, high, _ in writings[:i]):
                raise self.fail(f"{node.name} writes two things to the same bytes")
            for low, high, allowed in readings:
                exact = value and allowed and len(node.outputs) == 1 and (low, high) == (begin, end)
                if low < end and begin < high and not exact:
                    raise self.fail(f"{node.name} writes {value or 'its workspace'} over what it reads")


def _cut(source: list[tuple[int, str, int]], begin: int, size: int) -> list[tuple[int, str, int]]:
    found = []
    at = 0
    for length, writer, which in source:
        low, high = max(at, begin), min(at + length, begin + size)
        if low < high:
            found.append((high - low, writer, which + low - at))
        at += length
    return found


def check(plan: Plan) -> None:
    """Raise an LpdnnError where a plan would compute something else than its graph."""
    checker = _Checker(plan)
    checker.structure()
    checker.expected()
    for value in plan.graph.inputs:
        checker.memory.write(plan.offsets[value], checker.bytes[value], value)
    for step in plan.steps:
        checker.step(step)
    for value in plan.graph.outputs:
        checker.reads(value, "the application")
