"""Layers whose settings mean nothing, or nothing here: a sentence with the line, each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caffe_files import network, one, write
from lpdnn.frontends.caffe import import_caffe
from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = (2, 4, 8, 9)

REFUSED = {
    "no size": (one("Convolution", "num_output: 2"), "has kernel 0x0; both must be at least 1"),
    "no filters": (one("Convolution", "kernel_size: 2"), "has no num_output, or 0"),
    "no outputs": (one("InnerProduct"), "has no num_output, or 0"),
    "zero stride": (
        one("Convolution", "num_output: 2 kernel_size: 1 stride: 0"),
        "has stride 0x0; both must be at least 1",
    ),
    "huge pad": (
        one("Convolution", "num_output: 2 kernel_size: 1 pad: 4000000000"),
        "has pad 4000000000x4000000000",
    ),
    "huge kernel": (one("Convolution", "num_output: 2 kernel_size: 30000"), "30000"),
    "huge output": (
        one("Convolution", "num_output: 4294967295 kernel_size: 3"),
        "more than 2147483647 values",
    ),
    "huge matrix": (
        one("InnerProduct", "num_output: 4294967295 transpose: true"),
        "more than 2147483647 values",
    ),
    "many weights": (
        one("InnerProduct", "num_output: 7000000"),
        "the network wants more than 536870912 random weights",
    ),
    "groups": (
        one("Convolution", "num_output: 4 kernel_size: 1 group: 3"),
        "has 3 groups, which do not divide its 4 channels and 4 filters",
    ),
    "no groups": (one("Convolution", "num_output: 4 kernel_size: 1 group: 0"), "has 0 groups"),
    "pooling kernel": (one("Pooling"), "has kernel 0x0"),
    "pooling padding": (
        one("Pooling", "kernel_size: 2 pad: 2"),
        "has padding 2x2, which must be smaller than its kernel 2x2",
    ),
    "global and kernel": (
        one("Pooling", "kernel_size: 2 global_pooling: true"),
        "has global_pooling and a kernel size",
    ),
    "axis": (one("Softmax", "axis: 4"), "has axis 4, but its input f32[2x4x8x9] has 4 axes"),
    "axis from behind": (one("Softmax", "axis: -5"), "has axis -5"),
    "coefficients": (one("Eltwise", "coeff: 1", ("x", "x")), "has 1 coeff for 2 bottoms"),
    "coefficients of a product": (
        one("Eltwise", "operation: PROD coeff: 1 coeff: 2", ("x", "x")),
        "has coeff, which only a SUM takes",
    ),
    "slice points": (
        one("Slice", "slice_point: 3 slice_point: 1", top=("a", "b", "c")),
        "has slice points that do not rise from 0 to 4: [3, 1]",
    ),
    "slice count": (
        one("Slice", "slice_point: 3", top=("a", "b", "c")),
        "has 1 slice_point for 3 tops; it needs 2",
    ),
    "unequal slices": (
        one("Slice", "", top=("a", "b", "c")),
        "cannot cut axis 1 of f32[2x4x8x9] into 3 equal parts",
    ),
    "reshape": (one("Reshape", "shape { dim: 7 dim: -1 }"), "cannot give f32[2x4x8x9] the shape 7x-1"),
    "reshape twice": (one("Reshape", "shape { dim: -1 dim: -1 }"), "with more than one -1"),
    "reshape copy": (one("Reshape", "shape { dim: 1 dim: 1 dim: 1 dim: 1 dim: 0 }"), "copies dimension 4"),
    "reshape huge": (
        one("Reshape", "shape { dim: 9223372036854775807 dim: 9223372036854775807 }"),
        "cannot give",
    ),
    "permute": (
        one("Permute", "order: 1 order: 1"),
        "has the order [1, 1], which does not name different axes",
    ),
    "crop": (one("Crop", "offset: 1", ("x", "x")), "crops f32[2x4x8x9] beyond its end"),
    "crop offsets": (
        one("Crop", "axis: 1 offset: 1 offset: 1", ("x", "x")),
        "has 2 offsets for the 3 axes that it crops",
    ),
    "even lrn": (one("LRN", "local_size: 4"), "has local_size 4; Caffe takes odd ones only"),
    "clip": (one("Clip", "min: 1 max: 0"), "needs min and max in clip_param, min not above max"),
    "log base": (one("Log", "base: 1"), "has base 1, which has no logarithm"),
    "exp base": (one("Exp", "base: -2"), "has base -2.0; it must be positive, or -1 for e"),
    "infinite": (one("ELU", "alpha: inf"), "has a parameter that is no finite number"),
    "infinite power": (one("Power", "scale: nan"), "deploy.prototxt:3"),
    "tiles": (one("Tile", "tiles: 0"), "has 0 tiles"),
    "top_k": (one("ArgMax", "axis: 1 top_k: 5"), "has top_k 5, but there are 4 values"),
    "priors": (one("PriorBox", "", ("x", "x")), "has 0 min_size and 0 max_size"),
    "prior size": (
        one("PriorBox", "min_size: -1", ("x", "x")),
        "has min_size -1.0; it must be at least 1",
    ),
    "prior sizes": (
        one("PriorBox", "min_size: 5 max_size: 5", ("x", "x")),
        "has a max_size that is not larger than its min_size",
    ),
    "prior ratio": (
        one("PriorBox", "min_size: 5 aspect_ratio: 0", ("x", "x")),
        "has an aspect_ratio that is not positive",
    ),
    "prior variance": (
        one("PriorBox", "min_size: 5 variance: 1 variance: 1", ("x", "x")),
        "has 2 variance; it needs one or four",
    ),
    "prior step": (
        one("PriorBox", "min_size: 5 step: 8 step_h: 8", ("x", "x")),
        "has step and step_h or step_w",
    ),
    "prior image": (
        one("PriorBox", "min_size: 5 img_size: 4000000000", ("x", "x")),
        "has an image of 4000000000x4000000000",
    ),
    "classes": (one("DetectionOutput", "", ("x", "x", "x")), "has no num_classes"),
    "overlap": (
        one("DetectionOutput", "num_classes: 2 nms_param { nms_threshold: -1 }", ("x", "x", "x")),
        "needs nms_threshold of at least 0",
    ),
    "boxes": (one("DetectionOutput", "num_classes: 2", ("x", "x", "x")), "deploy.prototxt:3"),
    "interp": (one("Interp"), "does not tell its size: height and width, a factor, or a second bottom"),
    "interp padding": (one("Interp", "pad_beg: 1 zoom_factor: 2"), "has positive padding"),
    "interp crop": (one("Interp", "pad_beg: -9 zoom_factor: 2"), "crops everything away"),
    "interp size": (one("Interp", "height: 2000000000 width: 1"), "resizes to 2000000000x1"),
    "interp factor": (one("Interp", "zoom_factor: -3"), "has zoom_factor -3"),
    "scale axes": (one("Scale", "num_axes: 4"), "has num_axes 4, more than f32[2x4x8x9] has from axis 1 on"),
    "shuffle": (one("ShuffleChannel", "group: 3"), "has 3 groups, which do not divide the channels"),
    "different shapes": (
        one("InnerProduct", "num_output: 2", top=("i",)) + one("Eltwise", "", ("x", "i")),
        "deploy.prototxt:4 (Eltwise)",
    ),
    "parameter": (one("Parameter", bottom=()), "has no shape in parameter_param"),
    "concat twice": (one("Concat", "axis: 1 concat_dim: 1", ("x", "x")), "has axis and concat_dim"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_settings_that_mean_nothing(tmp_path: Path, case: str) -> None:
    layers, sentence = REFUSED[case]
    path = write(tmp_path, network(IMAGE, layers=layers))
    with pytest.raises(LpdnnError) as caught:
        import_caffe(path, fill="random")
    assert sentence in str(caught.value)
    assert "deploy.prototxt:" in str(caught.value)
    assert "\n" not in str(caught.value)


UNSUPPORTED = {
    "1-D": (one("Convolution", "num_output: 2 kernel_size: [1, 1, 1]"), "3-dimensional kernels (only 2)"),
    "channels": (one("Convolution", "num_output: 2 kernel_size: 1 axis: 2"), "channels on axis 2 (only 1)"),
    "relu6": (one("ReLU6", "negative_slope: 0.1"), "a ReLU6 with a slope below zero"),
    "upsample": (one("Upsample", "upsample_h: 15 upsample_w: 18"), "a size that is no multiple"),
    "im2col": (one("Im2col"), "no layer of this type is known here"),
    "no type": ('layer { name: "n" bottom: "x" top: "y" }', "it has no type"),
}


@pytest.mark.parametrize("case", UNSUPPORTED)
def test_what_is_unsupported(tmp_path: Path, case: str) -> None:
    layers, reason = UNSUPPORTED[case]
    with pytest.raises(LpdnnError, match="1 layer is not supported") as caught:
        import_caffe(write(tmp_path, network(IMAGE, layers=layers)), fill="random")
    assert reason in str(caught.value)
