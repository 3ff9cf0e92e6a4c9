"""Caffe's rounding and divisors, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lpdnn.ir import TensorType
from lpdnn.ops.pool import Pool


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "before", "after", "ceil", "windows"),
    [
        (55, 3, 2, 0, 0, True, 27),  # AlexNet pool1
        (112, 3, 2, 0, 0, True, 56),  # GoogLeNet pool1: the last window has 2 columns
        (112, 3, 2, 0, 0, False, 55),
        (224, 2, 2, 0, 0, True, 112),
        (6, 2, 2, 1, 1, True, 4),
        (5, 2, 2, 1, 1, True, 3),  # a fourth would start at 5, beyond the input
        (4, 2, 2, 1, 1, True, 3),
        (6, 1, 3, 0, 0, True, 2),  # a third would start at 6
        (2, 3, 2, 0, 0, True, 1),  # smaller than the window
        (7, 3, 2, 0, 2, False, 4),
        (7, 7, 1, 0, 0, False, 1),
    ],
)
def test_windows_along_an_axis(
    *, size: int, kernel: int, stride: int, before: int, after: int, ceil: bool, windows: int
) -> None:
    op = Pool("max", (kernel, 1), (stride, 1), (before, 0, after, 0), ceil=ceil)
    assert op.infer(TensorType((1, 1, size, 1)))[0].shape == (1, 1, windows, 1)
    op = Pool("max", (1, kernel), (1, stride), (0, before, 0, after), ceil=ceil)
    assert op.infer(TensorType((1, 1, 1, size)))[0].shape == (1, 1, 1, windows)


@pytest.mark.parametrize(
    ("count_padding", "expected"),
    [
        # Windows of 9, 6, 6 and 4 elements inside the padded 4x4, the last three cut at its edge.
        (True, [[10 / 9, 6 / 6], [7 / 6, 4 / 4]]),
        (False, [[10 / 4, 6 / 2], [7 / 2, 4 / 1]]),
    ],
)
def test_mean_divides_by_the_elements_it_counts(*, count_padding: bool, expected: list[list[float]]) -> None:
    x = np.array([[1, 2], [3, 4]], np.float32).reshape(1, 1, 2, 2)
    op = Pool("average", (3, 3), (2, 2), (1, 1, 1, 1), ceil=True, count_padding=count_padding)
    np.testing.assert_allclose(op.reference(x)[0][0, 0], expected, rtol=1e-6)


def test_padding_is_never_the_largest() -> None:
    x = np.array([[-1, -2], [-3, -4]], np.float32).reshape(1, 1, 2, 2)
    (y,) = Pool("max", (2, 2), (1, 1), (1, 1, 1, 1)).reference(x)
    assert y[0, 0].tolist() == [[-1, -1, -2], [-1, -1, -2], [-3, -3, -4]]
