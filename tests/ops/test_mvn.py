"""Mean and variance normalization against what Caffe itself computed, and where single precision is hard."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from kernels import vanilla
from lpdnn.ir import LpdnnError, TensorType
from lpdnn.ops.mvn import Mvn

SHARED = Path(os.environ.get("LPDNN_SHARED", Path(__file__).parents[2].parent / "shared"))
VECTORS = SHARED / "models" / "opencv_caffe_layer_vectors"


@pytest.mark.skipif(
    not VECTORS.is_dir(), reason=f"Caffe's layer vectors are not at {VECTORS}; set LPDNN_SHARED"
)
def test_result_is_caffes() -> None:
    x, expected = np.load(VECTORS / "blob.npy"), np.load(VECTORS / "layer_mvn.npy")
    op = Mvn(normalize_variance=True, across_channels=False, epsilon=0.1)
    for got in (op.reference(x)[0], vanilla((op, (x,)), flags=("-O2",))[0]):
        np.testing.assert_allclose(got, expected, rtol=0, atol=Mvn.TOLERANCE * np.abs(expected).max())


@pytest.mark.parametrize(("offset", "spread"), [(0.0, 1.0), (255.0, 1.0), (-30000.0, 0.005)])
def test_kernel_is_exact_far_from_zero(offset: float, spread: float) -> None:
    x = (offset + spread * np.random.default_rng(0).standard_normal((1, 2, 150, 151))).astype(np.float32)
    op = Mvn(across_channels=True)
    (got,) = vanilla((op, (x,)), flags=("-O2",))
    np.testing.assert_allclose(got, op.reference(x)[0], rtol=0, atol=1e-5)


def test_rounding_does_not_add_up_over_a_million_values() -> None:
    x = np.tile(np.array([0.1, 0.101], np.float32), 500_000).reshape(1, 1, 1000, 1000)
    (got,) = vanilla((Mvn(), (x,)), flags=("-O2",))
    np.testing.assert_allclose(got, Mvn().reference(x)[0], rtol=0, atol=2e-6)


def test_a_constant_channel_becomes_zero() -> None:
    x = np.full((1, 1, 9, 9), 77.7, np.float32)
    for got in (Mvn().reference(x)[0], vanilla((Mvn(), (x,)))[0]):
        np.testing.assert_allclose(got, 0, atol=1e-3)


@pytest.mark.parametrize(
    ("op", "shape"), [(Mvn(epsilon=-1.0), (1, 2)), (Mvn(epsilon=float("inf")), (1, 2)), (Mvn(), (5,))]
)
def test_refusals(op: Mvn, shape: tuple[int, ...]) -> None:
    with pytest.raises(LpdnnError, match=r"epsilon is|channel axis"):
        op.infer(TensorType(shape))
