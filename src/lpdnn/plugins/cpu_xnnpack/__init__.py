"""XNNPACK: convolution without lowering (nhwc), fully connected layers, max pooling, softmax, clipping."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import LpdnnError
from lpdnn.ops.activation import Activation
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.pool import Pool
from lpdnn.ops.softmax import Softmax
from lpdnn.primitives import Library, Primitive, at_rate, over

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.targets import Target

C_STANDARD = "gnu11"

# Later versions call their functions otherwise, under other file names.
XNNPACK = Library("xnnpack", "apt install libxnnpack0 (Debian 12)", ("xnnpack.c",), ("libXNNPACK.so.0",))

CONVOLUTION, OTHER = at_rate(3e10, 1e10), at_rate(1e9, 1e9)
"""Lower than they are: a library is one more thing to install, and comes in where measurements say it pays."""
SUM_TOLERANCE = 3e-4
"""It adds up a row in one go, which loses digits over the 25088 equal terms of a sample."""
SOFTMAX_TOLERANCE = 1e-4
"""So does its softmax over 4000 terms that are small beside the first."""

Constants = tuple["Array | None", ...]


def _weights(op: Operator, constants: Constants) -> Array:
    if constants[1] is None:
        message = f"the weights of a {op.NAME} are computed by the network: cpu_xnnpack wants constants"
        raise LpdnnError(message)
    return constants[1]


def _channels_last(op: Operator, constants: Constants) -> Constants:
    """Return weights as [M][KH][KW][C/g]."""
    weight = np.ascontiguousarray(np.moveaxis(_weights(op, constants), 1, 3))
    return (constants[0], weight, *constants[2:])


def _as_given(op: Operator, constants: Constants) -> Constants:
    _weights(op, constants)
    return constants


def _max(op: Operator, _inputs: Types, _outputs: tuple[TensorType, ...], _target: Target) -> str:
    assert isinstance(op, Pool)
    if op.kind != "max":
        return "only max pooling"
    return "a window of one element is no pooling" if op.kernel == (1, 1) else ""


def _rows(op: Operator, inputs: Types, _outputs: tuple[TensorType, ...], _target: Target) -> str:
    assert isinstance(op, Softmax)
    x = inputs[0]
    assert x is not None
    return (
        "" if all(extent == 1 for extent in x.shape[op.axis % x.rank + 1 :]) else "only along the last axis"
    )


def _clamp(op: Operator, _inputs: Types, _outputs: tuple[TensorType, ...], _target: Target) -> str:
    assert isinstance(op, Activation)
    f = op.function
    known = (f.kind == "relu" and f.alpha == 0) or (f.kind == "clip" and f.alpha < f.beta)
    return "" if known else "only ReLU and clipping"


PRIMITIVES = over(
    (XNNPACK,),
    Primitive(
        Conv2d,
        "indirect",
        layout="nhwc",
        prepare=_channels_last,
        estimate=CONVOLUTION,
        alignment=64,
    ),
    Primitive(
        FullyConnected, "gemm", prepare=_as_given, estimate=OTHER, tolerance=SUM_TOLERANCE, alignment=64
    ),
    Primitive(Pool, "max", layout="nhwc", accepts=_max, estimate=OTHER, alignment=64),
    Primitive(Softmax, "rows", accepts=_rows, estimate=OTHER, tolerance=SOFTMAX_TOLERANCE, alignment=64),
    Primitive(
        Activation,
        "clamp",
        layout="any",
        accepts=_clamp,
        in_place=("x",),
        estimate=OTHER,
        alignment=64,
    ),
)
