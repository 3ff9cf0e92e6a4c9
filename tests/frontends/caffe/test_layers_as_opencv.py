"""Layers with seeded weights: what OpenCV's reader makes of the same files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from caffe_files import in_opencv, inputs_for, network, one, relative_error, run_random

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.ir import Array

IMAGE = (2, 4, 8, 9)
TWO = ("x", "y")
PRIORS = "min_size: 30 min_size: 40 max_size: 60 max_size: 70 aspect_ratio: 2 aspect_ratio: 3 clip: true"

SAME = {
    "convolution": (
        one(
            "Convolution",
            "num_output: 6 kernel_size: 3 kernel_size: 2 stride: 2 stride: 1 pad: 1 pad: 0 group: 2",
        ),
        [IMAGE],
    ),
    "convolution by axis": (
        one(
            "Convolution",
            "num_output: 8 kernel_h: 3 kernel_w: 1 pad_h: 1 pad_w: 2 stride_h: 2 stride_w: 3 group: 4",
        ),
        [IMAGE],
    ),
    "dilated convolution": (
        one("Convolution", "num_output: 6 kernel_size: 3 dilation: 2 bias_term: false"),
        [IMAGE],
    ),
    "depthwise": (one("ConvolutionDepthwise", "num_output: 4 kernel_size: 3 pad: 1"), [IMAGE]),
    "deconvolution": (
        one("Deconvolution", "num_output: 6 kernel_size: 4 stride: 2 pad: 1 group: 2"),
        [IMAGE],
    ),
    "inner product": (one("InnerProduct", "num_output: 5"), [IMAGE]),
    "inner product from an axis": (one("InnerProduct", "num_output: 5 axis: -2 bias_term: false"), [IMAGE]),
    "max pooling": (one("Pooling", "pool: MAX kernel_size: 3 stride: 2"), [IMAGE]),
    "max pooling clipped": (one("Pooling", "pool: MAX kernel_size: 2 stride: 2 pad: 1"), [(2, 4, 7, 8)]),
    "average pooling": (one("Pooling", "pool: AVE kernel_size: 3 stride: 2 pad: 1"), [IMAGE]),
    "average pooling by axis": (
        one("Pooling", "pool: AVE kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 1 pad_h: 1 pad_w: 1"),
        [IMAGE],
    ),
    "global average": (one("Pooling", "pool: AVE global_pooling: true"), [IMAGE]),
    "pooling rounded down": (one("Pooling", "pool: MAX kernel_size: 3 stride: 2 ceil_mode: false"), [IMAGE]),
    "leaky relu": (one("ReLU", "negative_slope: 0.3"), [IMAGE]),
    "relu6": (one("Power", "scale: 5", top=("p",)) + one("ReLU6", bottom=("p",)), [IMAGE]),
    "prelu": (one("PReLU"), [IMAGE]),
    "elu": (one("ELU", "alpha: 0.4"), [IMAGE]),
    "sigmoid": (one("Sigmoid"), [IMAGE]),
    "tanh": (one("TanH"), [IMAGE]),
    "absolute": (one("AbsVal"), [IMAGE]),
    "bnll": (one("BNLL"), [IMAGE]),
    "power": (one("Power", "power: 2 scale: 0.5 shift: 1.5"), [IMAGE]),
    "exponential": (one("Exp", "base: 2 scale: 0.5 shift: 0.25"), [IMAGE]),
    "swish": (one("Swish"), [IMAGE]),
    "batch norm": (one("BatchNorm", "eps: 0.01"), [IMAGE]),
    "scale": (one("Scale", "bias_term: true"), [IMAGE]),
    "scale of several axes": (one("Scale", "axis: 1 num_axes: 3 bias_term: true"), [IMAGE]),
    "scale of all": (one("Scale", "axis: 0 num_axes: -1"), [IMAGE]),
    "scale by a blob": (one("Scale", "axis: 0", TWO), [IMAGE, (2, 4)]),
    "sum": (one("Eltwise", "coeff: 1 coeff: -0.5", TWO), [IMAGE, IMAGE]),
    "product": (one("Eltwise", "operation: PROD", ("x", "y", "z")), [IMAGE] * 3),
    "maximum": (one("Eltwise", "operation: MAX", TWO), [IMAGE, IMAGE]),
    "concat": (one("Concat", "", TWO), [IMAGE, (2, 1, 8, 9)]),
    "concat from behind": (one("Concat", "axis: -1", TWO), [IMAGE, (2, 4, 8, 2)]),
    "slice": (
        one("Slice", "axis: 1 slice_point: 1 slice_point: 3", top=("a", "b", "c"))
        + one("TanH", bottom=("b",)),
        [IMAGE],
    ),
    "crop": (one("Crop", "axis: 2 offset: 1 offset: 2", TWO), [IMAGE, (2, 4, 3, 4)]),
    "crop with one offset": (one("Crop", "axis: 1 offset: 1", TWO), [IMAGE, (2, 3, 3, 4)]),
    "flatten": (one("Flatten", "axis: 1 end_axis: 2"), [IMAGE]),
    "reshape": (one("Reshape", "shape { dim: 0 dim: -1 dim: 2 } axis: 1 num_axes: 2"), [IMAGE]),
    "permute": (one("Permute", "order: 0 order: 2 order: 3 order: 1"), [IMAGE]),
    "softmax": (one("Softmax", "axis: 2"), [IMAGE]),
    "lrn": (one("LRN", "local_size: 3 alpha: 0.5 beta: 0.7"), [IMAGE]),
    "lrn within": (one("LRN", "local_size: 3 alpha: 0.5 beta: 0.7 norm_region: WITHIN_CHANNEL"), [IMAGE]),
    "normalize": (
        one("Normalize", "across_spatial: false channel_shared: false scale_filler { value: 20 }"),
        [IMAGE],
    ),
    "mvn": (one("MVN"), [IMAGE]),
    "mvn across": (one("MVN", "across_channels: true normalize_variance: false"), [IMAGE]),
    "interp": (one("Interp", "height: 19 width: 11"), [IMAGE]),
    "shuffle": (one("ShuffleChannel", "group: 2"), [IMAGE]),
    "prior box": (
        one(
            "PriorBox",
            f"{PRIORS} variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2 step: 16 offset: 0.4",
            TWO,
        ),
        [IMAGE, (2, 3, 100, 110)],
    ),
    "prior box without flip": (
        one("PriorBox", "min_size: 30 aspect_ratio: 2 flip: false clip: true variance: 0.1", TWO),
        [IMAGE, (2, 3, 100, 110)],
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_as_opencv(tmp_path: Path, case: str) -> None:
    layers, shapes = SAME[case]
    graph, inputs, values = run_random(tmp_path, network(*shapes, layers=layers))
    names = ["out"] if case == "slice" else list(graph.outputs)
    for name, theirs in zip(names, in_opencv(tmp_path / "deploy.prototxt", inputs, names), strict=True):
        assert values[name].shape == theirs.shape
        assert relative_error(values[name], theirs) < 1e-6


@pytest.mark.parametrize(
    "settings",
    [
        "share_location: true code_type: CENTER_SIZE",
        "share_location: false code_type: CENTER_SIZE",
        "share_location: true code_type: CORNER",
    ],
)
def test_detection_output_keeps_the_same_rows(tmp_path: Path, settings: str) -> None:
    priors = 6 * 7 * 3
    locations = priors * 4 * (3 if "false" in settings else 1)
    limits = "keep_top_k: 12 confidence_threshold: 0.2 nms_param { nms_threshold: 0.45 top_k: 30 }"
    layers = (
        one("PriorBox", "min_size: 20 aspect_ratio: 2 clip: false " + "variance: 0.1 " * 4, TWO, ("p",))
        + one("InnerProduct", f"num_output: {locations}", ("x",), ("loc",))
        + one("InnerProduct", f"num_output: {priors * 3}", ("x",), ("logit",))
        + one("Reshape", "shape { dim: 0 dim: -1 dim: 3 }", ("logit",), ("rows",))
        + one("Softmax", "axis: 2", ("rows",), ("soft",))
        + one("Flatten", "", ("soft",), ("conf",))
        + one(
            "DetectionOutput",
            f"num_classes: 3 background_label_id: 0 {settings} {limits}",
            ("loc", "conf", "p"),
        )
    )
    graph, _, values = run_random(tmp_path, network((1, 2, 6, 7), (1, 3, 60, 70), layers=layers))
    (theirs,) = in_opencv(tmp_path / "deploy.prototxt", inputs_for(graph), ["out"])
    ours, theirs = _rows(values["out"]), _rows(theirs)
    assert len(ours) == len(theirs) > 3
    assert np.allclose(ours, theirs, atol=1e-5)


def _rows(boxes: Array) -> Array:
    """Return the boxes there are, in an order of their own: what pads is -1 here and 0 in OpenCV."""
    boxes = boxes.reshape(-1, 7)
    boxes = boxes[boxes[:, 2] > 0]
    return boxes[np.lexsort(np.round(boxes, 4).T)]
