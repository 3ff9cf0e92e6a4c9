"""What does little arithmetic: pooling, activations, sums, normalization, concatenation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lpdnn.ops.activation import Activation
from lpdnn.ops.concat import Concat
from lpdnn.ops.convert import Convert
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.lrn import Lrn
from lpdnn.ops.pool import Pool
from lpdnn.ops.prelu import PRelu
from lpdnn.ops.round_to_grid import RoundToGrid
from lpdnn.ops.scale import Scale
from lpdnn.ops.softmax import Softmax
from lpdnn.plugins.cpu_simd._activation import activation
from lpdnn.plugins.cpu_simd._isa import ISAS, Isa
from lpdnn.primitives import Primitive

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.ir import Operator, TensorType, Types
    from lpdnn.primitives import Sharing
    from lpdnn.targets import Target

    Constants = Callable[[Operator, Types, tuple[TensorType, ...]], dict[str, int]]
    Refuses = Callable[[Operator, Types], str]

PIXELS = 8
"""Pixels that are normalized together."""
KINDS = {"sum": 0, "product": 1, "max": 2}


def _channels(inputs: Types) -> int:
    assert inputs[0] is not None
    return inputs[0].shape[1]


def _activation(op: Operator, _inputs: Types, _outputs: tuple[TensorType, ...]) -> dict[str, int]:
    assert isinstance(op, Activation)
    return {"ACTIVATION": activation(op.function)}


def _eltwise(op: Operator, inputs: Types, _outputs: tuple[TensorType, ...]) -> dict[str, int]:
    assert isinstance(op, Eltwise)
    return {
        "INPUTS": len(inputs),
        "KIND": KINDS[op.kind],
        "WEIGHTED": int(bool(op.coefficients)),
        "ACTIVATION": activation(op.activation),
    }


def _prelu(_op: Operator, inputs: Types, _outputs: tuple[TensorType, ...]) -> dict[str, int]:
    slope = inputs[1]
    assert slope is not None
    return {"CHANNELS": _channels(inputs), "SHARED": int(slope.count == 1)}


def _scale(op: Operator, inputs: Types, _outputs: tuple[TensorType, ...]) -> dict[str, int]:
    assert isinstance(op, Scale)
    bias = len(inputs) > 2 and inputs[2] is not None
    return {"CHANNELS": _channels(inputs), "BIAS": int(bias), "ACTIVATION": activation(op.activation)}


def _pool(op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
    assert isinstance(op, Pool)
    x = inputs[0]
    assert x is not None
    names = (
        "BATCH",
        "CHANNELS",
        "HEIGHT",
        "WIDTH",
        "OUT_HEIGHT",
        "OUT_WIDTH",
        "KERNEL_H",
        "KERNEL_W",
        "STRIDE_H",
        "STRIDE_W",
        "PAD_TOP",
        "PAD_LEFT",
        "PAD_BOTTOM",
        "PAD_RIGHT",
    )
    values = (*x.shape, *outputs[0].shape[2:], *op.kernel, *op.stride, *op.padding)
    return {
        **dict(zip(names, values, strict=True)),
        "AVERAGE": int(op.kind == "average"),
        "COUNT_PADDING": int(op.count_padding),
    }


def _lrn(op: Operator, inputs: Types, _outputs: tuple[TensorType, ...]) -> dict[str, int]:
    assert isinstance(op, Lrn)
    return {
        "CHANNELS": _channels(inputs),
        "SIZE": op.size,
        "TOGETHER": PIXELS,
        "QUARTERS": int(op.beta == 0.75),
    }


def _only_width(_op: Operator, _inputs: Types, _outputs: tuple[TensorType, ...]) -> dict[str, int]:
    return {}


def _any(_op: Operator, _inputs: Types) -> str:
    return ""


def _of_channels(op: Operator, _inputs: Types) -> str:
    """Refuse another axis than that of channels."""
    return "" if getattr(op, "axis", 1) == 1 else "is for the axis of channels"


def _scales(op: Operator, inputs: Types) -> str:
    whole = inputs[1] is not None and inputs[1].rank == 1
    return _of_channels(op, inputs) if whole else "is for one factor a channel"


def _last_axis(op: Operator, inputs: Types) -> str:
    assert isinstance(op, Softmax)
    x = inputs[0]
    assert x is not None
    return "" if op.axis == x.rank - 1 else "is for the last axis"


def _across(op: Operator, _inputs: Types) -> str:
    assert isinstance(op, Lrn)
    return "" if op.region == "across_channels" else "is for normalization across channels"


@dataclass(frozen=True)
class Elementwise:
    """An operator: the constants of its kernel, what it refuses, which inputs it may write over."""

    op: type[Operator]
    layout: str
    constants: Constants
    refuses: Refuses = _any
    in_place: tuple[str, ...] = ()
    out_layout: str = ""
    shares: Sharing = ""

    def primitive(self, isa: Isa) -> Primitive:
        """Return the primitive for one instruction set."""

        def accepts(op: Operator, inputs: Types, _outputs: tuple[TensorType, ...], target: Target) -> str:
            return self.refuses(op, inputs) or isa.missing(target)

        def defines(op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
            return {"VL": isa.lanes, **self.constants(op, inputs, outputs)}

        def workspace(op: Operator, inputs: Types, _outputs: tuple[TensorType, ...]) -> int:
            return 4 * PIXELS * (_channels(inputs) + isa.lanes + op.size) if isinstance(op, Lrn) else 0

        return Primitive(
            self.op,
            f"simd_{isa.name}",
            layout=self.layout,
            out_layout=self.out_layout,
            accepts=accepts,
            workspace=workspace,
            in_place=self.in_place,
            defines=defines,
            alignment=4 * isa.lanes,
            estimate=isa.estimate(0.3),
            source="simd",
            shares=self.shares,
        )


KERNELS = (
    Elementwise(Activation, "any", _activation, in_place=("x",), shares="own"),
    Elementwise(Eltwise, "any", _eltwise, in_place=("x",), shares="own"),
    Elementwise(RoundToGrid, "any", _only_width, in_place=("x",)),
    Elementwise(PRelu, "nhwc", _prelu, in_place=("x",), shares="own"),
    Elementwise(Scale, "nhwc", _scale, _scales, ("x",), shares="own"),
    Elementwise(Concat, "nhwc", _only_width, _of_channels),
    Elementwise(Pool, "nhwc", _pool, shares="own"),
    Elementwise(Lrn, "nhwc", _lrn, _across, ("x",), shares="own"),
    Elementwise(Softmax, "nhwc", _only_width, _of_channels, ("x",)),
    Elementwise(Softmax, "nchw", _only_width, _last_axis, ("x",)),
)
CONVERSIONS = tuple(
    Elementwise(Convert, source, _only_width, out_layout=target)
    for source, target in (("nchw", "nhwc"), ("nhwc", "nchw"))
)
PRIMITIVES = [kernel.primitive(isa) for isa in ISAS for kernel in (*KERNELS, *CONVERSIONS)]
