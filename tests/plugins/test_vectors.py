"""Kernels of our own in vector extensions: the same results whatever the vectors are, by either compiler."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from lpdnn.ops.activation import ActivationFunction
from lpdnn.ops.conv2d import Conv2d
from lpdnn.primitives import Plugin, Primitive, discover
from lpdnn.targets import find
from lpdnn.toolchain.kernel_program import Case, run_cases

OWN = [
    pytest.param(plugin, primitive, id=f"{plugin.name}-{primitive.name}")
    for plugin in discover()
    for primitive in plugin.primitives
    if primitive.op is Conv2d and primitive.library and not primitive.library.objects
]
WIDTHS = {"sse2": ("-msse2",), "avx2": ("-mavx2", "-mfma"), "avx512": ("-mavx512f", "-mfma")}


def _cases() -> list[Case]:
    """Return shapes that fill tiles, leave rests of every kind, and take several blocks of depth and pixels."""
    rng = np.random.default_rng(11)
    shapes = [
        ((1, 5, 11, 13), (37, 5, 3, 3)),
        ((1, 70, 8, 7), (13, 70, 3, 3)),
        ((1, 64, 15, 15), (40, 64, 1, 1)),
    ]
    cases = []
    for image, weight in shapes:
        op = Conv2d(padding=(weight[2] // 2,) * 4, activation=ActivationFunction("clip", -1.0, 6.0))
        arrays = [rng.standard_normal(shape).astype(np.float32) for shape in (image, weight, weight[:1])]
        cases.append(Case(op, (arrays[0], arrays[1] / 8, arrays[2])))
    return cases


@pytest.mark.parametrize(
    ("cc", "width"), [("gcc", "sse2"), ("gcc", "avx2"), ("clang", "avx2"), ("clang", "avx512")]
)
@pytest.mark.parametrize(("plugin", "primitive"), OWN)
def test_results_do_not_depend_on_the_vectors(
    plugin: Plugin, primitive: Primitive, width: str, cc: str
) -> None:
    features = find("native").features
    if shutil.which(cc) is None or "sse2" not in features:
        pytest.skip(f"{cc} is not installed, or this is no x86-64")
    if not {flag[2:] for flag in WIDTHS[width]} <= features:
        pytest.skip(f"this computer lacks {width}")
    cases = _cases()
    for case, (got,) in zip(
        cases, run_cases(plugin, primitive, cases, cc, ("-O2", *WIDTHS[width])), strict=True
    ):
        (want,) = case.op.reference(*case.inputs)
        np.testing.assert_allclose(got, want, atol=1e-5 * float(np.abs(want).max()))
