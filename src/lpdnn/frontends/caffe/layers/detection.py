"""Layers of SSD: boxes to begin with, and boxes found."""

from __future__ import annotations

import math

import numpy as np

from lpdnn.frontends.caffe.caffe_pb2 import PriorBoxParameter
from lpdnn.frontends.caffe.context import Context, converts
from lpdnn.ops.detection_output import DetectionOutput
from lpdnn.ops.prior_box import PriorBox

_LARGEST_IMAGE = 2**15


@converts("PriorBox", bottoms=(2, 2))
def prior_box(context: Context) -> None:
    """Boxes around every position of the first bottom, in parts of the image that is the second bottom."""
    param = context.param.prior_box_param
    # Caffe keeps sizes as floats and then computes with their integer part.
    min_sizes = tuple(_whole(context, "min_size", size) for size in param.min_size)
    max_sizes = tuple(_whole(context, "max_size", size) for size in param.max_size)
    if not min_sizes or (max_sizes and len(max_sizes) != len(min_sizes)):
        context.refuse(
            f"has {len(min_sizes)} min_size and {len(max_sizes)} max_size; it needs as many, or no max_size"
        )
    if any(large <= small for small, large in zip(min_sizes, max_sizes, strict=False)):
        context.refuse("has a max_size that is not larger than its min_size")
    if any(not 0 < ratio < math.inf for ratio in param.aspect_ratio):
        context.refuse("has an aspect_ratio that is not positive")
    variances = tuple(param.variance) or (0.1,)
    if len(variances) not in (1, 4) or any(not 0 < v < math.inf for v in variances):
        context.refuse(f"has {len(variances)} variance; it needs one or four positive ones")
    op = PriorBox(
        min_sizes=min_sizes,
        max_sizes=max_sizes,
        aspect_ratios=tuple(param.aspect_ratio),
        flip=param.flip,
        clip=param.clip,
        variances=variances,
        step=_step(context),
        offset=param.offset,
    )
    context.emit(op, context.bottoms[0], _image(context))


@converts("DetectionOutput", bottoms=(3, 3))
def detection_output(context: Context) -> None:
    """Decode boxes of enough confidence, and leave out those that overlap a better one of their class."""
    param = context.param.detection_output_param
    nms = param.nms_param
    if param.num_classes < 1:
        context.refuse("has no num_classes")
    if not 0 <= nms.nms_threshold < math.inf or not 0 < nms.eta <= 1:
        context.refuse("needs nms_threshold of at least 0 and eta above 0, at most 1")
    codes = {
        PriorBoxParameter.CORNER: "corner",
        PriorBoxParameter.CENTER_SIZE: "center_size",
        PriorBoxParameter.CORNER_SIZE: "corner_size",
    }
    lowest = -float(np.finfo(np.float32).max)
    op = DetectionOutput(
        num_classes=param.num_classes,
        share_location=param.share_location,
        background_label=param.background_label_id,
        code_type=codes[param.code_type],  # type: ignore[arg-type]
        variance_encoded=param.variance_encoded_in_target,
        confidence_threshold=param.confidence_threshold if param.HasField("confidence_threshold") else lowest,
        nms_threshold=nms.nms_threshold,
        nms_eta=nms.eta,
        nms_top_k=nms.top_k if nms.HasField("top_k") else -1,
        keep_top_k=param.keep_top_k,
    )
    context.emit(op)


def _whole(context: Context, name: str, size: float) -> float:
    if not 1 <= size < _LARGEST_IMAGE:
        context.refuse(f"has {name} {size}; it must be at least 1 and less than {_LARGEST_IMAGE}")
    if size != int(size):
        context.report(f"{context.layer.place}: {name} {size:g} counts as {int(size)}, as in Caffe")
    return float(int(size))


def _step(context: Context) -> tuple[float, float]:
    """Return the distance of boxes in pixels of the image, 0 where it follows from the sizes."""
    param = context.param.prior_box_param
    one_each = param.HasField("step_h") or param.HasField("step_w")
    if one_each and param.HasField("step"):
        context.refuse("has step and step_h or step_w; it can have one kind")
    step = (param.step_h, param.step_w) if one_each else (param.step, param.step)
    if any(not 0 <= s < math.inf for s in step):
        context.refuse("has a step that is not positive")
    return step if all(step) else (0.0, 0.0)


def _image(context: Context) -> str:
    """Return the value with the image's size: the second bottom, unless the layer states a size."""
    param = context.param.prior_box_param
    one_each = param.HasField("img_h") or param.HasField("img_w")
    if one_each and param.HasField("img_size"):
        context.refuse("has img_size and img_h or img_w; it can have one kind")
    if not one_each and not param.HasField("img_size"):
        return context.bottoms[1]
    height, width = (param.img_h, param.img_w) if one_each else (param.img_size, param.img_size)
    if not (1 <= height < _LARGEST_IMAGE and 1 <= width < _LARGEST_IMAGE):
        context.refuse(
            f"has an image of {height}x{width}; both must be at least 1 and less than {_LARGEST_IMAGE}"
        )
    return context.constant("image", np.zeros((1, 1, height, width), np.float32))
