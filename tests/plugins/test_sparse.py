"""Sparse kernels over weights that have zeros: whole rows of them, whole columns, nothing but zeros."""

from __future__ import annotations

import numpy as np
import pytest

from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.primitives import Primitive, discover
from lpdnn.targets import find
from lpdnn.toolchain.kernel_program import Case, run_cases

SPARSE = next(plugin for plugin in discover() if plugin.name == "cpu_sparse")
SANITIZE = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def _weights(shape: tuple[int, ...], share: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal(shape).astype(np.float32)
    weights[rng.random(shape) < share] = 0
    weights[0] = 0
    weights[:, -1] = 0
    weights[-1, 0] = np.float32(-0.0) if weights.ndim == 2 else weights[-1, 0]
    return weights


def _cases(primitive: Primitive) -> list[Case]:
    rng = np.random.default_rng(7)
    cases = []
    for seed, share in enumerate((0.5, 0.9, 1.0)):
        if primitive.op is FullyConnected:
            x = rng.standard_normal((2, 70)).astype(np.float32)
            x[:, ::3] = 0
            cases.append(Case(FullyConnected(), (x, _weights((9, 70), share, seed), None)))
            continue
        for op, size in (
            (Conv2d(padding=(1, 1, 1, 1)), (1, 6, 13, 9)),
            (Conv2d(stride=(2, 2)), (2, 6, 9, 21)),
        ):
            x = rng.standard_normal(size).astype(np.float32)
            bias = rng.standard_normal(5).astype(np.float32)
            cases.append(Case(op, (x, _weights((5, 6, 3, 3), share, seed), bias)))
    return cases


@pytest.mark.parametrize("primitive", SPARSE.primitives, ids=lambda primitive: primitive.name)
def test_zeros_are_left_out(primitive: Primitive) -> None:
    missing = primitive.library.missing(find("native")) if primitive.library else ""
    if missing:
        pytest.skip(missing)
    cases = _cases(primitive)
    for case, (got,) in zip(cases, run_cases(SPARSE, primitive, cases, flags=SANITIZE), strict=True):
        (want,) = case.op.reference(*case.inputs)
        np.testing.assert_allclose(got, want, atol=1e-5 * max(1.0, float(np.abs(want).max())))


@pytest.mark.parametrize("form", ["coo", "csr", "csc"])
def test_zeros_take_no_memory(form: str) -> None:
    primitive = next(p for p in SPARSE.primitives if p.how == f"im2col_{form}")
    weights = np.zeros((4, 8, 3, 3), np.float32)
    weights[1, 2, 1, 0] = 3.0
    _, stored, _ = primitive.prepare(Conv2d(), (None, weights, None))
    assert stored is not None
    group, count = stored[0], stored[stored[0]]
    assert (group, count) == (1, 1)
    # the offset of the group, the count, position and value of one weight, and the starts
    assert stored.size == {"coo": 2 + 3, "csr": 2 + 5 + 2, "csc": 2 + 73 + 2}[form]
    assert stored[-1:].view(np.float32)[0] == 3.0
