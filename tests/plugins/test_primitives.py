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

from lpdnn.ir import TensorType
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
    plain = tuple(None if x is None else TensorType(x.shape) for x in case.inputs)
    images = [t for i, t in enumerate(plain) if t and case.op.input_name(i) not in case.op.PARAMETERS]
    if (case.layout or primitive.layout) not in {"nchw", "any"} and any(t.rank != 4 for t in images):
        return "not an image"
    if primitive.op.NAME == "convert" and (case.op.source, case.op.target) != (  # type: ignore[attr-defined]
        primitive.layout,
        primitive.out_layout,
    ):
        return "another conversion"
    inputs = primitive.in_types(plain, case.layout)
    return primitive.accepts(case.op, inputs, primitive.out_types(case.op, inputs), NATIVE)


def _cases(primitive: Primitive) -> list[Case]:
    cases = []
    for layout in ("nchw", "nhwc", "nchw8c") if primitive.layout == "any" else ("",):
        for seed, sample in enumerate(primitive.op.samples()):
            arrays = sample.arrays(seed)
            places = primitive.in_place_positions(len(arrays))
            outputs = sample.op.reference(*arrays) if places else ()
            # The plan takes over only memory of the output's own size: an operand that repeats is smaller.
            whole = [place for place in places if arrays[place].size == outputs[0].size]
            cases += [Case(sample.op, arrays, place, layout) for place in (-1, *whole)]
    return cases


def _drawn(primitive: Primitive) -> list[Case]:
    """Return drawn cases that a primitive accepts; in place where it can be, in turn with the layouts."""
    layouts = ("nchw", "nhwc", "nchw8c") if primitive.layout == "any" else ("",)
    every = []
    for seed, sample in enumerate(drawn(primitive.op)):
        arrays = sample.arrays(seed)
        places = [p for p in primitive.in_place_positions(len(arrays)) if arrays[p].shape == arrays[0].shape]
        every.append(
            Case(sample.op, arrays, (-1, *places)[seed % (1 + len(places))], layouts[seed % len(layouts)])
        )
    accepted = [case for case in every if not _refusal(primitive, case)]
    specialised = any(primitive.defines(*_types(primitive, case)) for case in accepted)
    return accepted[-(FEW if specialised and not primitive.library else MANY) :]  # the first are the simplest


def _types(primitive: Primitive, case: Case) -> tuple[Operator, Types, tuple[TensorType, ...]]:
    (node,) = (graph := case.graph(primitive)).nodes
    return case.op, graph.input_types(node), graph.output_types(node)


def _scale(case: Case, wanted: Array) -> float:
    """Return what errors are relative to: the largest result; of weighted sums, the largest without cancelling."""
    if case.op.NAME in {"conv2d", "fc"}:
        magnitudes = (None if x is None else np.abs(x) for x in case.inputs)
        (wanted,) = replace(case.op, activation=IDENTITY).reference(*magnitudes)  # type: ignore[type-var]
    return float(np.max(np.abs(wanted), initial=0.0)) or 1.0


@pytest.mark.parametrize(("plugin", "primitive"), ALL)
def test_kernel_computes_what_the_operator_means(plugin: Plugin, primitive: Primitive) -> None:
    missing = primitive.library.missing(find("native")) if primitive.library else ""
    if missing:
        pytest.skip(missing)
    every = _cases(primitive)
    refusals = [_refusal(primitive, case) for case in every]
    cases = [case for case, refusal in zip(every, refusals, strict=True) if not refusal]
    more = _drawn(primitive)
    if not cases and any(refusal.startswith("needs ") for refusal in refusals):
        pytest.skip(f"this computer lacks what the kernel {max(refusals)}")
    assert cases, "no sample of the operator is accepted: add one"
    assert more or primitive.op not in STRATEGIES, "no drawn case is accepted: let there be some"
    cases += more
    for case, outputs in zip(cases, run_cases(plugin, primitive, cases, flags=SANITIZE), strict=True):
        expected = case.op.reference(*case.inputs)
        for got, want in zip(outputs, expected, strict=True):
            assert got.shape == want.shape, case.op
            scale = float(np.max(np.abs(want), initial=0.0)) or 1.0
            error = float(np.max(np.abs(got.astype(np.float64) - want), initial=0.0)) / scale
            assert error <= (primitive.tolerance or case.op.TOLERANCE), (
                case.op,
                case.in_place,
                case.layout,
                error,
            )
