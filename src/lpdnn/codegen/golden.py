"""A bundle's own test: an input that C and Python make alike, and what the network must answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.codegen.spec import headers, real
from lpdnn.interpreter import interpret
from lpdnn.ir import ELEMENT, RANGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpdnn.ir import Array, Graph, TensorType

LIMIT = 2048
"""Elements of an output that are compared at most, evenly spread."""
TOLERANCE = 1e-4
"""Largest error that passes, relative to the largest value."""


def golden_input(count: int, seed: int) -> Array:
    """Return `count` floats in [-1, 1), the top 24 bits of what `_states` returns."""
    return (
        (_states(count, seed) >> np.uint64(8)).astype(np.float32) / np.float32(2**23) - np.float32(1)
    ).astype(np.float32)


def golden_integers(count: int, seed: int, dtype: str) -> Array:
    """Return `count` integers of all that a type holds: the top bits of what `_states` returns."""
    low, high = RANGE[dtype]
    states = _states(count, seed).astype(np.int64)
    return (states // (2**32 // (high - low + 1)) + low).astype(ELEMENT[dtype])


def _states(count: int, seed: int) -> Array:
    """Return what the generator x -> 1664525 x + 1013904223 modulo 2^32 (Numerical Recipes) gives from a seed."""
    multiplier, increment, modulus = 1664525, 1013904223, 2**32
    # x_n = a^n x_0 + b_n: powers and sums by doubling, so that large inputs take no Python loop.
    power = np.ones(1, np.uint64)
    offset = np.zeros(1, np.uint64)
    a, b = multiplier, increment
    while power.size < count + 1:
        power = np.concatenate([power, power * np.uint64(a) % np.uint64(modulus)])
        offset = np.concatenate([offset, (offset * np.uint64(a) + np.uint64(b)) % np.uint64(modulus)])
        a, b = a * a % modulus, (a * b + b) % modulus
    state = (power * np.uint64(seed) + offset) % np.uint64(modulus)
    return state[1 : count + 1]


def golden_inputs(graph: Graph) -> dict[str, Array]:
    """Return the test's inputs by name."""
    return {name: made_input(graph.types[name], i + 1) for i, name in enumerate(graph.inputs)}


def made_input(tensor: TensorType, seed: int) -> Array:
    """Return values for an input that C makes alike from the same seed."""
    flat = (
        golden_integers(tensor.count, seed, tensor.dtype)
        if tensor.dtype in RANGE
        else golden_input(tensor.count, seed)
    )
    return flat.reshape(tensor.shape)


def golden_source(graph: Graph, expected: Mapping[str, Array] | None = None) -> str:
    """Return golden_data.c: what each output must be for the inputs of golden.c."""
    answers = interpret(graph, golden_inputs(graph)) if expected is None else expected
    lines = [
        "/* What the network answers to the inputs that golden.c makes: computed by LPDNN's interpreter. */",
        '#include "golden.h"',
        "",
    ]
    rows = []
    for i, name in enumerate(graph.outputs):
        flat = answers[name].ravel()
        stride = max(-(-flat.size // LIMIT), 1)
        whole = flat.dtype.kind in "iu"
        values = [str(v) if whole else real(v) for v in flat[::stride].tolist()]
        values = values or ["0"]  # C89 has no arrays without elements
        text = ",\n".join(", ".join(values[j : j + 8]) for j in range(0, len(values), 8))
        ctype = "lpdnn_s32" if whole else "float"
        lines.append(f"static const {ctype} output_{i}[{len(values)}] = {{\n{text}\n}};")
        sizes = np.abs(flat.astype(np.float64))
        largest = real(float(np.max(sizes[np.isfinite(sizes)], initial=0.0)))
        tables = f"0, output_{i}" if whole else f"output_{i}, 0"
        rows.append(f"    {{{tables}, {flat.size}, {stride}, {largest}}}")
    lines.append("const golden_output golden_outputs[] = {\n" + ",\n".join(rows) + "\n};")
    lines.append(f"const float golden_tolerance = {real(TOLERANCE)};")
    lines[2:2] = headers(lines)
    return "\n".join(lines) + "\n"
