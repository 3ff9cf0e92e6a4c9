"""Local response normalization against values worked out by hand."""

from __future__ import annotations

import numpy as np

from lpdnn.ops.lrn import Lrn


def test_across_channels_sums_neighbours_and_divides_alpha_by_the_size() -> None:
    x = np.array([1, 2, 3], np.float32).reshape(1, 3, 1, 1)
    (y,) = Lrn("across_channels", 3, alpha=3.0, beta=1.0, k=2.0).reference(x)
    np.testing.assert_allclose(y.ravel(), [1 / (2 + 5), 2 / (2 + 14), 3 / (2 + 13)], rtol=1e-6)


def test_within_a_channel_alpha_is_divided_by_the_whole_window_at_the_border_too() -> None:
    x = np.array([[1, 2], [0, 1]], np.float32).reshape(1, 1, 2, 2)
    (y,) = Lrn("within_channel", 3, alpha=9.0, beta=2.0).reference(x)
    np.testing.assert_allclose(y[0, 0], np.array([[1, 2], [0, 1]]) / (1 + 6) ** 2, rtol=1e-6)


def test_within_a_channel_ignores_other_channels_and_far_rows() -> None:
    x = np.zeros((1, 2, 5, 1), np.float32)
    x[0, 0, 0], x[0, 0, 4], x[0, 1] = 1, 3, 100
    (y,) = Lrn("within_channel", 3, alpha=9.0, beta=1.0).reference(x)
    np.testing.assert_allclose(y[0, 0].ravel(), [1 / 2, 0, 0, 0, 3 / 10], rtol=1e-6)
