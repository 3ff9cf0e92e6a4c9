"""Kernels called with operands of their own, and timed as they would be called in a network."""

from __future__ import annotations

import ctypes
import mmap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lpdnn.ir import ELEMENT, LpdnnError, to_memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.bench.objects import Job, Loadable
    from lpdnn.ir import Array, TensorType

SEED = 7
READ = 256 << 20
"""Bytes that are read to measure a bandwidth."""


def page_aligned(array: Array) -> Array:
    """Return a copy of an array in pages of its own, of the usual size: as those of a program are."""
    copy = np.frombuffer(mmap.mmap(-1, max(array.nbytes, 1)), array.dtype, array.size)
    copy[:] = array.ravel()
    return copy


def pointers(arrays: Sequence[Array | None]) -> ctypes.Array[ctypes.c_void_p]:
    """Return arrays as C takes them."""
    return (ctypes.c_void_p * max(len(arrays), 1))(*(None if a is None else a.ctypes.data for a in arrays))


class Clock:
    """The clock, the peak, and what stands for the rest of the network: bytes that its other layers read."""

    def __init__(self, library: str, others: int) -> None:
        self._library = ctypes.CDLL(library)
        for name in ("clock_overhead", "peak", "bandwidth"):
            getattr(self._library, name).restype = ctypes.c_double
        self.overhead: float = self._library.clock_overhead()
        self.others = page_aligned(np.ones(max(others, 64), np.uint8))

    def peak(self) -> float:
        """Return the floating-point operations a second of multiply-adds in registers."""
        found: float = self._library.peak(100000)
        return found

    def bandwidth(self, size: int) -> float:
        """Return the bytes a second of reading so many bytes again and again."""
        data = page_aligned(np.ones(max(size // 512, 1) * 128, np.float32))
        address, count = ctypes.c_void_p(data.ctypes.data), ctypes.c_long(data.nbytes)
        self._library.bandwidth(address, count, ctypes.c_long(1))
        rounds = ctypes.c_long(max(1, READ // data.nbytes))
        found: float = self._library.bandwidth(address, count, rounds)
        return found


@dataclass
class Operands:
    """What a job reads and writes, in memory."""

    inputs: list[Array | None]
    outputs: list[Array | None]
    workspace: Array
    weights: bool

    @staticmethod
    def of(job: Job, constants: tuple[Array | None, ...]) -> Operands:
        """Return seeded random images, and constants as the primitive wants them."""
        primitive = job.implementation.primitive
        rng = np.random.default_rng(SEED)
        inputs: list[Array | None] = []
        weights = False
        for i, (x, tensor) in enumerate(zip(primitive.prepare(job.op, constants), job.inputs, strict=True)):
            if tensor is None:
                inputs.append(None)
            elif x is None:
                inputs.append(page_aligned(_drawn(rng, tensor)))
            else:
                parameter = job.op.input_name(i) in job.op.PARAMETERS
                inputs.append(page_aligned(x if parameter else to_memory(x, tensor)))
                weights = True
        outputs: list[Array | None] = [
            page_aligned(np.zeros(t.elements, ELEMENT[t.dtype])) for t in job.outputs
        ]
        workspace = max(primitive.workspace(job.op, job.inputs, job.outputs), 1)
        return Operands(inputs, outputs, page_aligned(np.zeros(workspace, np.uint8)), weights)


def _drawn(rng: np.random.Generator, tensor: TensorType) -> Array:
    if ELEMENT[tensor.dtype] is np.float32:
        return rng.random(tensor.elements, np.float32)
    return np.zeros(tensor.elements, ELEMENT[tensor.dtype])


class Timed:
    """A kernel, loaded, with operands."""

    LEAST_OTHERS = 2 << 20
    """Bytes read between two calls of a layer without weights: enough for a core's own caches."""

    def __init__(
        self, clock: Clock, loadable: Loadable, job: Job, constants: tuple[Array | None, ...]
    ) -> None:
        self.clock = clock
        self.library = ctypes.CDLL(str(loadable.library))
        self.library.once.restype = ctypes.c_double
        self.operands = Operands.of(job, constants)
        known = self.operands
        read = [x for x, c in zip(known.inputs, constants, strict=True) if x is not None and c is None]
        warm = [*(y for y in known.outputs if y is not None), known.workspace, *read[::-1]]
        others = clock.others.nbytes if known.weights else min(clock.others.nbytes, self.LEAST_OTHERS)
        self._arguments: tuple[Any, ...] = (
            self.library[loadable.symbol],
            ctypes.byref(ctypes.c_char.in_dll(self.library, loadable.spec)),
            pointers(job.op.padded(known.inputs)),
            pointers(known.outputs),
            ctypes.c_void_p(known.workspace.ctypes.data),
            ctypes.c_void_p(clock.others.ctypes.data),
            ctypes.c_long(others),
            pointers(warm),
            (ctypes.c_long * len(warm))(*(a.nbytes for a in warm)),
            ctypes.c_long(len(warm)),
        )

    def seconds(self) -> float:
        """Return the time of one call, after other layers had the caches."""
        taken: float = self.library.once(*self._arguments)
        if taken < 0:
            message = "the kernel refused its operands"
            raise LpdnnError(message)
        return max(taken - self.clock.overhead, 1e-9)
