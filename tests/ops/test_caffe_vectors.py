"""Outputs that Caffe itself computed for one layer each, stored with their inputs and weights."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.deconv2d import Deconv2d
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.lrn import Lrn
from lpdnn.ops.pool import Pool
from lpdnn.ops.softmax import Softmax

if TYPE_CHECKING:
    from lpdnn.ir import Operator

SHARED = Path(os.environ.get("LPDNN_SHARED", Path(__file__).parents[2] / ".." / "shared"))
VECTORS = SHARED / "models" / "opencv_caffe_layer_vectors"
pytestmark = pytest.mark.skipif(
    not VECTORS.is_dir(), reason=f"{VECTORS} is missing (LPDNN_SHARED names its root)"
)


def _weights(layer: str) -> list[np.ndarray]:
    """Return the blobs of a layer, which OpenCV reads from the model."""
    cv2 = pytest.importorskip("cv2")
    files = [str(VECTORS / f"layer_{layer}.{suffix}") for suffix in ("prototxt", "caffemodel")]
    net = cv2.dnn.readNetFromCaffe(*files)
    weight, bias = (net.getParam("output", blob) for blob in (0, 1))
    return [weight, bias.ravel()]


def _error(op: Operator, layer: str, x: np.ndarray, *parameters: np.ndarray) -> float:
    expected = np.load(VECTORS / f"layer_{layer}.npy")
    (y,) = op.reference(x, *parameters)
    assert y.size == expected.size
    return float(np.max(np.abs(y - expected.reshape(y.shape))) / np.max(np.abs(expected)))


@pytest.mark.parametrize(
    ("layer", "op"),
    [
        ("pooling_max", Pool("max", (3, 5), (2, 1), (2, 1, 2, 1), ceil=True)),
        ("pooling_ave", Pool("average", (3, 5), (2, 1), (2, 1, 2, 1), ceil=True)),
        ("lrn_channels", Lrn("across_channels", 5, 1.1, 0.75)),
        ("lrn_spatial", Lrn("within_channel", 5, 0.9, 0.75)),
        ("softmax", Softmax()),
    ],
)
def test_layer_without_weights(layer: str, op: Operator) -> None:
    assert _error(op, layer, np.load(VECTORS / "blob.npy")) < 1e-6


@pytest.mark.parametrize(
    ("layer", "op", "source"),
    [
        ("convolution", Conv2d((2, 3), (0, 1, 0, 1), groups=3), "blob.npy"),
        ("deconvolution", Deconv2d((2, 3), (0, 1, 0, 1), groups=3), "layer_deconvolution.input.npy"),
        ("inner_product", FullyConnected(3), "blob.npy"),
    ],
)
def test_layer_with_weights(layer: str, op: Operator, source: str) -> None:
    assert _error(op, layer, np.load(VECTORS / source), *_weights(layer)) < 1e-6
