"""Random layers without weights, against OpenCV's importer of Caffe prototxts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lpdnn.ir import Operator
from lpdnn.ops.lrn import Lrn
from lpdnn.ops.pool import Pool
from lpdnn.ops.softmax import Softmax

if TYPE_CHECKING:
    from collections.abc import Callable

cv2 = pytest.importorskip("cv2")
Layer = tuple[Operator, str, tuple[int, ...]]


def _pool(rng: np.random.Generator) -> Layer:
    pad_h, pad_w = map(int, rng.integers(0, 3, 2))
    kernel_h, kernel_w = int(rng.integers(pad_h + 1, 7)), int(rng.integers(pad_w + 1, 7))
    # OpenCV keeps windows that start beyond the input, which a stride above the kernel makes; Caffe does not.
    stride_h, stride_w = int(rng.integers(1, kernel_h + 1)), int(rng.integers(1, kernel_w + 1))
    largest = bool(rng.integers(2))
    op = Pool(
        "max" if largest else "average",
        (kernel_h, kernel_w),
        (stride_h, stride_w),
        (pad_h, pad_w, pad_h, pad_w),
        ceil=True,
    )
    text = (
        f'type: "Pooling" pooling_param {{ pool: {"MAX" if largest else "AVE"} kernel_h: {kernel_h} '
        f"kernel_w: {kernel_w} stride_h: {stride_h} stride_w: {stride_w} pad_h: {pad_h} pad_w: {pad_w} }}"
    )
    return op, text, (2, 3, *map(int, rng.integers(7, 15, 2)))


def _lrn(rng: np.random.Generator) -> Layer:
    across = bool(rng.integers(2))
    size = int(rng.choice([1, 3, 5, 7]))
    alpha, beta = float(rng.choice([1e-4, 0.5, 2.0])), float(rng.choice([0.5, 0.6, 0.75]))
    op = Lrn("across_channels" if across else "within_channel", size, alpha, beta)
    region = "ACROSS_CHANNELS" if across else "WITHIN_CHANNEL"
    text = f'type: "LRN" lrn_param {{ local_size: {size} alpha: {alpha} beta: {beta} norm_region: {region} }}'
    return op, text, tuple(map(int, rng.integers(1, 10, 4)))


def _softmax(rng: np.random.Generator) -> Layer:
    shape = tuple(map(int, rng.integers(1, 7, 4)))
    axis = int(rng.integers(4))
    return Softmax(axis), f'type: "Softmax" softmax_param {{ axis: {axis} }}', shape


def _opencv(layer: str, x: np.ndarray) -> np.ndarray:
    shape = " ".join(f"dim: {extent}" for extent in x.shape)
    text = f'input: "x" input_shape {{ {shape} }} layer {{ name: "y" bottom: "x" top: "y" {layer} }}'
    net = cv2.dnn.readNetFromCaffe(np.frombuffer(text.encode(), np.uint8))
    net.setInput(x)
    return net.forward()


@pytest.mark.parametrize("make", [_pool, _lrn, _softmax])
def test_agrees(make: Callable[[np.random.Generator], Layer]) -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        op, layer, shape = make(rng)
        x = rng.standard_normal(shape).astype(np.float32)
        (y,) = op.reference(x)
        expected = _opencv(layer, x)
        assert y.shape == expected.shape, op
        assert np.max(np.abs(y - expected)) <= 1e-6 * np.max(np.abs(expected)), op
