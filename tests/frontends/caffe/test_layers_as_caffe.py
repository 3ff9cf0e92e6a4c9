"""Layers where OpenCV's reader is silent or another opinion: what Caffe's own sources say, in numpy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from caffe_files import network, one, relative_error, run_random, write
from lpdnn.frontends.caffe import import_caffe
from lpdnn.frontends.caffe.layers import CONVERTERS
from lpdnn.interpreter import interpret
from lpdnn.ops.detection_output import DetectionOutput
from shared_data import shared

if TYPE_CHECKING:
    from lpdnn.ir import Array

IMAGE = (2, 4, 8, 9)
TWO = ("x", "y")
PRIORS = "min_size: 30 min_size: 40 max_size: 60 max_size: 70 aspect_ratio: 2 aspect_ratio: 3 clip: true"


def _pooled_by_caffe(x: Array) -> Array:
    """Average 3x2 windows, 2x3 apart, padded by 1 row: what reaches beyond the padding does not count."""
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
        one("Pooling", "pool: AVE kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 3 pad_h: 1"),
        [IMAGE],
        _pooled_by_caffe,
    ),
    "clip": (one("Clip", "min: -0.5 max: 0.7"), [IMAGE], lambda x: np.clip(x, -0.5, 0.7)),
    "threshold": (one("Threshold", "threshold: 0.25"), [IMAGE], lambda x: (x > 0.25) * 1.0),
    "logarithm": (
        one("AbsVal", top=("a",)) + one("Log", "base: 10 scale: 2 shift: 0.5", ("a",)),
        [IMAGE],
        lambda x: np.log10(2 * np.abs(x) + 0.5),
    ),
    "natural logarithm": (
        one("AbsVal", top=("a",)) + one("Log", "shift: 0.5", ("a",)),
        [IMAGE],
        lambda x: np.log(np.abs(x) + 0.5),
    ),
    "natural exponential": (one("Exp", "scale: 0.5"), [IMAGE], lambda x: np.exp(0.5 * x)),
    "bias by a blob": (one("Bias", "axis: 0", TWO), [IMAGE, (2, 4)], lambda x, y: x + y[:, :, None, None]),
    "dropout": (one("Dropout", "dropout_ratio: 0.9"), [IMAGE], lambda x: x),
    "tile": (one("Tile", "axis: 1 tiles: 3"), [IMAGE], lambda x: np.tile(x, (1, 3, 1, 1))),
    "mean": (one("Reduction", "axis: 2 operation: MEAN coeff: 2"), [IMAGE], lambda x: 2 * x.mean((2, 3))),
    "sum of absolutes": (one("Reduction", "axis: -1 operation: ASUM"), [IMAGE], lambda x: np.abs(x).sum(3)),
    "sum of squares": (
        one("Reduction", "axis: 1 operation: SUMSQ"),
        [IMAGE],
        lambda x: (x * x).sum((1, 2, 3)),
    ),
    "sum of all": (one("Reduction"), [IMAGE], lambda x: x.sum()),
    "axpy": (one("Axpy", "", ("x", "y", "z")), [(2, 4, 1, 1), IMAGE, IMAGE], lambda x, y, z: x * y + z),
    "arg max of all": (one("ArgMax"), [IMAGE], lambda x: x.reshape(2, -1).argmax(1).reshape(2, 1, 1, 1)),
    "arg max with values": (
        one("ArgMax", "axis: -1 top_k: 2 out_max_val: true"),
        [IMAGE],
        lambda x: -np.sort(-x, 3)[..., :2],
    ),
    "arg max": (one("ArgMax", "axis: 1"), [IMAGE], lambda x: x.argmax(1)[:, None]),
    "equal slices": (
        one("Slice", "axis: -1", top=("a", "b", "c")) + one("Concat", "", ("c", "a", "b")),
        [(2, 3, 2, 9)],
        lambda x: np.concatenate([x[..., 6:], x[..., :3], x[..., 3:6]], 1),
    ),
    "concat_dim": (one("Concat", "concat_dim: 0", TWO), [IMAGE, IMAGE], lambda x, y: np.concatenate([x, y])),
    "upsample": (one("Upsample", "scale: 2"), [IMAGE], lambda x: x.repeat(2, 2).repeat(2, 3)),
    "zoom": (
        one("Interp", "zoom_factor: 2 pad_beg: -1 pad_end: -2"),
        [(1, 1, 5, 4)],
        lambda x: _zoomed(x[:, :, 1:3, 1:2]),
    ),
    "shrink": (one("Interp", "shrink_factor: 2"), [(1, 1, 5, 7)], lambda x: x[:, :, ::2, ::2]),
    "interp as another": (
        one("Interp", "", TWO),
        [(1, 1, 2, 2), (1, 1, 3, 3)],
        lambda x, _: _zoomed(_zoomed(x).swapaxes(2, 3)).swapaxes(2, 3),
    ),
    "reshape with a new axis": (
        one("Reshape", "shape { dim: 1 dim: 1 } axis: -1 num_axes: 0"),
        [(2, 3)],
        lambda x: x.reshape(2, 3, 1, 1),
    ),
}


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
    stated = one("PriorBox", f"{PRIORS} img_h: 100 img_w: 110", TWO)
    given = one("PriorBox", PRIORS, TWO)
    _, _, first = run_random(tmp_path, network(IMAGE, (1, 3, 7, 7), layers=stated))
    _, _, other = run_random(tmp_path, network(IMAGE, (1, 3, 100, 110), layers=given))
    _, _, cut = run_random(
        tmp_path, network(IMAGE, (1, 3, 7, 7), layers=stated.replace("min_size: 30 ", "min_size: 30.9 "))
    )
    assert np.array_equal(first["out"], other["out"])
    assert np.array_equal(first["out"], cut["out"])


def test_depthwise_by_another_name(tmp_path: Path) -> None:
    settings = "num_output: 4 kernel_size: 3 group: 4"
    graph, _, values = run_random(tmp_path, network(IMAGE, layers=one("DepthwiseConvolution", settings)))
    same, _, others = run_random(tmp_path, network(IMAGE, layers=one("Convolution", settings)))
    assert [n.op for n in graph.nodes] == [n.op for n in same.nodes]
    assert np.array_equal(values["out"], others["out"])


def test_a_parameter_is_a_blob(tmp_path: Path) -> None:
    layers = one("Parameter", "shape { dim: 2 dim: 4 }", (), ("p",)) + one("Scale", "axis: 0", ("x", "p"))
    _, inputs, values = run_random(tmp_path, network(IMAGE, layers=layers))
    assert np.allclose(values["out"], inputs["x"] * values["p"][:, :, None, None])


def test_all_settings_of_detection_output_arrive(tmp_path: Path) -> None:
    settings = """num_classes: 3 share_location: false background_label_id: -1 code_type: CORNER_SIZE
      keep_top_k: 7 variance_encoded_in_target: true nms_param { nms_threshold: 0.5 top_k: 9 eta: 0.75 }
      save_output_param { output_directory: "/tmp" }"""
    prior = one("PriorBox", "min_size: 20", TWO, ("p",))
    detect = one("DetectionOutput", settings, ("x", "z", "p"))
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


def test_every_type_is_tested() -> None:
    text = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert not {kind for kind in CONVERTERS if f'"{kind}"' not in text}
