"""What is not chosen unasked: libraries that nobody measured, and algorithms that are not exact."""

from __future__ import annotations

import numpy as np
import pytest

import lpdnn
from lpdnn.ir import Graph, GraphBuilder, TensorType
from lpdnn.ops.conv2d import Conv2d
from lpdnn.selection.model import EXACT


def _convolutions() -> Graph:
    graph = GraphBuilder("net")
    y = graph.input("data", TensorType((1, 64, 56, 56)))
    for i in range(4):
        weight = graph.constant(f"weight{i}", np.ones((64, 64, 3, 3), np.float32))
        y = graph.apply(Conv2d(padding=(1, 1, 1, 1)), y, weight, name=f"conv{i}")
    return graph.finish([y])


def test_the_choice_is_exact_and_needs_no_library() -> None:
    for one in lpdnn.select(_convolutions()).nodes.values():
        assert one.primitive.tolerance <= EXACT
        assert one.primitive.library is None or not one.primitive.library.objects


def test_a_larger_error_is_chosen_where_it_is_allowed_and_faster() -> None:
    allowed = lpdnn.select(_convolutions(), target="x86-64-avx512", error=1e-3)
    tolerances = [one.primitive.tolerance for one in allowed.nodes.values()]
    assert EXACT < max(tolerances) <= 1e-3
    exact = lpdnn.select(_convolutions(), target="x86-64-avx512", error=1e-6)
    assert all(one.primitive.tolerance <= 1e-6 for one in exact.nodes.values())
    assert allowed.seconds < exact.seconds


@pytest.mark.parametrize(
    ("wish", "found"),
    [("*=cpu_simd:winograd6x6*", "winograd6x6"), ("*=cpu_blas:im2row:openblas", "openblas")],
)
def test_what_is_asked_for_is_chosen(wish: str, found: str) -> None:
    try:
        chosen = lpdnn.select(_convolutions(), use=[wish])
    except lpdnn.LpdnnError as error:
        pytest.skip(f"not on this computer: {error}")
    if chosen.notes:
        pytest.skip(f"not on this computer: {chosen.notes[0]}")
    assert all(found in one.primitive.name for one in chosen.nodes.values())
