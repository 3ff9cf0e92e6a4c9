"""Convolution and fully connected layers as matrix products, over BLAS libraries and one of our own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.plugins.cpu_blas import weights, workspaces
from lpdnn.plugins.cpu_blas.estimates import lanes, product
from lpdnn.plugins.cpu_blas.libraries import BLAS, OWN
from lpdnn.plugins.cpu_blas.workspaces import pointwise
from lpdnn.primitives import Primitive, over

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.primitives import Accepts, Workspace
    from lpdnn.targets import Target

C_STANDARD = "gnu11"
ALIGNMENT = 64


def _dense_columns(op: Operator, _inputs: Types, _outputs: tuple[TensorType, ...], _target: Target) -> str:
    return "" if op.stride[1] == 1 else "its columns are not next to each other"  # type: ignore[attr-defined]


def _several_taps(op: Operator, inputs: Types, outputs: tuple[TensorType, ...], _target: Target) -> str:
    return "of one tap: im2col and im2row do it without lowering" if pointwise(op, inputs, outputs) else ""


def _several(_op: Operator, inputs: Types, outputs: tuple[TensorType, ...], _target: Target) -> str:
    weight = inputs[1]
    assert weight is not None
    return "" if outputs[0].count > weight.shape[0] else "one image is a vector: gemv"


def _vectors(_op: Operator, _inputs: Types, _outputs: tuple[TensorType, ...], target: Target) -> str:
    return "" if lanes(target) else "needs vector registers"


def _both(*conditions: Accepts) -> Accepts:
    def accepts(op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> str:
        reasons = (condition(op, inputs, outputs, target) for condition in conditions)
        return next((reason for reason in reasons if reason), "")

    return accepts


def _none(_op: Operator, _inputs: Types, _outputs: tuple[TensorType, ...]) -> int:
    return 0


def _primitives(
    arrange: Mapping[str, Callable[[Array], Array]],
    packing: Callable[[int, int], int],
    efficiency: float,
    *conditions: Accepts,
) -> tuple[Primitive, ...]:
    """Return every primitive over libraries that want their weights in one way."""

    def one(
        op: type[Operator],
        how: str,
        matrices: Callable[[Operator, Array], Array],
        layout: str,
        workspace: Workspace = _none,
        slowness: float = 1.0,
        condition: Accepts | None = None,
    ) -> Primitive:
        columns = layout == "nhwc" or how == "gemm"
        return Primitive(
            op,
            how,
            layout=layout,
            accepts=_both(*conditions, *([condition] if condition else [])),
            workspace=workspace,
            prepare=weights.prepared(matrices, arrange["nhwc" if columns else "nchw"]),
            estimate=product(
                efficiency / slowness,
                weights.CHANNEL_PANEL if columns else weights.FILTER_PANEL,
                workspace,
            ),
            alignment=ALIGNMENT,
        )

    return (
        one(Conv2d, "im2col", weights.by_channel, "nchw", workspaces.im2col(packing)),
        one(Conv2d, "kn2row", weights.all_taps, "nchw", workspaces.kn2row(packing), 1.2, _several_taps),
        one(Conv2d, "kn2row_as", weights.each_tap, "nchw", workspaces.kn2row_as(packing), 1.3, _several_taps),
        one(
            Conv2d,
            "kn2row_aa",
            weights.each_tap,
            "nchw",
            workspaces.kn2row_aa(packing),
            3.0,
            _dense_columns,
        ),
        one(Conv2d, "im2row", weights.by_tap, "nhwc", workspaces.im2row),
        one(Conv2d, "kn2col", weights.all_taps, "nhwc", workspaces.kn2col, 1.2, _several_taps),
        one(Conv2d, "kn2col_aa", weights.each_tap, "nhwc", slowness=1.5),
        replace(one(FullyConnected, "gemv", weights.whole, "nchw"), prepare=weights.unchanged),
        one(FullyConnected, "gemm", weights.whole, "nchw", condition=_several),
    )


PRIMITIVES = [
    *over((OWN,), *_primitives(weights.PANELS, workspaces.own_packing, 0.7, _vectors)),
    *over(BLAS, *_primitives(weights.PLAIN, workspaces.no_packing, 0.5)),
]
