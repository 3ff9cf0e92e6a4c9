"""Times of single kernels, in share of the core's peak in the same run: medians of processor time.

python -m lpdnn.bench.kernels [mobilenet resnet vgg ...] [--how direct_avx512 ...] [--target native]
"""

from __future__ import annotations

import argparse
import ctypes
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.bench.layers import LAYERS, Layer
from lpdnn.codegen.spec import initialiser
from lpdnn.codegen.units import specialised
from lpdnn.ir import LpdnnError, TensorType
from lpdnn.primitives import Plugin, Primitive, discover
from lpdnn.targets import find
from lpdnn.toolchain.compilers import CORE, INCLUDE, Unit, call, compile_units, compiler
from lpdnn.toolchain.kernel_program import Case

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lpdnn.ir import Array
    from lpdnn.targets import Target

HERE = Path(__file__).parent / "support"
ALIGNMENT = 64
SHORTEST = 0.002
"""Seconds that one measurement takes at least: as many calls as that needs."""


def _aligned(array: Array) -> Array:
    """Return a copy of an array that starts at a multiple of ALIGNMENT."""
    raw = np.empty(array.nbytes + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    copy = raw[start : start + array.nbytes].view(array.dtype)
    copy[:] = array.ravel()
    return copy


def _pointers(arrays: Sequence[Array | None]) -> ctypes.Array[ctypes.c_void_p]:
    return (ctypes.c_void_p * max(len(arrays), 1))(*(None if a is None else a.ctypes.data for a in arrays))


@dataclass
class Timed:
    """A kernel with its operands, loaded and ready to be called."""

    library: ctypes.CDLL
    arrays: list[Array | None]
    arguments: tuple[object, ...]
    flops: int
    moved: int

    def seconds(self, calls: int) -> float:
        """Return the time of one of so many calls."""
        time: float = self.library.seconds(*self.arguments, calls)
        if time < 0:
            message = "the kernel refused its operands"
            raise LpdnnError(message)
        return time

    def calls(self) -> int:
        """Return how many calls make one measurement."""
        self.seconds(1)
        return max(1, int(SHORTEST / max(self.seconds(1), 1e-8)))


def load(plugin: Plugin, primitive: Primitive, case: Case, target: Target, folder: Path) -> Timed:
    """Compile a kernel for one case and load it."""
    graph = case.graph(primitive)
    (node,) = graph.nodes
    inputs, outputs = graph.input_types(node), graph.output_types(node)
    symbol, defines = specialised(primitive, node.op, inputs, outputs)
    spec, tables = initialiser(graph, node, "case_spec")
    source = folder / f"{symbol}_case.c"
    source.write_text(
        "\n".join(('#include "lpdnn_ops.h"', *tables, spec.replace("static const", "const", 1), ""))
    )
    kernel = plugin.kernels / f"{primitive.file}.c"
    pic = (*target.flags, "-fPIC")
    units = [
        Unit(kernel, (f"-std={plugin.c_standard}", *pic, *(f"-D{d}" for d in defines))),
        *(Unit(path, ("-std=c89", *pic)) for path in sorted(CORE.glob("*.c"))),
        Unit(source, ("-std=gnu99", *pic)),
        Unit(HERE / "kernel_timer.c", ("-std=gnu99", *pic)),
    ]
    cc = compiler(target)
    library = folder / f"{symbol}.so"
    call([cc, "-shared", *compile_units(cc, units, (INCLUDE, plugin.folder / "support")), "-o", library])
    loaded = ctypes.CDLL(str(library))
    loaded.seconds.restype = loaded.peak.restype = ctypes.c_double
    ins = [None if x is None else _aligned(np.ascontiguousarray(x)) for x in case.operands(primitive)]
    outs: list[Array | None] = [_aligned(np.zeros(t.elements, np.float32)) for t in outputs]
    workspace = _aligned(np.zeros(max(primitive.workspace(node.op, inputs, outputs), 1), np.uint8))
    arguments = (
        loaded[symbol],
        ctypes.byref(ctypes.c_char.in_dll(loaded, "case_spec")),
        _pointers(ins),
        _pointers(outs),
        ctypes.c_void_p(workspace.ctypes.data),
    )
    cost = node.op.cost(inputs, outputs)
    flops = cost.multiplications + cost.additions + cost.comparisons
    moved = sum(a.nbytes for a in (*ins, *outs) if a is not None)
    return Timed(loaded, [*ins, *outs, workspace], arguments, flops, moved)


def candidates(layer: Layer, target: Target, hows: Sequence[str]) -> Iterator[tuple[Plugin, Primitive]]:
    """Yield the primitives that can compute a layer, of the wished kinds."""
    plain = tuple(None if s is None else TensorType(s) for s in layer.inputs)
    for plugin in discover():
        for primitive in plugin.primitives:
            if primitive.op is not type(layer.op) or not any(how in primitive.how for how in hows):
                continue
            inputs = primitive.in_types(plain, "nhwc" if primitive.layout == "any" else "")
            outputs = primitive.out_types(layer.op, inputs)
            if not primitive.accepts(layer.op, inputs, outputs, target):
                yield plugin, primitive


def measure(layer: Layer, target: Target, hows: Sequence[str], rounds: int) -> Iterator[str]:
    """Yield a row of text for each primitive of a layer, timed in turns with the peak."""
    rng = np.random.default_rng(0)
    arrays = tuple(None if s is None else rng.standard_normal(s).astype(np.float32) for s in layer.inputs)
    with TemporaryDirectory() as temporary:
        found = list(candidates(layer, target, hows))
        timed = [
            load(
                plugin,
                primitive,
                Case(layer.op, arrays, layout="nhwc" if primitive.layout == "any" else ""),
                target,
                Path(temporary),
            )
            for plugin, primitive in found
        ]
        calls = [one.calls() for one in timed]
        times: list[list[float]] = [[] for _ in timed]
        peaks: list[float] = []
        for _ in range(rounds):
            for i, one in enumerate(timed):
                times[i].append(one.seconds(calls[i]))
                peaks.append(one.library.peak(100000))
    peak = median(peaks)
    for (_, primitive), one, samples in zip(found, timed, times, strict=True):
        time = median(samples)
        rate = one.flops / time
        yield (
            f"{layer.name:34} {primitive.name:44} {time * 1e6:10.1f} us {rate / 1e9:7.1f} GFLOP/s "
            f"{100 * rate / peak:5.1f} % of peak ({100 * one.flops / min(samples) / peak:5.1f} at best) "
            f"{one.moved / time / 1e9:7.1f} GB/s"
        )


def main() -> None:
    """Print a table for each named network."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("networks", nargs="*", default=list(LAYERS))
    parser.add_argument("--how", nargs="*", default=[""])
    parser.add_argument("--target", default="native")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    for network in options.networks:
        for layer in LAYERS[network]:
            for row in measure(layer, find(options.target), options.how, options.rounds):
                print(row, flush=True)  # noqa: T201  # the report is the program's output


if __name__ == "__main__":
    main()
