"""The input that C and Python make alike."""

from __future__ import annotations

import numpy as np

from lpdnn.codegen.golden import golden_input


def test_is_the_generator_it_says() -> None:
    x = 7
    expected = []
    for _ in range(1000):
        x = (x * 1664525 + 1013904223) % 2**32
        expected.append((x >> 8) / 2**23 - 1)
    assert np.array_equal(golden_input(1000, 7), np.array(expected, np.float32))


def test_is_spread_over_its_range() -> None:
    values = golden_input(100_000, 1)
    assert values.min() < -0.999
    assert values.max() > 0.999
    assert abs(values.mean()) < 0.01
