"""Every primitive against the reference semantics, under ASan and UBSan: its operator's samples, and drawn ones.

Drawn are cases of the operators that several plugins implement. $LPDNN_DRAWN is how many of them each kernel
gets, instead of a few.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lpdnn.ir import ELEMENT, RANGE, LpdnnError, TensorType
from lpdnn.ops.activation import IDENTITY
from lpdnn.primitives import Plugin, Primitive, discover
from lpdnn.targets import find
from lpdnn.toolchain.kernel_program import Case, run_cases
from plugins.drawn import STRATEGIES, drawn

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, Types

NATIVE = find("native")
SANITIZE = (*NATIVE.flags, "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
DRAWN = int(os.environ.get("LPDNN_DRAWN", "0"))
MANY, FEW = DRAWN or 24, DRAWN or 3
"""Drawn cases of a kernel that is compiled once, and of one that is compiled for each shape."""
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
    if primitive.ignores(plain):
        return primitive.ignores(plain)
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
    """Return a case, again with pixels apart where it can write so, and for each input that it may take over."""
    outputs = case.op.reference(*case.inputs)
    apart = [replace(case, apart=5)] if primitive.apart else []
    places = _places(primitive, case.inputs, outputs[0])
    return [case, *apart, *(replace(case, in_place=place) for place in places)]


def _places(primitive: Primitive, inputs: tuple[Array | None, ...], output: Array) -> list[int]:
    """Return the positions of inputs that the output may take over: of its own size, none that repeats."""
    places = primitive.in_place_positions(len(inputs))
    return [p for p in places if (x := inputs[p]) is not None and x.nbytes == output.nbytes]


def _drawn(primitive: Primitive) -> list[Case]:
    """Return drawn cases that a primitive accepts; in place where it can be, in turn with the layouts."""
    if primitive.dtype != "f32":
        return []
    layouts = ("nchw", "nhwc", "nchw8c") if primitive.layout == "any" else ("",)
    every = []
    for seed, sample in enumerate(drawn(primitive.op)):
        arrays = sample.arrays(seed)
        places = _places(primitive, arrays, sample.op.reference(*arrays)[0])
        every.append(
            Case(sample.op, arrays, (-1, *places)[seed % (1 + len(places))], layouts[seed % len(layouts)])
        )
    accepted = [case for case in every if not _refusal(primitive, case)]
    specialised = any(primitive.defines(*_types(primitive, case)) for case in accepted)
    return accepted[-(FEW if specialised and not primitive.library else MANY) :]  # the first are the simplest


def _types(primitive: Primitive, case: Case) -> tuple[Operator, Types, tuple[TensorType, ...]]:
    (node,) = (graph := case.graph(primitive)).nodes
    return case.op, graph.input_types(node), graph.output_types(node)


def _largest(wanted: Array) -> float:
    return float(np.max(np.abs(wanted[np.isfinite(wanted)]), initial=0.0)) or 1.0


def _error(got: Array, wanted: Array) -> float:
    """Return the largest difference; infinities of one sign do not differ, nor do NaN and NaN."""
    same = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
    return float(np.max(np.abs(got[~same].astype(np.float64) - wanted[~same]), initial=0.0))


def _scale(case: Case, wanted: Array) -> float:
    """Return what errors of a drawn case are relative to: the largest result, before a sum of few terms cancels."""
    if case.op.NAME in {"conv2d", "fc"}:
        magnitudes = (None if x is None else np.abs(x) for x in case.inputs)
        (wanted,) = replace(case.op, activation=IDENTITY).reference(*magnitudes)  # type: ignore[type-var]
    return _largest(wanted)


@pytest.mark.parametrize(("plugin", "primitive"), ALL)
def test_kernel_computes_what_the_operator_means(plugin: Plugin, primitive: Primitive) -> None:
    missing = primitive.library.missing(find("native")) if primitive.library else ""
    if missing:
        pytest.skip(missing)
    every = _cases(primitive)
    refusals = [_refusal(primitive, case) for case in every]
    accepted = [case for case, refusal in zip(every, refusals, strict=True) if not refusal]
    cases = [one for case in accepted for one in _with_places(primitive, case)]
    more = _drawn(primitive)
    lacking = {refusal for refusal in refusals if refusal.startswith("needs ")}
    if not cases and lacking:
        pytest.skip(f"this computer lacks what the kernel {min(lacking)}")
    assert cases, "no sample of the operator is accepted: add one"
    assert more or primitive.op not in STRATEGIES or primitive.dtype != "f32", (
        "no drawn case is accepted: let there be some"
    )
    cases += more
    random = set(map(id, more))
    for case, outputs in zip(cases, run_cases(plugin, primitive, cases, flags=SANITIZE), strict=True):
        expected = case.op.reference(*case.inputs)
        for got, want in zip(outputs, expected, strict=True):
            assert (got.shape, got.dtype) == (want.shape, want.dtype), case.op
            scale = _scale(case, want) if id(case) in random else _largest(want)
            error = _error(got, want) / scale
            assert error <= (primitive.tolerance or case.op.TOLERANCE), (
                case.op,
                case.in_place,
                case.layout,
                error,
            )
