"""Each layer of a network against its roofline: what arithmetic and memory of this core would allow.

A layer takes at least as long as its operations at the core's peak, and as its weights and activations take to
be read (Williams, Waterman and Patterson 2009). Each comes from the smallest cache that can hold what lies there:
activations from one that holds what the layer reads and writes, weights, which are read once in an inference,
from one that holds those of all layers; else from memory. Operations are those of the definition, so that
Winograd's algorithm, which does fewer, may take less than the arithmetic's share.

Shares sum this up by what layers are held against: the peak for convolutions that are computed as defined and
read more than an image, the bandwidth of where they live for depthwise ones, the peak for the whole network.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from lpdnn.bench.network import one_core
from lpdnn.bench.objects import timer
from lpdnn.bench.stopwatch import Clock
from lpdnn.compiler import generate, lower, random_inputs
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.separable import Separable
from lpdnn.targets import find
from lpdnn.toolchain import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lpdnn.ir import Graph, Operator, Types
    from lpdnn.planning import Plan, Step
    from lpdnn.selection import Selection

Kind = Literal["body", "depthwise", "winograd", "image", "other"]
"""Convolutions as defined, by channel, by Winograd, of an image; all else."""
IMAGE = 4
"""Channels of an image, at most."""
WORST = 3
"""Layers that are named as those that lose most."""
PEAKS = 9
"""Measurements of the peak, of which the largest counts: others may slow it down, nothing speeds it up."""
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
    kind: Kind
    operations: int
    weights: int
    activations: int
    seconds: float
    arithmetic: float
    memory: float

    @property
    def rate(self) -> float:
        """Operations that it does in a second."""
        return self.operations / self.seconds

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
    peak = max(clock.peak() for _ in range(PEAKS))
    return Roofs(peak, (*levels, ("memory", 1 << 62, memory)))


def _kind(op: Operator, inputs: Types, how: str) -> Kind:
    x = inputs[0]
    if isinstance(op, Separable):
        return "body"
    if not isinstance(op, Conv2d) or x is None:
        return "other"
    if op.groups == x.shape[1] > 1:
        return "depthwise"
    if "winograd" in how:
        return "winograd"
    return "image" if x.shape[1] <= IMAGE else "body"


def shares(known: Roofs, layers: Sequence[Layer]) -> dict[str, float]:
    """Return what was reached of the peak, or of a cache's bandwidth, in words and as a share."""

    def of(some: Sequence[Layer], least: Callable[[Layer], float]) -> float:
        return sum(map(least, some)) / sum(one.seconds for one in some)

    body = [one for one in layers if one.kind == "body"]
    depthwise = [one for one in layers if one.kind == "depthwise"]
    found = {"the whole network, of the peak": of(layers, lambda one: one.arithmetic)}
    if body:
        found["convolutions without Winograd, the first left out, of the peak"] = of(
            body, lambda one: one.arithmetic
        )
        found["the least of them"] = min(one.rate for one in body) / known.peak
    if depthwise:
        found["depthwise convolutions, of the bandwidth of the level that holds them"] = of(
            depthwise, lambda one: one.memory
        )
        found["the least of these"] = min(one.memory / one.seconds for one in depthwise)
        found["depthwise convolutions, of the lower of that and the peak"] = of(
            depthwise, lambda one: one.roof
        )
    return found


def _reason(one: Layer) -> str:
    """Return in words what a layer did, beside what its lower roof allows."""
    done = f"{one.name} ({one.how}) loses {(one.seconds - one.roof) * 1e3:.3f} ms"
    if one.bound == "arithmetic":
        allowed = one.operations / one.arithmetic
        return (
            f"{done}: {one.rate / 1e9:.0f} of {allowed / 1e9:.0f} GFLOP/s; to move its "
            f"{(one.weights + one.activations) / 1e3:.0f} KB beside the arithmetic, not under it, is "
            f"{one.memory * 1e3:.3f} ms of that"
        )
    moved = one.weights + one.activations
    return (
        f"{done}: {moved / one.seconds / 1e9:.0f} of {moved / one.memory / 1e9:.0f} GB/s, and its arithmetic "
        f"takes {one.arithmetic * 1e3:.3f} ms at the peak"
    )


def _layer(plan: Plan, step: Step, seconds: float, known: Roofs, all_weights: int) -> Layer:
    graph, node = plan.graph, step.node
    inputs, outputs = graph.input_types(node), graph.output_types(node)
    cost = node.op.cost(inputs, outputs)
    operations = cost.multiplications + cost.additions + cost.comparisons
    weights = sum(plan.tensors[one.index].array.nbytes for one in step.inputs if one.kind == "tensor")
    operands = zip(node.op.padded(inputs), step.inputs, strict=True)
    read = [t.bytes for t, one in operands if t and one.kind == "arena"]
    activations = sum(read) + sum(t.bytes for t in outputs)
    memory = weights / known.bandwidth(all_weights) + activations / known.bandwidth(activations)
    return Layer(
        node.name,
        step.primitive.how,
        _kind(node.op, inputs, step.primitive.how),
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


def roofline_table(known: Roofs, layers: Sequence[Layer]) -> list[str]:
    """Return the shares, the layers in the network's order, their sum, and why some lose most."""
    lines = [
        *(f"- {what}: {share:.0%}" for what, share in shares(known, layers).items()),
        "",
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
    return [*lines, "", "Furthest from the roof:", *(f"- {_reason(one)}" for one in worst)]
