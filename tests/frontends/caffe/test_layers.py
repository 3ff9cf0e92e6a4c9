"""Every layer type: what OpenCV's reader makes of the same text and weights, and what Caffe says where they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from caffe_files import in_opencv, inputs_for, layer, network, relative_error, run_random, write
from lpdnn.frontends.caffe import import_caffe
from lpdnn.frontends.caffe.layers import CONVERTERS
from lpdnn.interpreter import interpret
from lpdnn.ir import Array, LpdnnError
from lpdnn.ops.detection_output import DetectionOutput
from shared_data import shared

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = (2, 4, 8, 9)
TWO = ("x", "y")
PRIORS = "min_size: 30 min_size: 40 max_size: 60 max_size: 70 aspect_ratio: 2 aspect_ratio: 3 clip: true"

SAME = {
    "convolution": (layer("Convolution", "convolution_param { num_output: 6 kernel_size: 3 kernel_size: 2 stride: 2 stride: 1 pad: 1 pad: 0 group: 2 }"), [IMAGE]),
    "convolution by axis": (layer("Convolution", "convolution_param { num_output: 8 kernel_h: 3 kernel_w: 1 pad_h: 1 pad_w: 2 stride_h: 2 stride_w: 3 group: 4 }"), [IMAGE]),
    "dilated convolution": (layer("Convolution", "convolution_param { num_output: 6 kernel_size: 3 dilation: 2 bias_term: false }"), [IMAGE]),
    "depthwise": (layer("ConvolutionDepthwise", "convolution_param { num_output: 4 kernel_size: 3 pad: 1 }"), [IMAGE]),
    "deconvolution": (layer("Deconvolution", "convolution_param { num_output: 6 kernel_size: 4 stride: 2 pad: 1 group: 2 }"), [IMAGE]),
    "inner product": (layer("InnerProduct", "inner_product_param { num_output: 5 }"), [IMAGE]),
    "inner product from an axis": (layer("InnerProduct", "inner_product_param { num_output: 5 axis: -2 bias_term: false }"), [IMAGE]),
    "max pooling": (layer("Pooling", "pooling_param { pool: MAX kernel_size: 3 stride: 2 }"), [IMAGE]),
    "max pooling clipped": (layer("Pooling", "pooling_param { pool: MAX kernel_size: 2 stride: 2 pad: 1 }"), [(2, 4, 7, 8)]),
    "average pooling": (layer("Pooling", "pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 }"), [IMAGE]),
    "average pooling by axis": (layer("Pooling", "pooling_param { pool: AVE kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 1 pad_h: 1 pad_w: 1 }"), [IMAGE]),
    "global average": (layer("Pooling", "pooling_param { pool: AVE global_pooling: true }"), [IMAGE]),
    "pooling rounded down": (layer("Pooling", "pooling_param { pool: MAX kernel_size: 3 stride: 2 ceil_mode: false }"), [IMAGE]),
    "leaky relu": (layer("ReLU", "relu_param { negative_slope: 0.3 }"), [IMAGE]),
    "relu6": (layer("Power", "power_param { scale: 5 }", top=("p",)) + layer("ReLU6", bottom=("p",)), [IMAGE]),
    "prelu": (layer("PReLU"), [IMAGE]),
    "elu": (layer("ELU", "elu_param { alpha: 0.4 }"), [IMAGE]),
    "sigmoid": (layer("Sigmoid"), [IMAGE]),
    "tanh": (layer("TanH"), [IMAGE]),
    "absolute": (layer("AbsVal"), [IMAGE]),
    "bnll": (layer("BNLL"), [IMAGE]),
    "power": (layer("Power", "power_param { power: 2 scale: 0.5 shift: 1.5 }"), [IMAGE]),
    "exponential": (layer("Exp", "exp_param { base: 2 scale: 0.5 shift: 0.25 }"), [IMAGE]),
    "swish": (layer("Swish"), [IMAGE]),
    "batch norm": (layer("BatchNorm", "batch_norm_param { eps: 0.01 }"), [IMAGE]),
    "scale": (layer("Scale", "scale_param { bias_term: true }"), [IMAGE]),
    "scale of several axes": (layer("Scale", "scale_param { axis: 1 num_axes: 3 bias_term: true }"), [IMAGE]),
    "scale of all": (layer("Scale", "scale_param { axis: 0 num_axes: -1 }"), [IMAGE]),
    "scale by a blob": (layer("Scale", "scale_param { axis: 0 }", TWO), [IMAGE, (2, 4)]),
    "sum": (layer("Eltwise", "eltwise_param { coeff: 1 coeff: -0.5 }", TWO), [IMAGE, IMAGE]),
    "product": (layer("Eltwise", "eltwise_param { operation: PROD }", ("x", "y", "z")), [IMAGE] * 3),
    "maximum": (layer("Eltwise", "eltwise_param { operation: MAX }", TWO), [IMAGE, IMAGE]),
    "concat": (layer("Concat", "", TWO), [IMAGE, (2, 1, 8, 9)]),
    "concat from behind": (layer("Concat", "concat_param { axis: -1 }", TWO), [IMAGE, (2, 4, 8, 2)]),
    "slice": (layer("Slice", "slice_param { axis: 1 slice_point: 1 slice_point: 3 }", top=("a", "b", "c")) + layer("TanH", bottom=("b",)), [IMAGE]),
    "crop": (layer("Crop", "crop_param { axis: 2 offset: 1 offset: 2 }", TWO), [IMAGE, (2, 4, 3, 4)]),
    "crop with one offset": (layer("Crop", "crop_param { axis: 1 offset: 1 }", TWO), [IMAGE, (2, 3, 3, 4)]),
    "flatten": (layer("Flatten", "flatten_param { axis: 1 end_axis: 2 }"), [IMAGE]),
    "reshape": (layer("Reshape", "reshape_param { shape { dim: 0 dim: -1 dim: 2 } axis: 1 num_axes: 2 }"), [IMAGE]),
    "permute": (layer("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }"), [IMAGE]),
    "softmax": (layer("Softmax", "softmax_param { axis: 2 }"), [IMAGE]),
    "lrn": (layer("LRN", "lrn_param { local_size: 3 alpha: 0.5 beta: 0.7 }"), [IMAGE]),
    "lrn within": (layer("LRN", "lrn_param { local_size: 3 alpha: 0.5 beta: 0.7 norm_region: WITHIN_CHANNEL }"), [IMAGE]),
    "normalize": (layer("Normalize", "norm_param { across_spatial: false channel_shared: false scale_filler { value: 20 } }"), [IMAGE]),
    "mvn": (layer("MVN"), [IMAGE]),
    "mvn across": (layer("MVN", "mvn_param { across_channels: true normalize_variance: false }"), [IMAGE]),
    "interp": (layer("Interp", "interp_param { height: 19 width: 11 }"), [IMAGE]),
    "shuffle": (layer("ShuffleChannel", "shuffle_channel_param { group: 2 }"), [IMAGE]),
    "prior box": (layer("PriorBox", f"prior_box_param {{ {PRIORS} variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2 step: 16 offset: 0.4 }}", TWO), [IMAGE, (2, 3, 100, 110)]),
    "prior box without flip": (layer("PriorBox", "prior_box_param { min_size: 30 aspect_ratio: 2 flip: false clip: true variance: 0.1 }", TWO), [IMAGE, (2, 3, 100, 110)]),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME)
def test_as_opencv(tmp_path: Path, case: str) -> None:
    layers, shapes = SAME[case]
    graph, inputs, values = run_random(tmp_path, network(*shapes, layers=layers))
    names = ["out"] if case == "slice" else list(graph.outputs)
    for name, theirs in zip(names, in_opencv(tmp_path / "deploy.prototxt", inputs, names), strict=True):
        assert values[name].shape == theirs.shape
        assert relative_error(values[name], theirs) < 1e-6


def _pooled_by_caffe(x: Array) -> Array:
    """Average 3x2 windows, 2x3 apart, padded by 1 row: the divisor ends with the padding, the last column is clipped."""
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (1, 2), (0, 0)))
    rows = [(h * 2, min(h * 2 + 3, 10)) for h in range(5)]
    out = [
        [padded[:, :, a:b, w * 3 : w * 3 + 2].sum((2, 3)) / ((b - a) * 2) for w in range(3)] for a, b in rows
    ]
    return np.moveaxis(np.array(out), (0, 1), (2, 3))


def _zoomed(x: Array) -> Array:
    """Put the mean between neighbouring rows; one column stays one."""
    out = np.empty((*x.shape[:2], 2 * x.shape[2] - 1, x.shape[3]))
    out[:, :, ::2] = x
    out[:, :, 1::2] = (x[:, :, :-1] + x[:, :, 1:]) / 2
    return out


MEANINGS = {
    "padding on one axis": (
        layer("Pooling", "pooling_param { pool: AVE kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 3 pad_h: 1 }"),
        [IMAGE],
        _pooled_by_caffe,
    ),
    "clip": (layer("Clip", "clip_param { min: -0.5 max: 0.7 }"), [IMAGE], lambda x: np.clip(x, -0.5, 0.7)),
    "threshold": (layer("Threshold", "threshold_param { threshold: 0.25 }"), [IMAGE], lambda x: (x > 0.25) * 1.0),
    "logarithm": (
        layer("AbsVal", top=("a",)) + layer("Log", "log_param { base: 10 scale: 2 shift: 0.5 }", ("a",)),
        [IMAGE],
        lambda x: np.log10(2 * np.abs(x) + 0.5),
    ),
    "natural logarithm": (
        layer("AbsVal", top=("a",)) + layer("Log", "log_param { shift: 0.5 }", ("a",)),
        [IMAGE],
        lambda x: np.log(np.abs(x) + 0.5),
    ),
    "natural exponential": (layer("Exp", "exp_param { scale: 0.5 }"), [IMAGE], lambda x: np.exp(0.5 * x)),
    "bias by a blob": (layer("Bias", "bias_param { axis: 0 }", TWO), [IMAGE, (2, 4)], lambda x, y: x + y[:, :, None, None]),
    "dropout": (layer("Dropout", "dropout_param { dropout_ratio: 0.9 }"), [IMAGE], lambda x: x),
    "tile": (layer("Tile", "tile_param { axis: 1 tiles: 3 }"), [IMAGE], lambda x: np.tile(x, (1, 3, 1, 1))),
    "mean": (layer("Reduction", "reduction_param { axis: 2 operation: MEAN coeff: 2 }"), [IMAGE], lambda x: 2 * x.mean((2, 3))),
    "sum of absolutes": (layer("Reduction", "reduction_param { axis: -1 operation: ASUM }"), [IMAGE], lambda x: np.abs(x).sum(3)),
    "sum of squares": (layer("Reduction", "reduction_param { axis: 1 operation: SUMSQ }"), [IMAGE], lambda x: (x * x).sum((1, 2, 3))),
    "sum of all": (layer("Reduction"), [IMAGE], lambda x: x.sum()),
    "axpy": (layer("Axpy", "", ("x", "y", "z")), [(2, 4, 1, 1), IMAGE, IMAGE], lambda x, y, z: x * y + z),
    "arg max of all": (layer("ArgMax"), [IMAGE], lambda x: x.reshape(2, -1).argmax(1).reshape(2, 1, 1, 1)),
    "arg max with values": (
        layer("ArgMax", "argmax_param { axis: -1 top_k: 2 out_max_val: true }"),
        [IMAGE],
        lambda x: -np.sort(-x, 3)[..., :2],
    ),
    "arg max": (layer("ArgMax", "argmax_param { axis: 1 }"), [IMAGE], lambda x: x.argmax(1)[:, None]),
    "equal slices": (
        layer("Slice", "slice_param { axis: -1 }", top=("a", "b", "c")) + layer("Concat", "", ("c", "a", "b")),
        [(2, 3, 2, 9)],
        lambda x: np.concatenate([x[..., 6:], x[..., :3], x[..., 3:6]], 1),
    ),
    "concat_dim": (layer("Concat", "concat_param { concat_dim: 0 }", TWO), [IMAGE, IMAGE], lambda x, y: np.concatenate([x, y])),
    "upsample": (layer("Upsample", "upsample_param { scale: 2 }"), [IMAGE], lambda x: x.repeat(2, 2).repeat(2, 3)),
    "zoom": (
        layer("Interp", "interp_param { zoom_factor: 2 pad_beg: -1 pad_end: -2 }"),
        [(1, 1, 5, 4)],
        lambda x: _zoomed(x[:, :, 1:3, 1:2]),
    ),
    "shrink": (layer("Interp", "interp_param { shrink_factor: 2 }"), [(1, 1, 5, 7)], lambda x: x[:, :, ::2, ::2]),
    "interp as another": (layer("Interp", "", TWO), [(1, 1, 2, 2), (1, 1, 3, 3)], lambda x, y: _zoomed(_zoomed(x).swapaxes(2, 3)).swapaxes(2, 3)),
    "reshape with a new axis": (layer("Reshape", "reshape_param { shape { dim: 1 dim: 1 } axis: -1 num_axes: 0 }"), [(2, 3)], lambda x: x.reshape(2, 3, 1, 1)),
}  # fmt: skip


@pytest.mark.parametrize("case", MEANINGS)
def test_as_caffe(tmp_path: Path, case: str) -> None:
    layers, shapes, meaning = MEANINGS[case]
    _, inputs, values = run_random(tmp_path, network(*shapes, layers=layers))
    expected = np.asarray(meaning(*inputs.values()))
    assert values["out"].shape == expected.shape
    assert relative_error(values["out"], expected) < 1e-6


@pytest.mark.parametrize(
    "name", ["pooling_ave", "pooling_max", "lrn_channels", "lrn_spatial", "softmax", "mvn"]
)
def test_caffes_own_results(name: str) -> None:
    _vector(name, None)


@pytest.mark.parametrize("name", ["convolution", "deconvolution", "inner_product"])
def test_caffes_own_results_with_weights(name: str) -> None:
    _vector(name, f"layer_{name}.caffemodel")


def _vector(name: str, weights: str | None) -> None:
    folder = shared("models/opencv_caffe_layer_vectors")
    graph = import_caffe(folder / f"layer_{name}.prototxt", folder / weights if weights else None)
    own = folder / f"layer_{name}.input.npy"
    x = np.load(own if own.exists() else folder / "blob.npy")
    got = interpret(graph, {"input": x})["output"]
    assert relative_error(got, np.load(folder / f"layer_{name}.npy").reshape(got.shape)) < 3e-6


def test_slices_reshapes_and_splits_put_together_again() -> None:
    folder = shared("models/opencv_caffe_layer_vectors")
    graph = import_caffe(folder / "reshape_and_slice_routines.prototxt", shapes={"input": (2, 3, 4, 5)})
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5)).astype(np.float32)
    values = interpret(graph, {"input": x})
    assert np.array_equal(values["output"], x.reshape(2, 60))
    assert "dummy_slice_1_2" in graph.outputs


def test_priors_of_a_stated_image_and_whole_sizes(tmp_path: Path) -> None:
    stated = layer("PriorBox", f"prior_box_param {{ {PRIORS} img_h: 100 img_w: 110 }}", TWO)
    given = layer("PriorBox", f"prior_box_param {{ {PRIORS} }}", TWO)
    _, _, one = run_random(tmp_path, network(IMAGE, (1, 3, 7, 7), layers=stated))
    _, _, other = run_random(tmp_path, network(IMAGE, (1, 3, 100, 110), layers=given))
    _, _, cut = run_random(
        tmp_path, network(IMAGE, (1, 3, 7, 7), layers=stated.replace("min_size: 30 ", "min_size: 30.9 "))
    )
    assert np.array_equal(one["out"], other["out"])
    assert np.array_equal(one["out"], cut["out"])


REFUSED = {
    "no size": (layer("Convolution", "convolution_param { num_output: 2 }"), "has kernel 0x0; both must be at least 1"),
    "no filters": (layer("Convolution", "convolution_param { kernel_size: 2 }"), "has no num_output, or 0"),
    "no outputs": (layer("InnerProduct"), "has no num_output, or 0"),
    "zero stride": (layer("Convolution", "convolution_param { num_output: 2 kernel_size: 1 stride: 0 }"), "has stride 0x0; both must be at least 1"),
    "huge pad": (layer("Convolution", "convolution_param { num_output: 2 kernel_size: 1 pad: 4000000000 }"), "has pad 4000000000x4000000000"),
    "huge kernel": (layer("Convolution", "convolution_param { num_output: 2 kernel_size: 30000 }"), "30000"),
    "huge output": (layer("Convolution", "convolution_param { num_output: 4294967295 kernel_size: 3 }"), "more than 2147483647 values"),
    "huge matrix": (layer("InnerProduct", "inner_product_param { num_output: 4294967295 transpose: true }"), "more than 2147483647 values"),
    "many weights": (layer("InnerProduct", "inner_product_param { num_output: 7000000 }"), "the network wants more than 536870912 random weights"),
    "groups": (layer("Convolution", "convolution_param { num_output: 4 kernel_size: 1 group: 3 }"), "has 3 groups, which do not divide its 4 channels and 4 filters"),
    "no groups": (layer("Convolution", "convolution_param { num_output: 4 kernel_size: 1 group: 0 }"), "has 0 groups"),
    "pooling kernel": (layer("Pooling"), "has kernel 0x0"),
    "pooling padding": (layer("Pooling", "pooling_param { kernel_size: 2 pad: 2 }"), "has padding 2x2, which must be smaller than its kernel 2x2"),
    "global and kernel": (layer("Pooling", "pooling_param { kernel_size: 2 global_pooling: true }"), "has global_pooling and a kernel size"),
    "axis": (layer("Softmax", "softmax_param { axis: 4 }"), "has axis 4, but its input f32[2x4x8x9] has 4 axes"),
    "axis from behind": (layer("Softmax", "softmax_param { axis: -5 }"), "has axis -5"),
    "coefficients": (layer("Eltwise", "eltwise_param { coeff: 1 }", ("x", "x")), "has 1 coeff for 2 bottoms"),
    "coefficients of a product": (layer("Eltwise", "eltwise_param { operation: PROD coeff: 1 coeff: 2 }", ("x", "x")), "has coeff, which only a SUM takes"),
    "slice points": (layer("Slice", "slice_param { slice_point: 3 slice_point: 1 }", top=("a", "b", "c")), "has slice points that do not rise from 0 to 4: [3, 1]"),
    "slice count": (layer("Slice", "slice_param { slice_point: 3 }", top=("a", "b", "c")), "has 1 slice_point for 3 tops; it needs 2"),
    "unequal slices": (layer("Slice", "", top=("a", "b", "c")), "cannot cut axis 1 of f32[2x4x8x9] into 3 equal parts"),
    "reshape": (layer("Reshape", "reshape_param { shape { dim: 7 dim: -1 } }"), "cannot give f32[2x4x8x9] the shape 7x-1"),
    "reshape twice": (layer("Reshape", "reshape_param { shape { dim: -1 dim: -1 } }"), "with more than one -1"),
    "reshape copy": (layer("Reshape", "reshape_param { shape { dim: 1 dim: 1 dim: 1 dim: 1 dim: 0 } }"), "copies dimension 4"),
    "reshape huge": (layer("Reshape", "reshape_param { shape { dim: 9223372036854775807 dim: 9223372036854775807 } }"), "cannot give"),
    "permute": (layer("Permute", "permute_param { order: 1 order: 1 }"), "has the order [1, 1], which does not name different axes"),
    "crop": (layer("Crop", "crop_param { offset: 1 }", ("x", "x")), "crops f32[2x4x8x9] beyond its end"),
    "crop offsets": (layer("Crop", "crop_param { axis: 1 offset: 1 offset: 1 }", ("x", "x")), "has 2 offsets for the 3 axes that it crops"),
    "even lrn": (layer("LRN", "lrn_param { local_size: 4 }"), "has local_size 4; Caffe takes odd ones only"),
    "clip": (layer("Clip", "clip_param { min: 1 max: 0 }"), "needs min and max in clip_param, min not above max"),
    "log base": (layer("Log", "log_param { base: 1 }"), "has base 1, which has no logarithm"),
    "exp base": (layer("Exp", "exp_param { base: -2 }"), "has base -2.0; it must be positive, or -1 for e"),
    "infinite": (layer("ELU", "elu_param { alpha: inf }"), "has a parameter that is no finite number"),
    "infinite power": (layer("Power", "power_param { scale: nan }"), "deploy.prototxt:3"),
    "tiles": (layer("Tile", "tile_param { tiles: 0 }"), "has 0 tiles"),
    "top_k": (layer("ArgMax", "argmax_param { axis: 1 top_k: 5 }"), "has top_k 5, but there are 4 values"),
    "priors": (layer("PriorBox", "prior_box_param { }", ("x", "x")), "has 0 min_size and 0 max_size"),
    "prior size": (layer("PriorBox", "prior_box_param { min_size: -1 }", ("x", "x")), "has min_size -1.0; it must be at least 1"),
    "prior sizes": (layer("PriorBox", "prior_box_param { min_size: 5 max_size: 5 }", ("x", "x")), "has a max_size that is not larger than its min_size"),
    "prior ratio": (layer("PriorBox", "prior_box_param { min_size: 5 aspect_ratio: 0 }", ("x", "x")), "has an aspect_ratio that is not positive"),
    "prior variance": (layer("PriorBox", "prior_box_param { min_size: 5 variance: 1 variance: 1 }", ("x", "x")), "has 2 variance; it needs one or four"),
    "prior step": (layer("PriorBox", "prior_box_param { min_size: 5 step: 8 step_h: 8 }", ("x", "x")), "has step and step_h or step_w"),
    "prior image": (layer("PriorBox", "prior_box_param { min_size: 5 img_size: 4000000000 }", ("x", "x")), "has an image of 4000000000x4000000000"),
    "classes": (layer("DetectionOutput", "", ("x", "x", "x")), "has no num_classes"),
    "overlap": (layer("DetectionOutput", "detection_output_param { num_classes: 2 nms_param { nms_threshold: -1 } }", ("x", "x", "x")), "needs nms_threshold of at least 0"),
    "boxes": (layer("DetectionOutput", "detection_output_param { num_classes: 2 }", ("x", "x", "x")), "deploy.prototxt:3"),
    "interp": (layer("Interp"), "does not tell its size: height and width, a factor, or a second bottom"),
    "interp padding": (layer("Interp", "interp_param { pad_beg: 1 zoom_factor: 2 }"), "has positive padding"),
    "interp crop": (layer("Interp", "interp_param { pad_beg: -9 zoom_factor: 2 }"), "crops everything away"),
    "interp size": (layer("Interp", "interp_param { height: 2000000000 width: 1 }"), "resizes to 2000000000x1"),
    "interp factor": (layer("Interp", "interp_param { zoom_factor: -3 }"), "has zoom_factor -3"),
    "scale axes": (layer("Scale", "scale_param { num_axes: 4 }"), "has num_axes 4, more than f32[2x4x8x9] has from axis 1 on"),
    "shuffle": (layer("ShuffleChannel", "shuffle_channel_param { group: 3 }"), "has 3 groups, which do not divide the channels"),
    "different shapes": (layer("InnerProduct", "inner_product_param { num_output: 2 }", top=("i",)) + layer("Eltwise", "", ("x", "i")), "deploy.prototxt:4 (Eltwise)"),
    "parameter": (layer("Parameter", bottom=()), "has no shape in parameter_param"),
    "concat twice": (layer("Concat", "concat_param { axis: 1 concat_dim: 1 }", ("x", "x")), "has axis and concat_dim"),
}  # fmt: skip


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
    "1-D": (layer("Convolution", "convolution_param { num_output: 2 kernel_size: [1, 1, 1] }"), "3-dimensional kernels (only 2)"),
    "channels": (layer("Convolution", "convolution_param { num_output: 2 kernel_size: 1 axis: 2 }"), "channels on axis 2 (only 1)"),
    "relu6": (layer("ReLU6", "relu6_param { negative_slope: 0.1 }"), "a ReLU6 with a slope below zero"),
    "upsample": (layer("Upsample", "upsample_param { upsample_h: 15 upsample_w: 18 }"), "a size that is no multiple"),
    "im2col": (layer("Im2col"), "no layer of this type is known here"),
    "no type": ('layer { name: "n" bottom: "x" top: "y" }', "it has no type"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNSUPPORTED)
def test_what_is_unsupported(tmp_path: Path, case: str) -> None:
    layers, reason = UNSUPPORTED[case]
    with pytest.raises(LpdnnError, match="1 layer is not supported") as caught:
        import_caffe(write(tmp_path, network(IMAGE, layers=layers)), fill="random")
    assert reason in str(caught.value)


def test_every_type_is_tested() -> None:
    text = "".join(str(case) for table in (SAME, MEANINGS, REFUSED, UNSUPPORTED) for case in table.values())
    untested = {kind for kind in CONVERTERS if f'type: "{kind}"' not in text}
    assert untested == {
        "DepthwiseConvolution",
        "Silence",
        "Split",
    }  # the first is below, the others in test_network


def test_depthwise_by_another_name_and_parameter(tmp_path: Path) -> None:
    settings = "convolution_param { num_output: 4 kernel_size: 3 group: 4 }"
    graph, inputs, values = run_random(
        tmp_path, network(IMAGE, layers=layer("DepthwiseConvolution", settings))
    )
    same, _, others = run_random(tmp_path, network(IMAGE, layers=layer("Convolution", settings)))
    assert [n.op for n in graph.nodes] == [n.op for n in same.nodes]
    assert np.array_equal(values["out"], others["out"])
    trained = layer("Parameter", "parameter_param { shape { dim: 2 dim: 4 } }", (), ("p",)) + layer(
        "Scale", "scale_param { axis: 0 }", ("x", "p")
    )
    graph, inputs, values = run_random(tmp_path, network(IMAGE, layers=trained))
    assert np.allclose(values["out"], inputs["x"] * values["p"][:, :, None, None])


def test_detection_output_as_opencv(tmp_path: Path) -> None:
    """Two classes and locations of their own, corner codes: the rows that OpenCV keeps."""
    for settings in (
        "share_location: true code_type: CENTER_SIZE",
        "share_location: false code_type: CENTER_SIZE",
        "share_location: true code_type: CORNER",
    ):
        classes = 3 if "false" in settings else 1
        prior = layer(
            "PriorBox",
            "prior_box_param { min_size: 20 aspect_ratio: 2 clip: false variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2 }",
            ("x", "y"),
            ("p",),
        )
        detect = layer(
            "DetectionOutput",
            f"detection_output_param {{ num_classes: 3 {settings} keep_top_k: 12 background_label_id: 0 confidence_threshold: 0.2 nms_param {{ nms_threshold: 0.45 top_k: 30 }} }}",
            ("loc", "conf", "p"),
        )
        spread = "inner_product_param { num_output: %d }"
        layers = (
            prior
            + layer("InnerProduct", spread % (6 * 7 * 3 * 4 * classes), ("x",), ("loc",))
            + layer("InnerProduct", spread % (6 * 7 * 3 * 3), ("x",), ("logit",))
            + layer("Reshape", "reshape_param { shape { dim: 0 dim: -1 dim: 3 } }", ("logit",), ("rows",))
            + layer("Softmax", "softmax_param { axis: 2 }", ("rows",), ("soft",))
            + layer("Flatten", "", ("soft",), ("conf",))
            + detect
        )
        graph, _, values = run_random(tmp_path, network((1, 2, 6, 7), (1, 3, 60, 70), layers=layers))
        (theirs,) = in_opencv(tmp_path / "deploy.prototxt", inputs_for(graph), ["out"])
        ours = values["out"].reshape(-1, 7)
        ours, theirs = ours[ours[:, 0] >= 0], theirs.reshape(-1, 7)
        theirs = theirs[theirs[:, 2] > 0]
        assert len(ours) == len(theirs) > 3, settings
        assert np.allclose(_ordered(ours), _ordered(theirs), atol=1e-5), settings


def test_all_settings_of_detection_output_arrive(tmp_path: Path) -> None:
    settings = """num_classes: 3 share_location: false background_label_id: -1 code_type: CORNER_SIZE keep_top_k: 7
      variance_encoded_in_target: true nms_param { nms_threshold: 0.5 top_k: 9 eta: 0.75 }
      save_output_param { output_directory: "/tmp" }"""
    prior = layer("PriorBox", "prior_box_param { min_size: 20 }", TWO, ("p",))
    detect = layer("DetectionOutput", f"detection_output_param {{ {settings} }}", ("x", "z", "p"))
    shapes = [(1, 12, 1, 1), (1, 3, 10, 10), (1, 3)]
    graph = import_caffe(write(tmp_path, network(*shapes, layers=prior + detect)), report=pytest.fail)
    assert graph.nodes[-1].op == DetectionOutput(
        num_classes=3,
        share_location=False,
        background_label=-1,
        code_type="corner_size",
        variance_encoded=True,
        confidence_threshold=-float(np.finfo(np.float32).max),
        nms_threshold=0.5,
        nms_eta=0.75,
        nms_top_k=9,
        keep_top_k=7,
    )


def _ordered(rows: Array) -> Array:
    return rows[np.lexsort(np.round(rows, 4).T)]
