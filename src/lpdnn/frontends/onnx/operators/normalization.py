"""Normalization by mean and variance, and across channels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lpdnn.frontends.onnx.context import converts
from lpdnn.ops.batch_norm import BatchNorm
from lpdnn.ops.lrn import Lrn
from lpdnn.ops.mvn import Mvn
from lpdnn.ops.scale import Scale

if TYPE_CHECKING:
    from lpdnn.frontends.onnx.context import Context


@converts("BatchNormalization")
def batch_normalization(context: Context) -> None:
    """With the mean and variance that training found."""
    training = context.opset < 7 and not context.attr("is_test", 0)
    if training or context.attr("training_mode", 0) or any(context.wants(i) for i in range(1, 5)):
        context.unsupported("batch normalization in training mode")
    if not context.attr("spatial", 1):
        context.unsupported("batch normalization of each pixel alone (spatial = 0)")
    axis = min(1, len(context.shape()) - 1)
    op = BatchNorm(context.attr("epsilon", 1e-5))
    normal = context.step("normal", op, context.value(0), context.value(3), context.value(4))
    context.emit(Scale(axis=axis), normal, context.value(1), context.value(2))


@converts("InstanceNormalization")
def instance_normalization(context: Context) -> None:
    """Each channel of each image by its own mean and variance."""
    op = Mvn(epsilon=context.attr("epsilon", 1e-5), epsilon_in_root=True)
    normal = context.step("normal", op, context.value(0))
    context.emit(Scale(axis=1), normal, context.value(1), context.value(2))


@converts("LayerNormalization")
def layer_normalization(context: Context) -> None:
    """All axes from one on, of each element before it."""
    extents = context.shape()
    axis = context.axis(context.attr("axis", -1))
    scale = context.shape(1)
    if (
        context.wants(1)
        or context.wants(2)
        or scale != extents[axis:]
        or (context.has(2) and context.shape(2) != scale)
    ):
        context.by_definition()
    rows = context.reshaped(context.value(0), (math.prod(extents[:axis]), math.prod(extents[axis:])))
    op = Mvn(across_channels=True, epsilon=context.attr("epsilon", 1e-5), epsilon_in_root=True)
    normal = context.reshaped(context.step("normal", op, rows), extents)
    context.emit(Scale(axis=axis), normal, context.value(1), context.value(2) if context.has(2) else None)


@converts("LRN")
def lrn(context: Context) -> None:
    """Across channels."""
    size = context.attr("size", 1)
    if size % 2 == 0:
        context.unsupported(f"normalization across an even number of channels ({size})")
    op = Lrn(
        "across_channels",
        size,
        context.attr("alpha", 1e-4),
        context.attr("beta", 0.75),
        context.attr("bias", 1.0),
    )
    context.emit(op, context.value(0))
