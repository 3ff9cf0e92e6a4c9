"""Normalization by mean and variance, and across channels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lpdnn.frontends.onnx.context import converts
from lpdnn.ops.batch_norm import BatchNorm
from lpdnn.ops.binary import Binary
from lpdnn.ops.lrn import Lrn
from lpdnn.ops.mvn import Mvn
from lpdnn.ops.power import Power
from lpdnn.ops.reduce import Reduce
from lpdnn.ops.scale import Scale

if TYPE_CHECKING:
    from lpdnn.frontends.onnx.context import Context


@converts("BatchNormalization")
def batch_normalization(context: Context) -> None:
    """With the mean and variance that training found, or in training mode those of the batch."""
    if not context.attr("spatial", 1):
        context.unsupported("batch normalization of each pixel alone (spatial = 0)")
    axis = min(1, len(context.shape()) - 1)
    if context.attr("training_mode", 0) and context.opset >= 14:
        _of_the_batch(context, axis)
        return
    training = context.opset < 7 and not context.attr("is_test", 0)
    if training or any(context.wants(i) for i in range(1, 5)):
        context.unsupported("batch normalization in training mode")
    op = BatchNorm(context.attr("epsilon", 1e-5))
    normal = context.step("normal", op, context.value(0), context.value(3), context.value(4))
    context.emit(Scale(axis=axis), normal, context.value(1), context.value(2))


def _of_the_batch(context: Context, axis: int) -> None:
    """Normalize by mean and variance of each channel of all images; tell the running ones."""
    x, rank = context.value(0), len(context.shape())
    axes = tuple(i for i in range(rank) if i != axis)
    mean = context.step("mean", Reduce("mean", axes), x)
    apart = context.step("apart", Binary("sub"), x, mean)
    variance = context.step("variance", Reduce("mean", axes), context.step("square", Power(2.0), apart))
    root = context.step("root", Power(-0.5, 1.0, context.attr("epsilon", 1e-5)), variance)
    normal = context.step("normal", Binary("mul"), apart, root)
    momentum = context.attr("momentum", 0.9)
    for index, old, new in ((1, 3, mean), (2, 4, variance)):
        if context.wants(index):
            kept = context.step("kept", Power(1.0, momentum), context.value(old))
            fresh = context.step("fresh", Power(1.0, 1 - momentum), context.reshaped(new, context.shape(old)))
            context.emit(Binary("add"), kept, fresh, index=index)
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
