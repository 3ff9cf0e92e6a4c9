"""Convolution and fully connected layers as matrix products, over BLAS libraries and one of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.plugins.cpu_blas import weights, workspaces
from lpdnn.plugins.cpu_blas.libraries import BLAS, OWN
from lpdnn.primitives import Primitive, over

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.targets import Target

C_STANDARD = "gnu11"
ALIGNMENT = 64


def _dense_columns(op: Operator, _inputs: Types, _outputs: tuple[TensorType, ...], _target: Target) -> str:
    return "" if op.stride[1] == 1 else "its columns are not next to each other"  # type: ignore[attr-defined]


def _several(_op: Operator, inputs: Types, outputs: tuple[TensorType, ...], _target: Target) -> str:
    weight = inputs[1]
    assert weight is not None
    return "" if outputs[0].count > weight.shape[0] else "one image is a vector: gemv"


def _primitives(
    arrange: Mapping[str, Callable[[Array], Array]], packing: Callable[[int, int], int]
) -> tuple[Primitive, ...]:
    """Return every primitive over libraries that want their weights in one way."""

    def prepare(matrices: Callable[[Operator, Array], Array], layout: str = "nchw") -> weights.Prepare:
        return weights.prepared(matrices, arrange[layout])

    return (
        Primitive(
            Conv2d,
            "im2col",
            workspace=workspaces.im2col(packing),
            prepare=prepare(weights.by_channel),
            alignment=ALIGNMENT,
        ),
        Primitive(
            Conv2d,
            "kn2row",
            workspace=workspaces.kn2row(packing),
            prepare=prepare(weights.all_taps),
            alignment=ALIGNMENT,
        ),
        Primitive(
            Conv2d,
            "kn2row_as",
            workspace=workspaces.kn2row_as(packing),
            prepare=prepare(weights.each_tap),
            alignment=ALIGNMENT,
        ),
        Primitive(
            Conv2d,
            "kn2row_aa",
            accepts=_dense_columns,
            workspace=workspaces.kn2row_aa(packing),
            prepare=prepare(weights.each_tap),
            alignment=ALIGNMENT,
        ),
        Primitive(
            Conv2d,
            "im2row",
            layout="nhwc",
            workspace=workspaces.im2row,
            prepare=prepare(weights.by_tap, "nhwc"),
            alignment=ALIGNMENT,
        ),
        Primitive(
            Conv2d,
            "kn2col",
            layout="nhwc",
            workspace=workspaces.kn2col,
            prepare=prepare(weights.all_taps, "nhwc"),
            alignment=ALIGNMENT,
        ),
        Primitive(
            Conv2d,
            "kn2col_aa",
            layout="nhwc",
            prepare=prepare(weights.each_tap, "nhwc"),
            alignment=ALIGNMENT,
        ),
        Primitive(FullyConnected, "gemv", alignment=ALIGNMENT),
        Primitive(
            FullyConnected,
            "gemm",
            accepts=_several,
            prepare=prepare(weights.whole, "nhwc"),
            alignment=ALIGNMENT,
        ),
    )


PRIMITIVES = [
    *over((OWN,), *_primitives(weights.PANELS, workspaces.own_packing)),
    *over(BLAS, *_primitives(weights.PLAIN, workspaces.no_packing)),
]
