"""Metrics over answers that are known by thinking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lpdnn.data import metric
from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from pathlib import Path

SCORES = [np.array([[0.1, 0.7, 0.2]]), np.array([[0.5, 0.1, 0.4]])]
OTHER = [np.array([[0.1, 0.6, 0.3]]), np.array([[0.1, 0.1, 0.8]])]


def test_top() -> None:
    assert metric("top1")(SCORES, [1, 2], OTHER) == 0.5
    assert metric("top5")(SCORES, [1, 2], OTHER) == 1
    with pytest.raises(LpdnnError, match="have no labels"):
        metric("top1")(SCORES, [1, None], OTHER)


def test_of_equal_scores_only_the_first_is_the_best() -> None:
    same = [np.array([0.5, 0.5, 0.0])] * 2
    assert metric("top1")(same, [0, 1], same) == 0.5
    assert metric("top1")([np.zeros(3)], [3], same) == 0


def test_agreement_and_cosine() -> None:
    assert metric("agreement")(SCORES, [None, None], OTHER) == 0.5
    assert metric("cosine")(SCORES, [None, None], SCORES) == pytest.approx(1)
    assert metric("cosine")([np.array([1.0, 0])], [None], [np.array([0.0, 1])]) == 0


def boxes(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array([(0, *row) for row in rows]).reshape(1, 1, -1, 7)


LEFT, RIGHT = (0.0, 0, 0.4, 1), (0.6, 0, 1, 1)


def test_mean_average_precision() -> None:
    truth = [np.array([(1, *LEFT), (1, *RIGHT)])]
    both = [boxes((1, 0.9, *LEFT), (1, 0.8, *RIGHT))]
    assert metric("map")(both, truth, both) == 1
    wrong_first = [boxes((1, 0.9, 0, 0, 0.01, 0.01), (1, 0.8, *LEFT))]
    assert metric("map")(wrong_first, truth, both) == pytest.approx(0.25)
    twice = [boxes((1, 0.9, *LEFT), (1, 0.8, *LEFT))]
    assert metric("map")(twice, truth, both) == pytest.approx(0.5)
    assert metric("map")([boxes((2, 0.9, *LEFT))], truth, both) == 0


def test_boxes_of_the_float_network_are_the_truth_without_labels() -> None:
    reference = [boxes((1, 0.9, *LEFT), (1, 0.1, *RIGHT))]
    assert metric("map")([boxes((1, 0.6, *LEFT))], [None], reference) == 1


def test_a_function_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_metric.py").write_text(
        "def count(outputs, labels, reference):\n    return len(outputs)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert metric("my_metric:count")(SCORES, [0, 0], OTHER) == 2
    with pytest.raises(LpdnnError, match="there is no metric 'best'"):
        metric("best")
