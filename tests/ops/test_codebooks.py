"""Packed indices, and codebooks that do not fit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import vanilla
from lpdnn.ir import LpdnnError, TensorType
from lpdnn.ops._codebooks import decode, pack, packed_bytes, unpack
from lpdnn.ops.conv2d_codebook import Conv2dCodebook
from lpdnn.ops.fc_codebook import FcCodebook


@given(st.integers(1, 8), st.lists(st.integers(0, 255), max_size=70))
def test_indices_come_back_from_their_bytes(bits: int, values: list[int]) -> None:
    indices = (np.array(values, int) % (1 << bits)).astype(np.uint8)
    packed = pack(indices, bits)
    assert packed.dtype == np.uint8
    assert packed.shape == (packed_bytes(len(values), bits),)
    assert np.array_equal(unpack(packed, len(values), bits), indices)


@given(st.integers(1, 8), st.lists(st.integers(0, 255), min_size=1, max_size=40))
def test_an_index_lies_where_the_format_says(bits: int, values: list[int]) -> None:
    indices = [value % (1 << bits) for value in values]
    stream = sum(value << (i * bits) for i, value in enumerate(indices))
    expected = stream.to_bytes(packed_bytes(len(indices), bits), "little")
    assert pack(np.array(indices, np.uint8), bits).tobytes() == expected


def test_weights_are_those_that_indices_stand_for() -> None:
    indices = pack(np.array([0, 1, 1, 3, 2, 0, 0, 2], np.uint8), 2)
    codebook = np.arange(16, dtype=np.float32).reshape(2, 4, 2)
    scale = np.array([1, 10], np.float32)
    weight = decode(indices, codebook, scale, (2, 4, 2, 1), 2)
    assert weight[0].ravel().tolist() == [0, 1, 2, 3, 2, 3, 6, 7]
    assert weight[1].ravel().tolist() == [120, 130, 80, 90, 80, 90, 120, 130]


@pytest.mark.parametrize("bits", range(1, 9))
def test_plain_c_reads_no_byte_too_far_and_every_index(bits: int) -> None:
    rng = np.random.default_rng(bits)
    cases = []
    for units, size in ((1, 1), (3, 5), (2, 13), (7, 9)):
        codebook = rng.standard_normal((1, 1 << bits, 1)).astype(np.float32)
        indices = pack(rng.integers(0, 1 << bits, units * size), bits)
        x = rng.standard_normal((1, size)).astype(np.float32)
        cases.append((FcCodebook((units, size), bits), (x, indices, codebook, None, None)))
    for (op, inputs), y in zip(cases, vanilla(*cases), strict=True):
        np.testing.assert_allclose(y, op.reference(*inputs)[0], rtol=1e-5, atol=1e-5)


X, BOOK = TensorType((1, 4, 5, 5)), TensorType((1, 16, 1))
CONV = Conv2dCodebook((6, 4, 3, 3), 4)


@pytest.mark.parametrize(
    ("op", "indices", "codebook", "scale", "sentence"),
    [
        (CONV, TensorType((107,), "u8"), BOOK, None, "216 indices of 4 bits take 108 bytes"),
        (CONV, TensorType((108,)), BOOK, None, "must be u8 and f32"),
        (CONV, TensorType((108,), "u8"), TensorType((1, 15, 1)), None, "and 16 entries"),
        (CONV, TensorType((108,), "u8"), TensorType((4, 16, 1)), None, "does not fit 6 filters"),
        (CONV, TensorType((108,), "u8"), TensorType((1, 16, 5)), None, "of 36 weights"),
        (CONV, TensorType((108,), "u8"), BOOK, TensorType((5,)), "not one for each of 6 filters"),
        (Conv2dCodebook((6, 4, 3, 3), 9), TensorType((243,), "u8"), BOOK, None, "1 to 8 bits"),
        (Conv2dCodebook((6, 3, 3, 3), 4), TensorType((81,), "u8"), BOOK, None, "does not fit input"),
        (Conv2dCodebook((0, 4, 3, 3), 4), TensorType((108,), "u8"), BOOK, None, "extent below 1"),
        (FcCodebook((6, 99), 4), TensorType((297,), "u8"), BOOK, None, "needs [M,100]"),
    ],
)
def test_what_does_not_fit_is_refused(
    op: Conv2dCodebook, indices: TensorType, codebook: TensorType, scale: TensorType | None, sentence: str
) -> None:
    with pytest.raises(LpdnnError) as caught:
        op.infer(X, indices, codebook, scale)
    assert sentence in str(caught.value)
