"""How far results are apart."""

from __future__ import annotations

import numpy as np
import pytest

from lpdnn.toolchain import LayerCheck, Verification
from lpdnn.toolchain.verification import difference, relative_error

INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("got", "wanted", "error"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0),
        ([1.0, 2.5], [1.0, 2.0], 0.25),
        ([0.0, 0.0], [0.0, 0.0], 0.0),
        ([0.5, 0.0], [0.0, 0.0], 0.5),
        ([INF, 1.0], [INF, 2.0], 0.5),
        ([NAN, 1.0], [NAN, 1.0], 0.0),
        ([NAN, 1.0], [2.0, 1.0], INF),
        ([2.0, 1.0], [NAN, 1.0], INF),
        ([INF, 1.0], [-INF, 1.0], INF),
        ([1e30, 1.0], [INF, 1.0], INF),
    ],
)
def test_relative_error(got: list[float], wanted: list[float], error: float) -> None:
    assert relative_error(np.array(got, np.float32), np.array(wanted, np.float32)) == error


def test_shapes_may_differ_in_axes_of_one_only() -> None:
    assert difference("softmax", np.ones((1, 5, 1, 1)), np.ones((1, 5)))[0] == 0
    error, note = difference("softmax", np.ones((1, 5)), np.ones((1, 6)))
    assert error == INF
    assert "(1, 6)" in note


def _rows(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(1, 1, -1, 7)


A = (0, 1, 0.9, 0.1, 0.1, 0.4, 0.4)
B = (0, 1, 0.8, 0.5, 0.5, 0.9, 0.9)
OTHER_CLASS = (0, 2, 0.9, 0.1, 0.1, 0.4, 0.4)
OTHER_IMAGE = (1, 1, 0.9, 0.1, 0.1, 0.4, 0.4)
MOVED = (0, 1, 0.9, 0.1, 0.1, 0.4, 0.49)
UNUSED, ZERO = (-1.0,) * 7, (0.0,) * 7


@pytest.mark.parametrize(
    ("got", "wanted", "error"),
    [
        ((A, B), (B, A), 0.0),
        ((A, UNUSED, B), (A, B, ZERO), 0.0),
        ((UNUSED,), (ZERO,), 0.0),
        ((A,), (OTHER_CLASS,), INF),
        ((A,), (OTHER_IMAGE,), INF),
        ((A, B), (A,), INF),
        ((A, A), (A, B), pytest.approx(0.5 / 0.9, rel=1e-6)),
        ((MOVED, B), (B, A), pytest.approx(0.1, rel=1e-5)),
    ],
)
def test_boxes_are_sets(
    got: tuple[tuple[float, ...], ...], wanted: tuple[tuple[float, ...], ...], error: float
) -> None:
    assert difference("detection_output", _rows(*got), _rows(*wanted))[0] == error


def test_nothing_compared_is_not_right() -> None:
    assert not Verification("net", ()).ok
    good = LayerCheck("a", "conv2d", "a", "interpreter", "C", 0.0, 1e-4)
    bad = LayerCheck("b", "conv2d", "b", "interpreter", "C", NAN, 1e-4)
    assert Verification("net", (good,)).ok
    assert not Verification("net", (good, bad)).ok
