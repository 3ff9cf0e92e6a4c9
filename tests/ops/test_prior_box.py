"""Prior boxes against OpenCV's importer and against Caffe's rules for sizes and ratios."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from lpdnn.ir import LpdnnError, TensorType
from lpdnn.ops.prior_box import MAX_RATIOS, PriorBox
from opencv_caffe import forward

SSD = PriorBox((30.0,), (60.0,), (2.0, 3.0), variances=(0.1, 0.1, 0.2, 0.2))


@pytest.mark.parametrize(
    "op",
    [
        SSD,
        dataclasses.replace(SSD, clip=True, step=(8.0, 10.0)),
        PriorBox((10.0, 24.0), aspect_ratios=(0.5, 2.0, 3.0), flip=False, offset=0.25, variances=(0.5,)),
        PriorBox((10.0, 24.0), (17.0, 40.0), (2.0, 0.5, 1.0, 3.0, 0.333333), variances=(0.1,)),
    ],
)
def test_boxes_are_opencvs(op: PriorBox) -> None:
    x, image = np.zeros((1, 4, 5, 7), np.float32), np.zeros((1, 3, 41, 57), np.float32)
    lines = [
        *(f"min_size: {size}" for size in op.min_sizes),
        *(f"max_size: {size}" for size in op.max_sizes),
        *(f"aspect_ratio: {ratio}" for ratio in op.aspect_ratios),
        *(f"variance: {variance}" for variance in op.variances),
        f"flip: {op.flip} clip: {op.clip} offset: {op.offset}".lower(),
        *(f"step_h: {op.step[0]} step_w: {op.step[1]}" for _ in range(all(op.step))),
    ]
    layer = 'layer { name: "y" type: "PriorBox" bottom: "x" bottom: "image" top: "y" prior_box_param { %s } }'
    expected = forward(layer % " ".join(lines), x=x, image=image)
    (got,) = op.reference(x, image)
    np.testing.assert_allclose(got, expected.reshape(got.shape), rtol=0, atol=1e-6)


def test_order_of_the_boxes_of_a_pixel() -> None:
    op = PriorBox((8.0, 18.0), (18.0, 32.0), (4.0,))
    (y,) = op.reference(np.zeros((1, 1, 1, 1), np.float32), np.zeros((1, 1, 64, 64), np.float32))
    sides = y[0, 0].reshape(-1, 4) * 64
    widths, heights = sides[:, 2] - sides[:, 0], sides[:, 3] - sides[:, 1]
    np.testing.assert_array_equal(widths, [8, 12, 16, 4, 18, 24, 36, 9])
    np.testing.assert_array_equal(heights, [8, 12, 4, 16, 18, 24, 9, 36])


def test_sizes_and_ratios_are_what_caffe_makes_of_them() -> None:
    op = PriorBox((21.28,), (45.6,), (1.0, 2.0, 0.5, 3.0, 0.3333333, 2.0000004), flip=True)
    assert (op.min_sizes, op.max_sizes, op.aspect_ratios) == ((21.0,), (45.0,), (2.0, 3.0))
    assert PriorBox((8.0,), (), (2.0, 0.5, 2.0), flip=False).aspect_ratios == (2.0, 0.5)
    assert dataclasses.replace(op) == op


def test_one_step_of_zero_replaces_both() -> None:
    inputs = np.zeros((1, 1, 2, 2), np.float32), np.zeros((1, 1, 10, 20), np.float32)
    (both,) = PriorBox((4.0,)).reference(*inputs)
    (one,) = PriorBox((4.0,), step=(3.0, 0.0)).reference(*inputs)
    np.testing.assert_array_equal(one, both)


@pytest.mark.parametrize(
    ("op", "sentence"),
    [
        (PriorBox(()), "no min sizes"),
        (PriorBox((0.5,)), "must be 1 to"),
        (PriorBox((float("nan"),)), "min_sizes is nan"),
        (PriorBox((8.0,), (float("inf"),)), "max_sizes is inf"),
        (PriorBox((8.0, 9.0), (16.0,)), "1 max sizes do not go with 2 min sizes"),
        (PriorBox((8.0,), (8.4,)), "must be greater than min sizes"),
        (PriorBox((8.0,), (), (0.0,)), "aspect ratios"),
        (PriorBox((8.0,), (), tuple(2.0 + i for i in range(MAX_RATIOS + 1))), "101 aspect ratios"),
        (PriorBox((8.0,), variances=(0.1, 0.2)), "1 or 4 positive numbers"),
        (PriorBox((8.0,), variances=()), "1 or 4 positive numbers"),
        (PriorBox((8.0,), step=(-1.0, 1.0)), "step"),
        (PriorBox((8.0,), offset=float("nan")), "offset is nan"),
        (PriorBox((8.0,) * 100000), "more than"),
    ],
)
def test_refusals(op: PriorBox, sentence: str) -> None:
    with pytest.raises(LpdnnError, match=sentence):
        op.infer(TensorType((1, 1, 100, 100)), TensorType((1, 3, 300, 300)))


def test_inputs_must_be_images() -> None:
    with pytest.raises(LpdnnError, match="4-D"):
        SSD.infer(TensorType((1, 100)), TensorType((1, 3, 300, 300)))
