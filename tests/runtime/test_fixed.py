"""The one rescaling, in Python and in C, against arithmetic of whole numbers of any size."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from lpdnn.ir import LpdnnError, fixed_point, rescale

ROOT = Path(__file__).parents[2]
CORE = ROOT / "src/lpdnn/runtime/core/fixed.c"
INCLUDE = ROOT / "src/lpdnn/runtime/include"
MOST = 2**31 - 1
SHIFTS = [-60, -33, -32, -31, -30, -17, -16, -15, -14, -9, -1, 0, 1, 2, 8, 14, 15, 16, 17, 30, 31, 32, 40]
MULTIPLIERS = [0, 1, 2, 3, 65535, 65536, 2**30 - 1, 2**30, 2**30 + 1, 3 * 2**29, MOST - 1, MOST]


def away(x: int, right: int) -> int:
    """Return x / 2^right, nearest, ties away from zero, within 32 bits."""
    size = abs(x) << -right if right < 0 else (abs(x) + (1 << right >> 1)) >> right
    return min(size, MOST) * (1 if x >= 0 else -1)


def up(x: int, right: int) -> int:
    """Return x / 2^right, nearest, ties up, within 32 bits."""
    whole = x << -right if right < 0 else (x + (1 << right >> 1)) >> right
    return max(-MOST, min(whole, MOST))


def double(x: int, multiplier: int, shift: int) -> int:
    """Return what TensorFlow Lite's reference kernels compute, where nothing overflows."""
    if shift > 0:
        x = max(-MOST, min(MOST, x << shift))
    return away((x * multiplier + 2**30) >> 31, max(-shift, 0))


def narrow_sums() -> list[int]:
    edges = [0, 1, 2, 3, 2**14, 2**15, 2**16 - 1, 2**16, 2**30, 2**30 + 1, MOST - 1, MOST]
    rng = np.random.default_rng(1)
    edges += [int(v) for v in rng.integers(0, 2**31, 20)]
    return [*edges, *(-e for e in edges), -(2**31)]


def wide_sums() -> list[int]:
    edges = [2**31, 2**32 - 1, 2**32, 2**33 + 2**16, 2**40 + 1, 2**46, 2**47 - 1, 3 * 2**17, 2**47 - 2**16]
    edges += [int(v) for v in np.random.default_rng(2).integers(0, 2**47, 40)]
    return [*narrow_sums(), *edges, *(-e for e in edges)]


@pytest.fixture(scope="module", params=["gcc", "clang", "gcc -O0", "gcc -fsanitize=undefined"])
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    compiler, *flags = request.param.split()
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    target = tmp_path_factory.mktemp("fixed") / "fixed.so"
    sources = [str(CORE), str(Path(__file__).with_name("fixed_arrays.c"))]
    command = [
        compiler,
        "-std=c89",
        "-O3",
        *flags,
        "-shared",
        "-fPIC",
        f"-I{INCLUDE}",
        *sources,
        "-o",
        str(target),
    ]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(target))


def cases(sums: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = np.array(list(product(sums, MULTIPLIERS, SHIFTS)), np.int64)
    return rows[:, 0], rows[:, 1], rows[:, 2]


def pointer(x: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(x.ctypes.data)


def in_c(
    library: ctypes.CDLL, sums: np.ndarray, factor: np.ndarray, shift: np.ndarray, rounding: int
) -> np.ndarray:
    x, factor, shift = (np.ascontiguousarray(a, np.int32) for a in (sums, factor, shift))
    y = np.empty_like(x)
    library.rescale_array(
        pointer(x), pointer(factor), pointer(shift), rounding, pointer(y), ctypes.c_size_t(x.size)
    )
    return y


def test_single_rounding_is_the_exact_product_rounded_once() -> None:
    sums, factor, shift = cases(wide_sums())
    exact = [away(int(x) * int(m), 31 - int(s)) for x, m, s in zip(sums, factor, shift, strict=True)]
    assert rescale(sums, factor, shift).tolist() == exact


def test_wide_sums_are_rounded_as_the_reference_kernels_do_it() -> None:
    sums, factor, shift = cases(wide_sums())
    exact = [up(int(x) * int(m), 31 - int(s)) for x, m, s in zip(sums, factor, shift, strict=True)]
    assert rescale(sums, factor, shift, "double", wide=True).tolist() == exact


def test_double_rounding_is_that_of_the_reference_kernels() -> None:
    sums, factor, shift = cases(narrow_sums())
    exact = [double(int(x), int(m), int(s)) for x, m, s in zip(sums, factor, shift, strict=True)]
    assert rescale(sums, factor, shift, "double").tolist() == exact


def test_c_computes_the_same(library: ctypes.CDLL) -> None:
    sums, factor, shift = cases(narrow_sums())
    assert np.array_equal(in_c(library, sums, factor, shift, 0), rescale(sums, factor, shift))
    assert np.array_equal(in_c(library, sums, factor, shift, 1), rescale(sums, factor, shift, "double"))
    assert np.array_equal(in_c(library, sums, factor, shift, 2), rescale(sums, factor, shift, "float"))


def test_c_computes_the_same_of_wide_sums(library: ctypes.CDLL) -> None:
    sums, factor, shift = cases(wide_sums())
    for carried in (0, 0xFFFF):  # lower halves may have gathered more than 16 bits
        halves = np.empty((sums.size, 2), np.int32)
        halves[:, 0] = (sums >> 16) - carried
        halves.view(np.uint32)[:, 1] = (sums & 0xFFFF) + (carried << 16)
        x, y = np.ascontiguousarray(halves), np.empty(sums.size, np.int32)
        m, s = factor.astype(np.int32), shift.astype(np.int32)
        count = ctypes.c_size_t(y.size)
        for way, rounding in enumerate(("single", "double")):
            library.rescale_wide_array(pointer(x), pointer(m), pointer(s), way, pointer(y), count)
            assert np.array_equal(y, rescale(sums, factor, shift, rounding, wide=True))


@pytest.mark.parametrize("real", [1.0, 0.5, 0.75, 1e-9, 3.14159, 2.0**-40, 0.99999999999, 2.0**20, 0.0])
def test_fixed_point_is_the_nearest(real: float) -> None:
    multiplier, shift = fixed_point(real)
    assert multiplier == 0 or 2**30 <= multiplier <= MOST
    assert abs(multiplier * 2.0 ** (shift - 31) - real) <= real * 2.0**-31


@pytest.mark.parametrize("real", [-1.0, float("nan"), float("inf")])
def test_impossible_factors_are_refused(real: float) -> None:
    with pytest.raises(LpdnnError, match="cannot be a factor"):
        fixed_point(real)
