"""Resized images against OpenCV, which knows each alignment by another name."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lpdnn.ir import LpdnnError, TensorType
from lpdnn.ops.resize import MAX_SIDE, Resize
from opencv_caffe import forward

SIZES = [((9, 8), (4, 3)), ((5, 7), (10, 21)), ((6, 5), (7, 13)), ((4, 4), (4, 4)), ((3, 2), (1, 9))]


def _image(size: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((1, 1, *size)).astype(np.float32)


@pytest.mark.parametrize(("size", "out"), SIZES)
def test_corners_are_those_of_interp(size: tuple[int, int], out: tuple[int, int]) -> None:
    x = _image(size)
    layer = 'layer { name: "y" type: "Interp" bottom: "x" top: "y" interp_param { height: %d width: %d } }'
    (got,) = Resize("bilinear", *out, "corners").reference(x)
    np.testing.assert_allclose(got, forward(layer % out, x=x), rtol=0, atol=2e-6)


@pytest.mark.parametrize(("size", "out"), SIZES)
@pytest.mark.parametrize(
    ("mode", "align", "flag"),
    [
        ("bilinear", "half_pixel", cv2.INTER_LINEAR),
        ("nearest", "half_pixel", cv2.INTER_NEAREST_EXACT),
        ("nearest", "asymmetric", cv2.INTER_NEAREST),
    ],
)
def test_result_is_that_of_cv_resize(
    size: tuple[int, int], out: tuple[int, int], mode: str, align: str, flag: int
) -> None:
    x = _image(size)
    (got,) = Resize(mode, *out, align).reference(x)
    np.testing.assert_allclose(
        got[0, 0], cv2.resize(x[0, 0], out[::-1], interpolation=flag), rtol=0, atol=2e-6
    )


@pytest.mark.parametrize(
    ("align", "bilinear", "nearest"),
    [
        ("corners", [0, 1 / 3, 2 / 3, 1], [0, 0, 1, 1]),
        ("half_pixel", [0, 0.25, 0.75, 1], [0, 0, 1, 1]),
        ("asymmetric", [0, 0.5, 1, 1], [0, 0, 1, 1]),
    ],
)
def test_two_pixels_become_four(align: str, bilinear: list[float], nearest: list[float]) -> None:
    x = np.array([0, 1], np.float32).reshape(1, 1, 2, 1)
    for mode, expected in (("bilinear", bilinear), ("nearest", nearest)):
        (got,) = Resize(mode, 4, 1, align).reference(x)
        np.testing.assert_allclose(got.ravel(), expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize(
    ("shape", "height", "width"),
    [
        ((1, 1, 4), 2, 2),
        ((1, 1, 4, 4), 0, 2),
        ((1, 1, 4, 4), 2, MAX_SIDE + 1),
        ((1, 1, MAX_SIDE + 1, 1), 2, 2),
    ],
)
def test_refusals(shape: tuple[int, ...], height: int, width: int) -> None:
    with pytest.raises(LpdnnError, match=r"4-D|sides must be 1 to"):
        Resize("nearest", height, width).infer(TensorType(shape))
