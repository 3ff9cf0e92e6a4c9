"""Sums of all pairs of 8-bit values by cpu_simd's products of integers, which floats spare where they are exact."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

import lpdnn
from lpdnn.ir import ELEMENT, RANGE, GraphBuilder, Rounding, TensorType
from lpdnn.ops.qadd import QAdd
from lpdnn.plugins.cpu_simd import _int8_elementwise
from lpdnn.targets import find

TARGETS = [name for name in ("x86-64-avx2", "native") if {"avx2", "fma"} <= set(find(name).features)]


@pytest.mark.parametrize("rounding", get_args(Rounding))
@pytest.mark.parametrize("dtype", ["s8", "u8"])
def test_every_pair(monkeypatch: pytest.MonkeyPatch, rounding: Rounding, dtype: str) -> None:
    monkeypatch.setattr(_int8_elementwise, "sum_constants", lambda *_: None)
    low, high = RANGE[dtype]
    rng = np.random.default_rng(high)
    for target in TARGETS:
        if not find(target).runs_here:
            pytest.skip(f"this computer cannot run {target}")
        zeros = tuple(int(rng.integers(low, high + 1)) for _ in range(3))
        factors = tuple(int(rng.integers(2**30, 2**31)) for _ in range(3))
        signed = (factors[0], -factors[1])
        op = QAdd(zeros[:2], signed, (0, -3), 20, factors[2], -19, zeros[2], low, high, rounding)
        a, b = (x.reshape(1, -1).astype(ELEMENT[dtype]) for x in np.meshgrid(*[np.arange(low, high + 1)] * 2))
        builder = GraphBuilder("pairs")
        for name in "ab":
            builder.input(name, TensorType(a.shape, dtype))
        graph = builder.finish([builder.apply(op, "a", "b", name="sum")])
        chosen = lpdnn.select(graph, target=target, use=["sum=cpu_simd"], simplified=False)
        program = lpdnn.build(graph, target=target, selection=chosen, simplified=False)
        assert np.array_equal(program({"a": a, "b": b}), op.reference(a, b)[0])
