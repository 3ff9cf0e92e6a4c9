"""oneDNN 2: convolution (direct, Winograd), fully connected layers, pooling, softmax, ReLU: generated code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpdnn.ir import LAYOUTS, LpdnnError
from lpdnn.ops.activation import Activation
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.pool import Pool
from lpdnn.ops.softmax import Softmax
from lpdnn.primitives import Library, Primitive, at_rate, over

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.primitives import Defines
    from lpdnn.targets import Target

C_STANDARD = "gnu11"

ONEDNN = Library("onednn", "apt install libdnnl-dev", ("onednn.c",), ("libdnnl.so.2",), header="dnnl.h")

CONVOLUTION, OTHER = at_rate(3e10, 1e10), at_rate(1e9, 1e9)
"""Lower than they are: a library is one more thing to install, and comes in where measurements say it pays."""
WINOGRAD_TOLERANCE = 1e-4
"""F(4x4, 3x3) has constants that cost digits."""

SOFTMAX_TOLERANCE = 2e-5
"""Its exponential is a short polynomial."""


def _any_window(op: Operator, inputs: Types, outputs: tuple[TensorType, ...], _target: Target) -> str:
    """Refuse means that count some of the padding in a window: oneDNN counts all of it or none."""
    assert isinstance(op, Pool)
    if op.kind == "max" or not op.count_padding:
        return ""
    x = inputs[0]
    assert x is not None
    for axis in (0, 1):
        reach = (outputs[0].shape[2 + axis] - 1) * op.stride[axis] + op.kernel[axis]
        if reach > x.shape[2 + axis] + op.padding[axis] + op.padding[axis + 2]:
            return "oneDNN counts padding that the last window only reaches"
    return ""


def _relu(op: Operator, _inputs: Types, _outputs: tuple[TensorType, ...], _target: Target) -> str:
    assert isinstance(op, Activation)
    return "" if op.function.kind == "relu" else "only ReLU"


def _constant(op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
    """Return constants as they are: oneDNN repacks weights when it first sees them."""
    if constants[1] is None:
        message = f"the weights of a {op.NAME} are computed by the network: cpu_onednn wants constants"
        raise LpdnnError(message)
    return constants


def _auto(auto: int) -> Defines:
    return lambda _op, _inputs, _outputs: {"ONEDNN_AUTO": auto}


PRIMITIVES = over(
    (ONEDNN,),
    *(
        Primitive(
            Conv2d,
            how,
            layout=layout,
            prepare=_constant,
            defines=_auto(auto),
            estimate=CONVOLUTION,
            source="direct",
            tolerance=WINOGRAD_TOLERANCE * auto,
            alignment=64,
        )
        for layout in LAYOUTS
        for auto, how in enumerate(("direct", "auto"))
    ),
    *(
        Primitive(Pool, "window", layout=layout, accepts=_any_window, estimate=OTHER, alignment=64)
        for layout in LAYOUTS
    ),
    Primitive(FullyConnected, "inner", prepare=_constant, estimate=OTHER, alignment=64),
    Primitive(Softmax, "softmax", estimate=OTHER, tolerance=SOFTMAX_TOLERANCE, alignment=64),
    Primitive(Activation, "relu", layout="any", accepts=_relu, in_place=("x",), estimate=OTHER, alignment=64),
)
