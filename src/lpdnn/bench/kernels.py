"""Times of single kernels, in share of the core's peak in the same run: medians of processor time.

The peak is that of floats; VNNI's is 4 times as high.

python -m lpdnn.bench.kernels [mobilenet resnet int8-resnet ...] [--how direct_avx512 ...] [--target native]
"""

from __future__ import annotations

import argparse
import ctypes
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lpdnn.bench.layers import LAYERS, Layer
from lpdnn.bench.objects import Job, load_jobs
from lpdnn.bench.stopwatch import Operands, pointers
from lpdnn.ir import LpdnnError
from lpdnn.primitives import Plugin, Primitive, discover
from lpdnn.selection import Implementation
from lpdnn.targets import find

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lpdnn.bench.objects import Loadable
    from lpdnn.ir import Array
    from lpdnn.targets import Target

SHORTEST = 0.002
"""Seconds that one measurement takes at least: as many calls as that needs."""


@dataclass
class Timed:
    """A kernel with its operands, loaded and ready to be called."""

    library: ctypes.CDLL
    operands: Operands
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


def load(loadable: Loadable, job: Job, constants: tuple[Array | None, ...]) -> Timed:
    """Load a kernel that was compiled, with operands."""
    if loadable.failure:
        raise LpdnnError(loadable.failure)
    library = ctypes.CDLL(str(loadable.library))
    library.seconds.restype = library.peak.restype = ctypes.c_double
    operands = Operands.of(job, constants)
    arguments = (
        library[loadable.symbol],
        ctypes.byref(ctypes.c_char.in_dll(library, loadable.spec)),
        pointers(operands.inputs),
        pointers(operands.outputs),
        ctypes.c_void_p(operands.workspace.ctypes.data),
    )
    cost = job.op.cost(job.inputs, job.outputs)
    flops = cost.multiplications + cost.additions + cost.comparisons
    moved = sum(a.nbytes for a in (*operands.inputs, *operands.outputs) if a is not None)
    return Timed(library, operands, arguments, flops, moved)


def candidates(layer: Layer, target: Target, hows: Sequence[str]) -> Iterator[tuple[Plugin, Primitive]]:
    """Yield the primitives that can compute a layer, of the wished kinds."""
    for plugin in discover():
        for primitive in plugin.primitives:
            if primitive.op is not type(layer.op) or not any(how in primitive.how for how in hows):
                continue
            inputs = primitive.in_types(layer.types, "nhwc" if primitive.layout == "any" else "")
            outputs = primitive.out_types(layer.op, inputs)
            if primitive.fits(inputs, outputs) and not primitive.accepts(layer.op, inputs, outputs, target):
                yield plugin, primitive


def measure(layer: Layer, target: Target, hows: Sequence[str], rounds: int) -> Iterator[str]:
    """Yield a row of text for each primitive of a layer, timed in turns with the peak."""
    constants = layer.constants()
    with TemporaryDirectory() as temporary:
        found = list(candidates(layer, target, hows))
        jobs = [
            Job.of(
                Implementation(plugin, primitive, "nhwc" if primitive.layout == "any" else primitive.layout),
                layer.op,
                layer.types,
            )
            for plugin, primitive in found
        ]
        loadables = load_jobs(jobs, target, Path(temporary))
        timed = [load(one, job, constants) for one, job in zip(loadables, jobs, strict=True)]
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
