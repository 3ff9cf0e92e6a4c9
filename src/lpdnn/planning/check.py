"""Runs a plan on bytes that remember who wrote them, knowing nothing of how it was made.

A mistake in planning must not become a program that computes something else: each byte that a step reads
must be the byte that belongs there, whoever wrote it, and nothing that a step writes may hit what it still
reads.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import ELEMENT, LpdnnError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lpdnn.ir import Node, TensorType
    from lpdnn.planning.contract import Operand, Plan, Step

Run = tuple[int, int, str, int]
"""Begin and end of bytes, who wrote them ("" where nobody did), and which byte of his the first is."""
Content = list[tuple[int, str, int]]
"""Bytes one after another: how many, who wrote them, and which byte of his the first is."""
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
        if not size:
            return
        first = self._split(begin)
        self.runs[first : self._split(begin + size)] = [(begin, begin + size, who, 0)]

    def write_apart(self, begin: int, tensor: TensorType, who: str) -> None:
        """Write pixels, and nothing of what lies between them."""
        width = np.dtype(ELEMENT[tensor.dtype]).itemsize
        size, pitch = tensor.shape[1] * width, tensor.pitch * width
        first = self._split(begin)
        end = begin + (tensor.pixels - 1) * pitch + size
        last = self._split(end)
        found: list[Run] = [(b, b + size, who, i * size) for i, b in enumerate(range(begin, end, pitch))]
        for low, high, other, which in self.runs[first:last]:
            # The pieces of this run that lie between two pixels.
            for pixel in range((low - begin) // pitch, (high - 1 - begin) // pitch + 1):
                start = max(low, begin + pixel * pitch + size)
                stop = min(high, begin + (pixel + 1) * pitch)
                if start < stop:
                    found.append((start, stop, other, which + start - low))
        self.runs[first:last] = sorted(found)

    def read(self, begin: int, size: int) -> Content:
        """Return who wrote these bytes."""
        first = self._split(begin)
        runs = self.runs[first : self._split(begin + size)]
        return _joined([(high - low, who, which) for low, high, who, which in runs])


class _Checker:
    def __init__(self, plan: Plan) -> None:
        self.plan, self.graph = plan, plan.graph
        self.bytes = {value: tensor.bytes for value, tensor in plan.graph.types.items()}
        self.own = {value: replace(tensor, pitch=0).bytes for value, tensor in plan.graph.types.items()}
        self.memory = _Memory(plan.arena_bytes)
        self.contents: dict[str, Content] = {}

    def must(self, holds: bool, what: str) -> None:  # noqa: FBT001  # reads as a sentence
        """Raise unless it holds."""
        if not holds:
            message = f"the memory plan of network {self.graph.name!r} is wrong, please report it: {what}"
            raise LpdnnError(message)

    def structure(self) -> None:
        """Check what needs no running: places, alignment, and that every step is a node, once."""
        plan = self.plan
        for value, offset in plan.offsets.items():
            width = np.dtype(ELEMENT[self.graph.types[value].dtype]).itemsize
            inside = 0 <= offset <= plan.arena_bytes - self.bytes[value]
            self.must(inside and not offset % width, f"{value} is outside the arena, or not aligned")
        known = {node.name: node for node in self.graph.nodes}
        names = [step.node.name for step in plan.steps]
        self.must(len(set(names)) == len(names), "a node has two steps")
        self.must(all(known.get(step.node.name) == step.node for step in plan.steps), "a step has no node")
        for group in (self.graph.inputs, tuple(dict.fromkeys(self.graph.outputs))):
            spans = sorted((plan.offsets[value], plan.offsets[value] + self.bytes[value]) for value in group)
            apart = all(low[1] <= high[0] for low, high in pairwise(spans))
            self.must(apart, "inputs overlap, or outputs do")

    def expect(self) -> None:
        """Say of what each value consists: of itself where a step makes it, of others where none does."""
        stepped = {step.node.name for step in self.plan.steps}
        for value in self.graph.inputs:
            self.contents[value] = self._itself(value)
        for node in self.graph.nodes:
            if node.name in stepped:
                for value in node.outputs:
                    self.contents[value] = self._itself(value)
            else:
                self._expect_without_step(node)

    def _itself(self, value: str) -> Content:
        return [(self.own[value], value, 0)] if self.own[value] else []

    def _expect_without_step(self, node: Node) -> None:
        """Take the contents from the inputs; a view of a constant has none, and its readers get a tensor."""
        types = self.graph.input_types(node), self.graph.output_types(node)
        output = node.outputs[0]
        width = np.dtype(ELEMENT[self.graph.types[output].dtype]).itemsize
        parts, piece = node.op.parts(*types), node.op.piece(*types)
        if piece is not None:
            source = self.contents.get(node.inputs[0] or "")
            if source is not None:
                self.contents[output] = _cut(source, piece * width, self.bytes[output])
            return
        possible = parts is not None or node.op.strips(*types) is not None
        self.must(possible and all(v in self.contents for v in node.inputs), f"{node.name} has no step")
        if parts is None and node.op.strips(*types) is not None:
            self._expect_strips(node)
            return
        joined: Content = []
        at = 0
        for start, value in sorted(zip(parts or (), map(str, node.inputs), strict=True)):
            self.must(start * width == at, f"{node.name} has no step, and its parts do not make it up")
            joined += self.contents[value]
            at += self.bytes[value]
        self.must(at == self.bytes[output], f"{node.name} has no step, and its parts do not make it up")
        self.contents[output] = _joined(joined)

    def _expect_strips(self, node: Node) -> None:
        """Put the pixels of the inputs side by side."""
        output = self.graph.types[node.outputs[0]]
        self.must(
            sum(self.own[str(v)] for v in node.inputs) == self.own[node.outputs[0]],
            f"{node.name} has no step, and its parts do not make it up",
        )
        pixels = [_chunks(self.contents[str(v)], self.own[str(v)] // output.pixels) for v in node.inputs]
        together = (piece for parts in zip(*pixels, strict=True) for part in parts for piece in part)
        self.contents[node.outputs[0]] = _joined(list(together))

    def read(self, value: str, who: str) -> None:
        """Check that the bytes of a value are what they should be."""
        self.must(
            value in self.contents and value in self.plan.offsets, f"{who} reads {value}: it has no place"
        )
        self.must(not self.graph.types[value].pitch, f"{who} reads {value}: its pixels lie apart")
        there = self.memory.read(self.plan.offsets[value], self.bytes[value])
        self.must(there == self.contents[value], f"{who} reads {value}: its bytes are not there")

    def step(self, step: Step) -> None:
        """Run one step."""
        node = step.node
        values = node.op.padded(node.inputs)
        operands = len(step.inputs), len(step.outputs)
        self.must(operands == (len(values), len(node.outputs)), f"{node.name} has not its operands")
        allowed = step.primitive.in_place_positions(len(node.inputs)) if len(node.outputs) == 1 else ()
        reads: list[tuple[Run, bool]] = []
        for position, (value, operand) in enumerate(zip(values, step.inputs, strict=True)):
            self.must(
                (value in self.contents) == (operand.kind == "arena"), f"{node.name} does not read {value}"
            )
            if operand.kind == "tensor":
                there = 0 <= operand.index < len(self.plan.tensors)
                self.must(there, f"{node.name} reads a tensor that is not there")
            elif operand.kind == "arena":
                reads.append((self._run(step, operand, str(value)), position in allowed))
                self.read(str(value), f"step {node.name}")
        writes = [self._run(step, o, v) for v, o in zip(node.outputs, step.outputs, strict=True)]
        if step.workspace_bytes:
            writes.append(self._run(step, step.workspace, ""))
        for index, write in enumerate(writes):
            for other in writes[:index]:
                self.must(not _meet(write, other), f"{node.name} writes two things to the same bytes")
            for read, may in reads:
                exact = may and write[2] and write[:2] == read[:2]
                self.must(
                    exact or not _meet(write, read), f"{node.name} writes over {read[2]}, which it reads"
                )
        for begin, end, value, _ in writes:
            tensor = self.graph.types.get(value)
            if tensor is not None and tensor.pitch:
                self.must(step.primitive.apart, f"{node.name} cannot write pixels apart")
                self.memory.write_apart(begin, tensor, value)
            else:
                self.memory.write(begin, end - begin, value)

    def _run(self, step: Step, operand: Operand, value: str) -> Run:
        """Return the bytes of an operand; no value is the workspace."""
        size = self.bytes[value] if value else step.workspace_bytes
        right = (
            operand.kind == "arena"
            and 0 <= operand.index <= self.plan.arena_bytes - size
            and operand.index % step.primitive.alignment == 0
            and (not value or self.plan.offsets.get(value) == operand.index)
        )
        self.must(right, f"{step.node.name} is given a wrong place for {value or 'its workspace'}")
        return operand.index, operand.index + size, value, 0


def _meet(one: Run, other: Run) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _joined(content: Content) -> Content:
    """Return the content with neighbours that continue each other made one."""
    found: Content = []
    for length, who, which in content:
        if found and found[-1][1] == who and found[-1][2] + found[-1][0] == which:
            found[-1] = (found[-1][0] + length, who, found[-1][2])
        else:
            found.append((length, who, which))
    return found


def _chunks(content: Content, size: int) -> Iterator[Content]:
    """Yield a content in pieces of so many bytes."""
    chunk: Content = []
    room = size
    for length, who, which in content:
        at = 0
        while at < length:
            taken = min(room, length - at)
            chunk.append((taken, who, which + at))
            at, room = at + taken, room - taken
            if not room:
                yield chunk
                chunk, room = [], size


def _cut(source: Content, begin: int, size: int) -> Content:
    found = []
    at = 0
    for length, who, which in source:
        low, high = max(at, begin), min(at + length, begin + size)
        if low < high:
            found.append((high - low, who, which + low - at))
        at += length
    return found


def check(plan: Plan) -> None:
    """Raise an LpdnnError where a plan would compute something else than its graph."""
    if plan.arena_bytes > MOST:
        message = (
            f"network {plan.graph.name!r} needs {plan.arena_bytes} bytes of memory, "
            f"and offsets in C reach {MOST}; make its input smaller"
        )
        raise LpdnnError(message)
    checker = _Checker(plan)
    checker.structure()
    checker.expect()
    for value in plan.graph.inputs:
        checker.memory.write(plan.offsets[value], checker.bytes[value], value)
    for step in plan.steps:
        checker.step(step)
    for value in plan.graph.outputs:
        checker.read(value, "the application")
