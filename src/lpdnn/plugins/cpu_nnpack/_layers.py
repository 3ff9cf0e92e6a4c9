"""The layers of NNPACK besides convolution, which some builds of it leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpdnn.ir import LpdnnError
from lpdnn.ops.activation import Activation
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.pool import Pool
from lpdnn.ops.softmax import Softmax
from lpdnn.primitives import Library, Primitive, at_rate, over

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.targets import Target

WHOLE = Library(
    "nnpack_whole",
    "build NNPACK as a shared library, with all its layers",
    ("nnpack_whole.c",),
    ("libnnpack.so",),
)
WHEN_MEASURED = at_rate(1e9, 1e9)
VECTOR = 8
SUM_TOLERANCE = 1e-4
"""It adds up a row in one go, which loses digits over the 25088 equal terms of a sample."""


def _constant(op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
    if constants[1] is None:
        message = f"the weights of a {op.NAME} are computed by the network: cpu_nnpack wants constants"
        raise LpdnnError(message)
    return constants


def _max(op: Operator, inputs: Types, outputs: tuple[TensorType, ...], _target: Target) -> str:
    assert isinstance(op, Pool)
    x = inputs[0]
    assert x is not None
    if op.kind != "max" or any(op.padding):
        return "only max pooling without padding"
    if any(stride > kernel for stride, kernel in zip(op.stride, op.kernel, strict=True)):
        return "the stride is beyond the kernel"
    for axis in (0, 1):
        size, kernel, stride = x.shape[2 + axis], op.kernel[axis], op.stride[axis]
        if -(-max(size - kernel, 0) // stride) + 1 != outputs[0].shape[2 + axis]:
            return "NNPACK's last window may stick out"
    return ""


def _rows(op: Operator, inputs: Types, _outputs: tuple[TensorType, ...], _target: Target) -> str:
    assert isinstance(op, Softmax)
    x = inputs[0]
    assert x is not None
    axis = op.axis % x.rank
    if any(extent != 1 for extent in x.shape[axis + 1 :]):
        return "only along the last axis"
    # its portable build is off by 1 % on rows of 10
    return "NNPACK is exact only on rows of whole vectors" if x.shape[axis] % VECTOR else ""


def _relu(op: Operator, _inputs: Types, _outputs: tuple[TensorType, ...], _target: Target) -> str:
    assert isinstance(op, Activation)
    return "" if op.function.kind == "relu" else "only ReLU"


LAYERS = over(
    (WHOLE,),
    Primitive(
        FullyConnected,
        "vector",
        prepare=_constant,
        estimate=WHEN_MEASURED,
        tolerance=SUM_TOLERANCE,
        alignment=64,
    ),
    Primitive(Pool, "max", accepts=_max, estimate=WHEN_MEASURED, alignment=64),
    Primitive(Softmax, "rows", accepts=_rows, estimate=WHEN_MEASURED, tolerance=SUM_TOLERANCE, alignment=64),
    Primitive(
        Activation,
        "relu",
        layout="any",
        accepts=_relu,
        in_place=("x",),
        estimate=WHEN_MEASURED,
        alignment=64,
    ),
)
