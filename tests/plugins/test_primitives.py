"""Every primitive over its operator's samples, against the reference semantics, under ASan and UBSan."""

from __future__ import annotations

import numpy as np
import pytest

from lpdnn.ir import TensorType
from lpdnn.primitives import Plugin, Primitive, discover
from lpdnn.targets import find
from lpdnn.toolchain.kernel_program import Case, run_cases

NATIVE = find("native")
SANITIZE = (*NATIVE.flags, "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
ALL = [
    pytest.param(plugin, primitive, id=f"{plugin.name}-{primitive.name}")
    for plugin in discover()
    for primitive in plugin.primitives
]


def _refusal(primitive: Primitive, case: Case) -> str:
    plain = tuple(None if x is None else TensorType.of(x) for x in case.inputs)
    images = [t for i, t in enumerate(plain) if t and case.op.input_name(i) not in case.op.PARAMETERS]
    if (case.layout or primitive.layout) not in {"nchw", "any"} and any(t.rank != 4 for t in images):
        return "not an image"
    if primitive.op.NAME == "convert" and (case.op.source, case.op.target) != (  # type: ignore[attr-defined]
        primitive.layout,
        primitive.out_layout,
    ):
        return "another conversion"
    inputs = primitive.in_types(plain, case.layout)
    if not primitive.fits(inputs, primitive.out_types(case.op, inputs)):
        return "other types"
    return primitive.accepts(case.op, inputs, primitive.out_types(case.op, inputs), NATIVE)


def _cases(primitive: Primitive) -> list[Case]:
    cases = []
    for layout in ("nchw", "nhwc", "nchw8c") if primitive.layout == "any" else ("",):
        for seed, sample in enumerate(primitive.op.samples()):
            arrays = sample.arrays(seed)
            places = primitive.in_place_positions(len(arrays))
            outputs = sample.op.reference(*arrays) if places else ()
            # The plan takes over only memory of the output's own size: an operand that repeats is smaller.
            whole = [place for place in places if arrays[place].nbytes == outputs[0].nbytes]
            cases += [Case(sample.op, arrays, place, layout) for place in (-1, *whole)]
    return cases


@pytest.mark.parametrize(("plugin", "primitive"), ALL)
def test_kernel_computes_what_the_operator_means(plugin: Plugin, primitive: Primitive) -> None:
    missing = primitive.library.missing(find("native")) if primitive.library else ""
    if missing:
        pytest.skip(missing)
    every = _cases(primitive)
    refusals = [_refusal(primitive, case) for case in every]
    cases = [case for case, refusal in zip(every, refusals, strict=True) if not refusal]
    if not cases and any(refusal.startswith("needs ") for refusal in refusals):
        pytest.skip(f"this computer lacks what the kernel {max(refusals)}")
    assert cases, "no sample of the operator is accepted: add one"
    for case, outputs in zip(cases, run_cases(plugin, primitive, cases, flags=SANITIZE), strict=True):
        expected = case.op.reference(*case.inputs)
        for got, want in zip(outputs, expected, strict=True):
            assert (got.shape, got.dtype) == (want.shape, want.dtype), case.op
            scale = float(np.max(np.abs(want), initial=0.0)) or 1.0
            error = float(np.max(np.abs(got.astype(np.float64) - want), initial=0.0)) / scale
            assert error <= (primitive.tolerance or case.op.TOLERANCE), (
                case.op,
                case.in_place,
                case.layout,
                error,
            )
