"""Every primitive over its operator's samples, against the reference semantics, under ASan and UBSan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lpdnn.ir import ELEMENT, RANGE, LpdnnError, TensorType
from lpdnn.primitives import Plugin, Primitive, discover
from lpdnn.targets import find
from lpdnn.toolchain.kernel_program import Case, run_cases

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator

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
    try:
        outputs = primitive.out_types(case.op, inputs)
    except LpdnnError as error:
        return str(error)
    return (
        primitive.accepts(case.op, inputs, outputs, NATIVE)
        if primitive.fits(inputs, outputs)
        else "other types"
    )


def _samples(primitive: Primitive) -> list[tuple[Operator, tuple[Array | None, ...]]]:
    """Return the operator's cases, with integers instead of real numbers where the kernel takes none."""
    samples = primitive.op.samples()
    found = [sample.arrays(seed) for seed, sample in enumerate(samples)]
    real = all(arrays[0] is not None and arrays[0].dtype == np.float32 for arrays in found)
    if real and primitive.dtype in RANGE and primitive.op.NAME != "quantize":
        rng = np.random.default_rng(0)
        low, high = RANGE[primitive.dtype]
        element = ELEMENT[primitive.dtype]
        # what a sample gives as it is are indices
        found = [
            tuple(
                x
                if x is None
                else x.astype(np.int32)
                if x is given
                else rng.integers(low, high + 1, x.shape).astype(element)
                for x, given in zip(arrays, sample.inputs, strict=True)
            )
            for arrays, sample in zip(found, samples, strict=True)
        ]
    return [(sample.op, arrays) for sample, arrays in zip(samples, found, strict=True)]


def _cases(primitive: Primitive) -> list[Case]:
    layouts = ("nchw", "nhwc", "nchw8c") if primitive.layout == "any" else ("",)
    return [Case(op, arrays, -1, layout) for layout in layouts for op, arrays in _samples(primitive)]


def _with_places(primitive: Primitive, case: Case) -> list[Case]:
    """Return a case, and again for each input that the output may take over."""
    places = primitive.in_place_positions(len(case.inputs))
    outputs = case.op.reference(*case.inputs) if places else ()
    # The plan takes over only memory of the output's own size: an operand that repeats is smaller.
    whole = [place for place in places if case.inputs[place].nbytes == outputs[0].nbytes]
    return [case, *(replace(case, in_place=place) for place in whole)]


@pytest.mark.parametrize(("plugin", "primitive"), ALL)
def test_kernel_computes_what_the_operator_means(plugin: Plugin, primitive: Primitive) -> None:
    missing = primitive.library.missing(find("native")) if primitive.library else ""
    if missing:
        pytest.skip(missing)
    every = _cases(primitive)
    refusals = [_refusal(primitive, case) for case in every]
    accepted = [case for case, refusal in zip(every, refusals, strict=True) if not refusal]
    cases = [one for case in accepted for one in _with_places(primitive, case)]
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
