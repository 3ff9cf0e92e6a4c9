"""NNPACK: convolution by transforms, implicit products, directly; where it has them, four more layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import LpdnnError
from lpdnn.ops.conv2d import Conv2d
from lpdnn.plugins.cpu_nnpack._layers import LAYERS
from lpdnn.primitives import Library, Primitive, over

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.primitives import Accepts, Defines, Estimate
    from lpdnn.targets import Target

C_STANDARD = "gnu11"

NNPACK = Library(
    "nnpack",
    "pip install torch (libtorch_cpu.so has NNPACK inside), or build NNPACK as a shared library",
    ("nnpack.c",),
    ("libnnpack.so", "libtorch_cpu.so"),
    wheels=("torch",),
)

IMPLICIT_GEMM, DIRECT = 4, 5
ALGORITHMS = {"fft8": (1, 8), "fft16": (2, 16), "winograd": (3, 3), "implicit_gemm": (4, 0), "direct": (5, 1)}
"""NNPACK's number of each algorithm, and its largest kernel (0: any)."""
TOLERANCES = {"fft8": 2e-5, "fft16": 2e-5, "winograd": 2e-4}
"""What transforms cost in exactness: F(6x6, 3x3) has large constants."""
RATES = {"fft8": 2.8e10, "fft16": 2.9e10, "winograd": 3e10, "implicit_gemm": 2e10, "direct": 2.5e10}
"""Plain operations a second of a direct convolution that each does the work of. Lower than they are: a
library is
something more to install, and comes in where measurements say that it pays."""


def _accepts(how: str) -> Accepts:
    algorithm, largest = ALGORITHMS[how]

    def accepts(op: Operator, inputs: Types, _outputs: tuple[TensorType, ...], _target: Target) -> str:
        assert isinstance(op, Conv2d)
        weight = inputs[1]
        assert weight is not None
        kernel = weight.shape[2:]
        if op.groups != 1:
            return "NNPACK has no groups"
        if op.dilation != (1, 1):
            return "NNPACK has no dilation"
        if algorithm != IMPLICIT_GEMM and op.stride != (1, 1):
            return f"{how} has no strides"
        if any(op.padding[i] >= kernel[i % 2] for i in range(4)):
            return "the padding is not less than the kernel"
        if (how == "winograd" and kernel != (3, 3)) or (largest and max(kernel) > largest):
            return f"{how} is for kernels {'of 3x3' if how == 'winograd' else f'up to {largest}x{largest}'}"
        return "" if algorithm == DIRECT or max(kernel) > 1 else "a 1x1 kernel needs no transform: direct"

    return accepts


def _prepare(op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
    """Return zeros where there is no bias: NNPACK always adds one."""
    x, weight, bias = (*constants, None)[:3]
    if weight is None:
        message = f"the weights of a {op.NAME} are computed by the network: cpu_nnpack wants constants"
        raise LpdnnError(message)
    zeros = np.zeros(weight.shape[0], np.float32)
    return (x, weight, zeros if bias is None else bias, *constants[3:])


def _defines(how: str) -> Defines:
    return lambda _op, _inputs, _outputs: {"NNPACK_ALGORITHM": ALGORITHMS[how][0]}


def _estimate(how: str) -> Estimate:
    def estimate(op: Operator, inputs: Types, outputs: tuple[TensorType, ...], _target: Target) -> float:
        moved = sum(t.bytes for t in (*inputs, *outputs) if t is not None)
        return 5e-6 + 2 * op.cost(inputs, outputs).multiplications / RATES[how] + moved / 4e9

    return estimate


CONVOLUTIONS = over(
    (NNPACK,),
    *(
        Primitive(
            Conv2d,
            how,
            accepts=_accepts(how),
            prepare=_prepare,
            defines=_defines(how),
            estimate=_estimate(how),
            source="nnpack",
            tolerance=TOLERANCES.get(how, 0.0),
            alignment=64,
        )
        for how in ALGORITHMS
    ),
)

PRIMITIVES = [*CONVOLUTIONS, *LAYERS]
