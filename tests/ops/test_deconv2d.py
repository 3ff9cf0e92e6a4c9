"""Deconvolution against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lpdnn.ops.deconv2d import Deconv2d

X = np.array([1, 2], np.float32).reshape(1, 1, 1, 2)
TAPS = np.array([1, 10, 100], np.float32).reshape(1, 1, 1, 3)


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (Deconv2d(), [1, 12, 120, 200]),
        (Deconv2d(stride=(1, 2)), [1, 10, 102, 20, 200]),
        (Deconv2d(stride=(1, 2), padding=(0, 1, 0, 1)), [10, 102, 20]),
        (Deconv2d(stride=(1, 2), padding=(0, 1, 0, 1), output_padding=(0, 1)), [10, 102, 20, 200]),
        (Deconv2d(stride=(1, 2), output_padding=(0, 1)), [1, 10, 102, 20, 200, 0]),
        (Deconv2d(dilation=(1, 2)), [1, 2, 10, 20, 100, 200]),
    ],
)
def test_one_row(op: Deconv2d, expected: list[float]) -> None:
    assert op.reference(X, TAPS)[0].ravel().tolist() == expected


def test_bias_fills_rows_that_nothing_reaches() -> None:
    (y,) = Deconv2d(stride=(1, 2), output_padding=(0, 1)).reference(X, TAPS, np.array([5], np.float32))
    assert y.ravel().tolist() == [6, 15, 107, 25, 205, 5]


def test_weight_is_ordered_by_input_channel_then_filter_of_its_group() -> None:
    x = np.array([1, 10, 100, 1000], np.float32).reshape(1, 4, 1, 1)
    weight = np.arange(1, 9, dtype=np.float32).reshape(4, 2, 1, 1)
    (y,) = Deconv2d(groups=2).reference(x, weight)
    assert y.ravel().tolist() == [1 + 30, 2 + 40, 500 + 7000, 600 + 8000]
