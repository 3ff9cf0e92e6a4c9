"""Formats: what is left of a number, and which formats cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from lpdnn.ir import LpdnnError
from lpdnn.quantization import Format


def test_fixed_point_rounds_ties_away_from_zero_and_saturates() -> None:
    one = Format("D", 4, il=2, fl=2)
    x = np.array([0.125, -0.125, 0.1, 0.375, 5, -5], np.float32)
    assert one.integers(x).tolist() == [1, -1, 0, 2, 7, -8]
    assert one.rounded(x).tolist() == [0.25, -0.25, 0, 0.5, 1.75, -2]


def test_unsigned_fixed_point_has_no_sign_bit() -> None:
    one = Format("D", 3, signed=False, il=1, fl=2)
    assert one.rounded(np.array([-1, 0.3, 9], np.float32)).tolist() == [0, 0.25, 1.75]


def test_scales_go_by_filter() -> None:
    one = Format("PC", 8, scale=(1.0, 0.5))
    x = np.array([[3.4, -200.0], [3.3, 1000.0]], np.float32)
    assert one.rounded(x).tolist() == [[3, -127], [3.5, 63.5]]


def test_a_zero_point_keeps_zero_exact() -> None:
    one = Format("PC", 8, scale=(0.1,), zero=-128)
    assert one.integers(np.array([0.0, 25.5, 99.0, -1.0])).tolist() == [-128, 127, 127, -128]
    assert one.rounded(np.zeros(1)).tolist() == [0]


def test_codebook_gives_the_nearest_entry() -> None:
    one = Format("K", 2, codebook=(0.5, -1.0, 0.0, 2.0))
    x = np.array([[0.2, 0.3], [-9.0, 1.3]], np.float32)
    assert one.indices(x).tolist() == [2, 0, 1, 3]
    assert one.rounded(x).tolist() == [[0, 0.5], [-1, 2]]


def test_vector_codebook_gives_the_nearest_pair() -> None:
    one = Format("K", 1, codebook=(0.0, 1.0, 1.0, 0.0), vector=2)
    x = np.array([[0.1, 0.9, 0.8, 0.3]], np.float32)
    assert one.indices(x).tolist() == [0, 1]
    assert one.rounded(x).tolist() == [[0, 1, 1, 0]]


def test_codebook_times_a_scale_for_each_filter() -> None:
    one = Format("K", 1, codebook=(-1.0, 1.0), scale=(1.0, 10.0))
    assert one.rounded(np.array([[0.9, -2.0], [4.0, -1.0]])).tolist() == [[1, -1], [10, -10]]


def test_stored_bits_count_tables_and_scales() -> None:
    assert Format("D", 8, il=2, fl=6).stored_bits((4, 10)) == 320
    assert Format("PC", 8, scale=(1.0,) * 4).stored_bits((4, 10)) == 320 + 4 * 32
    assert Format("K", 2, codebook=(1.0, 2.0, 3.0)).stored_bits((4, 10)) == 80 + 3 * 32
    assert Format("K", 2, il=2, fl=6, codebook=(1.0, 2.0)).stored_bits((4, 10)) == 80 + 2 * 8


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"method": "X", "bits": 8}, "method 'X' is none of"),
        ({"method": "D", "bits": 17, "il": 8, "fl": 9}, "17 bits cannot be: method D takes 2 to 16"),
        ({"method": "D", "bits": 8, "il": 8, "fl": 1}, r"\[8.1\] is 9 bits wide, and not 8"),
        ({"method": "D", "bits": 8, "il": 908, "fl": -900}, "a fraction of -900 bits cannot be"),
        ({"method": "PC", "bits": 8}, "takes scales"),
        ({"method": "PC", "bits": 8, "scale": (0.0,)}, "is not a number that can be"),
        ({"method": "PC", "bits": 8, "scale": (1.0,), "zero": 300}, "zero point 300 is out of its range"),
        ({"method": "K", "bits": 1, "codebook": (1.0, 2.0, 3.0)}, "3 entries cannot be indexed by 1 bits"),
        ({"method": "K", "bits": 2, "codebook": (1.0, 2.0, 3.0), "vector": 2}, "no entries of 2"),
        ({"method": "K", "bits": 2, "codebook": (float("nan"),)}, "is not a number that can be"),
    ],
)
def test_what_cannot_be_is_refused(arguments: dict[str, object], reason: str) -> None:
    with pytest.raises(LpdnnError, match=reason):
        Format(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "one",
    [
        Format("D", 4, il=2, fl=2),
        Format("PC", 3, scale=(0.5,)),
        Format("PC", 4, scale=(0.1, 0.2)),
    ],
)
def test_few_bits_are_a_codebook_of_the_same_numbers(one: Format) -> None:
    x = np.random.default_rng(0).standard_normal((2, 50)).astype(np.float32)
    assert np.allclose(one.as_codebook().rounded(one.rounded(x)), one.rounded(x))
    assert one.as_codebook().bits == one.bits
