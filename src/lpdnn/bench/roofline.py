"""Each layer of a network against its roofline: what arithmetic and memory of this core would allow.

A layer takes at least as long as its operations at the core's peak, and as its weights and activations take to
be read (Williams, Waterman and Patterson 2009). Each comes from the smallest cache that can hold what lies there:
activations from one that holds what the layer reads and writes, weights, which are read once in an inference,
from one that holds those of all layers; else from memory. Operations are those of the definition, so that
Winograd's algorithm, which does fewer, may take less than the arithmetic's share.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lpdnn.bench.network import one_core
from lpdnn.bench.objects import timer
from lpdnn.bench.stopwatch import Clock
from lpdnn.compiler import generate, lower, random_inputs
from lpdnn.targets import find
from lpdnn.toolchain import Program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.ir import Graph
    from lpdnn.planning import Plan, Step
    from lpdnn.selection import Selection

WORST = 3
"""Layers that are named as those that lose most."""
BEYOND = 4
"""Times the largest cache that is read to measure memory, at most 256 MiB."""


@dataclass(frozen=True)
class Roofs:
    """A core: operations a second, and by bytes that a level holds, the bytes a second; the last is memory."""

    peak: float
    levels: tuple[tuple[str, int, float], ...]

    def bandwidth(self, size: int) -> float:
        """Return the bytes a second of the first level that holds so many bytes."""
        return next((speed for _, holds, speed in self.levels if size <= holds), self.levels[-1][2])

    def words(self) -> str:
        """Return the roofs in words."""
        levels = ", ".join(f"{name} {speed / 1e9:.0f} GB/s" for name, _, speed in self.levels)
        return f"Peak {self.peak / 1e9:.0f} GFLOP/s; {levels}."


@dataclass(frozen=True)
class Layer:
    """A step of the plan: what it does, moves and takes, and what its roofs allow, in seconds."""

    name: str
    how: str
    operations: int
    weights: int
    activations: int
    seconds: float
    arithmetic: float
    memory: float

    @property
    def roof(self) -> float:
        """The least that it could take."""
        return max(self.arithmetic, self.memory)

    @property
    def bound(self) -> str:
        """Which roof is the lower one."""
        return "arithmetic" if self.arithmetic >= self.memory else "memory"


def caches() -> list[tuple[str, int]]:
    """Return the caches of this core that the system tells of, with their bytes, the smallest first."""
    found = {}
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        if (index / "type").read_text().strip() != "Instruction":
            size = (index / "size").read_text().strip()
            level = f"L{(index / 'level').read_text().strip()}"
            found[level] = int(size[:-1]) * {"K": 1 << 10, "M": 1 << 20}.get(size[-1], 1)
    return sorted(found.items(), key=lambda one: one[1]) or [("cache", 1 << 20)]


def roofs(clock: Clock) -> Roofs:
    """Measure the core: caches half full, and memory."""
    known = caches()
    largest = known[-1][1]
    levels = [(name, holds, clock.bandwidth(holds // 2)) for name, holds in known]
    memory = clock.bandwidth(min(BEYOND * largest, 256 << 20))
    return Roofs(clock.peak(), (*levels, ("memory", 1 << 62, memory)))


def _layer(plan: Plan, step: Step, seconds: float, known: Roofs, all_weights: int) -> Layer:
    graph, node = plan.graph, step.node
    inputs, outputs = graph.input_types(node), graph.output_types(node)
    cost = node.op.cost(inputs, outputs)
    operations = cost.multiplications + cost.additions + cost.comparisons
    weights = sum(plan.tensors[one.index].array.nbytes for one in step.inputs if one.kind == "tensor")
    read = [t.bytes for t, one in zip(inputs, step.inputs, strict=True) if t and one.kind == "arena"]
    activations = sum(read) + sum(t.bytes for t in outputs)
    memory = weights / known.bandwidth(all_weights) + activations / known.bandwidth(activations)
    return Layer(
        node.name,
        step.primitive.how,
        operations,
        weights,
        activations,
        seconds,
        operations / known.peak,
        memory,
    )


def roofline(graph: Graph, selection: Selection | None, rounds: int) -> tuple[Roofs, list[Layer]]:
    """Return the core's roofs, and the layers of a simplified network, each timed in turn in an inference."""
    target = find("native")
    plan = lower(graph, target, simplified=False, selection=selection)
    with TemporaryDirectory(prefix="lpdnn-bench-") as home, one_core():
        program = Program.load(generate(plan, Path(home) / "bundle", weights="file"))
        clock = Clock(str(timer(target, Path(home))), 0)
        x = random_inputs(graph)
        program.run(x)
        known = roofs(clock)
        taken = program.profile(x, rounds)
    weights = sum(tensor.array.nbytes for tensor in plan.tensors)
    pairs = ((step, taken[step.node.name] / 1e3) for step in plan.steps)
    return known, list(starmap(lambda s, t: _layer(plan, s, t, known, weights), pairs))


def roofline_table(layers: Sequence[Layer]) -> list[str]:
    """Return the layers in the network's order, their sum, and those that lose most."""
    lines = [
        "| layer | how | MFLOP | weights KB | activations KB | ms | roof ms | bound by | of roof |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.name} | {one.how} | {one.operations / 1e6:.1f} | {one.weights / 1e3:.1f} | "
        f"{one.activations / 1e3:.1f} | {one.seconds * 1e3:.3f} | {one.roof * 1e3:.3f} | {one.bound} | "
        f"{one.roof / one.seconds:.0%} |"
        for one in layers
    ]
    seconds, least = sum(one.seconds for one in layers), sum(one.roof for one in layers)
    operations = sum(one.operations for one in layers)
    lines.append(
        f"| all | | {operations / 1e6:.1f} | {sum(one.weights for one in layers) / 1e3:.1f} | | "
        f"{seconds * 1e3:.3f} | {least * 1e3:.3f} | | {least / seconds:.0%} |"
    )
    worst = sorted(layers, key=lambda one: one.roof - one.seconds)[:WORST]
    lost = "; ".join(f"{one.name} {(one.seconds - one.roof) * 1e3:.3f} ms ({one.how})" for one in worst)
    return [*lines, "", f"Furthest from the roof: {lost}."]
