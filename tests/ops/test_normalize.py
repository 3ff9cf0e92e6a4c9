"""Normalization to unit length against OpenCV's importer."""

from __future__ import annotations

import numpy as np
import pytest

from lpdnn.ir import LpdnnError, TensorType
from lpdnn.ops.normalize import Normalize
from opencv_caffe import forward


@pytest.mark.parametrize("across_spatial", [False, True])
def test_result_is_opencvs(across_spatial: bool) -> None:
    x = np.random.default_rng(0).standard_normal((2, 6, 5, 7)).astype(np.float32)
    layer = 'layer { name: "y" type: "Normalize" bottom: "x" top: "y" norm_param { %s eps: 0.5 } }'
    expected = forward(layer % f"across_spatial: {across_spatial}".lower(), x=x)
    op = Normalize(across_spatial, 0.5)
    np.testing.assert_allclose(op.reference(x, np.ones(1, np.float32))[0], expected, rtol=0, atol=1e-6)
    scale = np.arange(6, dtype=np.float32)
    np.testing.assert_allclose(op.reference(x, scale)[0], expected * scale[:, None, None], rtol=0, atol=5e-6)


@pytest.mark.parametrize(
    ("op", "x", "scale", "sentence"),
    [
        (Normalize(), (3,), (1,), "channel axis"),
        (Normalize(), (1, 3, 2, 2), (2,), "one value or 3"),
        (Normalize(), (1, 3, 2, 2), (3, 1), "one value or 3"),
        (Normalize(epsilon=-1.0), (1, 3), (3,), "must not be negative"),
        (Normalize(epsilon=float("nan")), (1, 3), (3,), "epsilon is nan"),
    ],
)
def test_refusals(op: Normalize, x: tuple[int, ...], scale: tuple[int, ...], sentence: str) -> None:
    with pytest.raises(LpdnnError, match=sentence):
        op.infer(TensorType(x), TensorType(scale))
