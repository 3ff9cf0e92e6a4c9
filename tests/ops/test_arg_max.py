"""The largest values against Caffe's definition: the largest (value, index) pairs."""

from __future__ import annotations

import numpy as np
import pytest

from kernels import vanilla
from lpdnn.ir import LpdnnError, TensorType
from lpdnn.ops.arg_max import EXACT, ArgMax


def _pairs(row: np.ndarray, top_k: int) -> np.ndarray:
    return np.array(sorted(((v, i) for i, v in enumerate(row)), reverse=True)[:top_k], np.float32).T


def test_without_an_axis_each_image_has_indices_then_values() -> None:
    x = np.random.default_rng(0).integers(-3, 4, (3, 2, 5, 4)).astype(np.float32)
    (y,) = ArgMax(top_k=7, with_values=True).reference(x)
    assert y.shape == (3, 2, 7, 1)  # as many axes as x, like Caffe
    for image, found in zip(x, y, strict=True):
        values, indices = _pairs(image.ravel(), 7)
        np.testing.assert_array_equal(found[..., 0], [indices, values])


@pytest.mark.parametrize("with_values", [False, True])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_along_an_axis(axis: int, with_values: bool) -> None:
    x = np.random.default_rng(0).integers(-3, 4, (4, 5, 6)).astype(np.float32)
    (y,) = ArgMax(3, axis, with_values).reference(x)
    expected = np.apply_along_axis(lambda row: _pairs(row, 3)[0 if with_values else 1], axis, x)
    np.testing.assert_array_equal(y, expected)


def test_nan_comes_last_in_reference_and_kernel() -> None:
    x = np.array([[np.nan, -np.inf, 2, np.nan, np.inf, 2]], np.float32)
    op = ArgMax(top_k=6)
    for y in (op.reference(x)[0], vanilla((op, (x,)))[0]):
        np.testing.assert_array_equal(y.ravel(), [4, 5, 2, 1, 3, 0])


@pytest.mark.parametrize(
    ("op", "shape", "sentence"),
    [
        (ArgMax(), (), "no axis"),
        (ArgMax(top_k=0), (1, 5), "top_k is 0"),
        (ArgMax(top_k=6), (2, 5), "5 values to choose from"),
        (ArgMax(axis=2), (2, 5), "axis 2"),
        (ArgMax(axis=-2), (2, 5), "axis -2"),
        (ArgMax(), (1, EXACT + 1), "no exact float"),
    ],
)
def test_refusals(op: ArgMax, shape: tuple[int, ...], sentence: str) -> None:
    with pytest.raises(LpdnnError, match=sentence):
        op.infer(TensorType(shape))
