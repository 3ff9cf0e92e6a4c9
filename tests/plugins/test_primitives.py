"""Every primitive over its operator's samples, against the reference semantics, under ASan and UBSan."""

from __future__ import annotations

import numpy as np
import pytest

from lpdnn.primitives import Plugin, Primitive, discover
from lpdnn.toolchain.kernel_program import Case, run_cases

SANITIZE = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
ALL = [
    pytest.param(plugin, primitive, id=primitive.file)
    for plugin in discover()
    for primitive in plugin.primitives
]


def _cases(primitive: Primitive) -> list[Case]:
    cases = []
    for seed, sample in enumerate(primitive.op.samples()):
        arrays = sample.arrays(seed)
        cases.append(Case(sample.op, arrays))
        cases += [Case(sample.op, arrays, position) for position in primitive.in_place_positions(len(arrays))]
    return cases


@pytest.mark.parametrize(("plugin", "primitive"), ALL)
def test_kernel_computes_what_the_operator_means(plugin: Plugin, primitive: Primitive) -> None:
    cases = _cases(primitive)
    for case, outputs in zip(cases, run_cases(plugin, primitive, cases, flags=SANITIZE), strict=True):
        expected = case.op.reference(*case.inputs)
        for got, want in zip(outputs, expected, strict=True):
            assert got.shape == want.shape, case.op
            scale = float(np.max(np.abs(want), initial=0.0)) or 1.0
            error = float(np.max(np.abs(got.astype(np.float64) - want), initial=0.0)) / scale
            assert error <= case.op.TOLERANCE, (case.op, case.in_place, error)
