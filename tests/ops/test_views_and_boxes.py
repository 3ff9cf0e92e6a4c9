"""What reshape, permute and slice refuse, and how their walks through memory are shortened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lpdnn.ir import LpdnnError, TensorType
from lpdnn.ops.permute import Permute
from lpdnn.ops.reshape import Reshape
from lpdnn.ops.slice import Slice

if TYPE_CHECKING:
    from lpdnn.ir import Operator


@pytest.mark.parametrize(
    ("op", "shape", "sentence"),
    [
        (Reshape((2, 7)), (3, 5), "14 elements, and f32\\[3x5\\] has 15"),
        (Reshape((-1, -15)), (3, 5), "extent below 0"),
        (Permute((0, 2)), (3, 5, 2), "each of the 3 axes"),
        (Permute((0, 1, 1)), (3, 5, 2), "each of the 3 axes"),
        (Permute((0, 1, -1)), (3, 5, 2), "each of the 3 axes"),
        (Permute(tuple(range(9))), (1,) * 9, "at most 8"),
        (Slice((0,), (3, 5)), (3, 5), "one number for each axis"),
        (Slice((0, -1), (3, 5)), (3, 5), "axis 1"),
        (Slice((1, 0), (3, 5)), (3, 5), "axis 0: a slice from 1 to 4"),
        (Slice((0, 0), (3, 0)), (3, 5), "axis 1"),
    ],
)
def test_refusals(op: Operator, shape: tuple[int, ...], sentence: str) -> None:
    with pytest.raises(LpdnnError, match=sentence):
        op.infer(TensorType(shape))


@pytest.mark.parametrize(
    ("op", "shape", "geometry"),
    [
        (Permute((0, 2, 3, 1)), (1, 4, 6, 5), {"extents": (30, 4), "strides": (1, 30)}),
        (Permute((0, 1, 2)), (4, 6, 5), {"extents": (120,), "strides": (1,)}),
        (Slice((1, 2, 0), (2, 3, 5)), (4, 6, 5), {"offset": 40, "extents": (2, 15), "strides": (30, 1)}),
    ],
)
def test_axes_that_continue_each_other_are_walked_as_one(
    op: Operator, shape: tuple[int, ...], geometry: dict[str, object]
) -> None:
    x = TensorType(shape)
    assert op.geometry((x,), op.infer(x)) == geometry
