"""Layers that bring values to a common size: batch normalization, LRN, MVN, softmax, SSD's Normalize."""

from __future__ import annotations

import numpy as np

from lpdnn.frontends.caffe.caffe_pb2 import FillerParameter, LRNParameter
from lpdnn.frontends.caffe.context import Context, converts
from lpdnn.ops.batch_norm import BatchNorm
from lpdnn.ops.lrn import Lrn
from lpdnn.ops.mvn import Mvn
from lpdnn.ops.normalize import Normalize
from lpdnn.ops.softmax import Softmax


@converts("BatchNorm")
def batch_norm(context: Context) -> None:
    """Mean and variance are stored as sums, with the factor to divide them by as a third blob."""
    x = context.type()
    if x.rank < 1:
        context.refuse(f"needs an input with channels, not {x}")
    channels = (x.shape[min(1, x.rank - 1)],)
    mean = context.array(0, channels, "mean")
    variance = context.array(1, channels, "variance")
    factor = float(context.array(2, (1,), "factor")[0])
    inverse = np.float32(1 / factor) if factor else np.float32(0)
    mean, variance = mean * inverse, variance * inverse
    epsilon = context.param.batch_norm_param.eps
    if not (
        np.isfinite(mean).all() and np.isfinite(variance).all() and (variance + np.float32(epsilon) > 0).all()
    ):
        context.refuse("has a variance that is not positive, or values out of range, so it cannot normalize")
    if (
        context.param.batch_norm_param.HasField("use_global_stats")
        and not context.param.batch_norm_param.use_global_stats
    ):
        context.report(
            f"{context.layer.place}: use_global_stats is false; the stored statistics are used all the same"
        )
    context.emit(
        BatchNorm(epsilon=epsilon),
        context.bottoms[0],
        context.constant("mean", mean),
        context.constant("variance", variance),
    )


@converts("LRN")
def lrn(context: Context) -> None:
    """Across channels, or within each channel over a square window (there k counts as 1)."""
    param = context.param.lrn_param
    within = param.norm_region == LRNParameter.WITHIN_CHANNEL
    if param.local_size % 2 == 0:
        context.refuse(f"has local_size {param.local_size}; Caffe takes odd ones only")
    context.emit(
        Lrn(
            region="within_channel" if within else "across_channels",
            size=param.local_size,
            alpha=param.alpha,
            beta=param.beta,
            k=1.0 if within else param.k,
        )
    )


@converts("MVN")
def mvn(context: Context) -> None:
    """Mean to 0, and variance to 1 on request, of each channel or of all together."""
    param = context.param.mvn_param
    op = Mvn(
        normalize_variance=param.normalize_variance, across_channels=param.across_channels, epsilon=param.eps
    )
    context.emit(op)


@converts("Normalize")
def normalize(context: Context) -> None:
    """SSD's: length to 1 across channels (and positions), then a trained scale."""
    param = context.param.norm_param
    x = context.type()
    if x.rank < 2:
        context.refuse(f"needs an input with channels, not {x}")
    shape = () if param.channel_shared else (x.shape[1],)
    filler = param.scale_filler if param.HasField("scale_filler") else FillerParameter(value=1)
    scale = context.array(0, shape, "scale", filler).reshape(-1)
    op = Normalize(across_spatial=param.across_spatial, epsilon=param.eps)
    context.emit(op, context.bottoms[0], context.constant("scale", scale))


@converts("Softmax")
def softmax(context: Context) -> None:
    """Along one axis."""
    context.emit(Softmax(axis=context.axis(context.param.softmax_param.axis)))
