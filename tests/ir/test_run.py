"""Where a box of a tensor lies in memory, against the tensor laid out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lpdnn.ir import LAYOUTS, TensorType, to_memory
from lpdnn.ir.types import BLOCK


@st.composite
def _boxes(draw: st.DrawFn) -> tuple[TensorType, tuple[int, ...], tuple[int, ...]]:
    shape = tuple(draw(st.integers(1, most)) for most in (3, 20, 4, 4))
    begin = tuple(draw(st.sampled_from([0, 8 % extent, extent - 1])) for extent in shape)
    size = tuple(
        draw(st.sampled_from([1, min(8, extent - first), extent - first]))
        for extent, first in zip(shape, begin, strict=True)
    )
    return TensorType(shape, layout=draw(st.sampled_from(LAYOUTS))), begin, size


@settings(max_examples=1000, deadline=None)
@given(_boxes())
def test_a_run_is_the_box_laid_out(case: tuple[TensorType, tuple[int, ...], tuple[int, ...]]) -> None:
    tensor, begin, size = case
    numbers = np.arange(1, tensor.count + 1).reshape(tensor.shape)  # 0 fills blocks up
    memory = to_memory(numbers, tensor)
    box = replace(tensor, shape=size)
    part = to_memory(numbers[tuple(slice(b, b + n) for b, n in zip(begin, size, strict=True))], box)
    start = tensor.run(begin, size)
    if start is not None:
        np.testing.assert_array_equal(memory[start : start + box.elements], part)
        return
    found = int(np.flatnonzero(memory == part[0])[0])
    same = memory[found : found + part.size]
    block = BLOCK.get(tensor.layout, 1)
    shares_a_block = begin[1] % block or (size[1] % block and begin[1] + size[1] < tensor.shape[1])
    assert shares_a_block or not np.array_equal(same, part)
