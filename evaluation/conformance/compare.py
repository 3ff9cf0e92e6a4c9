"""Whether results are those that a case expects."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.cases import array_of

RELATIVE = {"float16": 4e-3, "bfloat16": 4e-2}
"""Tolerance where the element type is coarser than the cases' own 1e-3: a few of its last places."""
SMALL = 1e-6
"""Largest error that passes whatever the element, relative to the largest value of the result."""


def difference(got: Any, want: Any, rtol: float, atol: float) -> str:
    """Return how a result differs from what is expected, or nothing."""
    if got.shape != want.shape:
        return f"shape {got.shape} instead of {want.shape}"
    kind = want.dtype.name
    a, b = got.astype(np.float64), want.astype(np.float64)
    if kind.startswith(("int", "uint", "bool")):
        wrong = int(np.sum(a != b))
        return f"{wrong} of {want.size} integers differ" if wrong else ""
    rtol = RELATIVE.get(kind, rtol)
    largest = float(np.max(np.abs(b[np.isfinite(b)]), initial=0.0))
    if np.allclose(a, b, rtol=rtol, atol=max(atol, SMALL * largest), equal_nan=True):
        return ""
    with np.errstate(all="ignore"):
        return f"off by {np.nanmax(np.abs(a - b)):.3g} where the largest value is {largest:.3g}"


def compared(case: Any, results: dict[str, Any]) -> str:
    """Return how the results of a case differ from what it expects, or nothing."""
    for value, expected in zip(case.model.graph.output, case.data_sets[0][1], strict=False):
        result = results[value.name]
        if case.model.graph.node[-1].op_type == "NonMaxSuppression":
            result = result[~(result == -1).all(axis=1)]  # there is room for the most rows there can be
        problem = difference(result, array_of(expected), case.rtol, case.atol)
        if problem:
            return f"{value.name}: {problem}"
    return ""
