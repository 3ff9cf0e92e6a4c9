"""Where the inputs of a concatenation lie in its output, so that a plan can place them there."""

from __future__ import annotations

import pytest

from lpdnn.ir import TensorType
from lpdnn.ops.concat import Concat


@pytest.mark.parametrize(
    ("axis", "layout", "shapes", "parts"),
    [
        (1, "nchw", [(1, 3, 2, 5), (1, 4, 2, 5)], (0, 30)),
        (1, "nchw", [(2, 3, 2, 5), (2, 4, 2, 5)], None),  # two images: each input is two runs
        (0, "nchw", [(2, 3, 2, 5), (1, 3, 2, 5)], (0, 60)),
        (3, "nchw", [(1, 1, 1, 2), (1, 1, 1, 3)], (0, 2)),
        (1, "nhwc", [(1, 3, 2, 5), (1, 4, 2, 5)], None),
        (1, "nhwc", [(1, 3, 1, 1), (1, 4, 1, 1)], (0, 3)),
        (2, "nhwc", [(1, 3, 2, 5), (1, 3, 1, 5)], (0, 30)),
        (1, "nchw8c", [(1, 8, 2, 5), (1, 3, 2, 5)], (0, 80)),
        (1, "nchw8c", [(1, 3, 2, 5), (1, 8, 2, 5)], None),  # they share a block of channels
        (1, "nchw", [(1, 6), (1, 2), (1, 1)], (0, 6, 8)),
    ],
)
def test_parts(axis: int, layout: str, shapes: list[tuple[int, ...]], parts: tuple[int, ...] | None) -> None:
    types = tuple(TensorType(shape, layout=layout) for shape in shapes)
    assert Concat(axis).parts(types, Concat(axis).infer(*types)) == parts
