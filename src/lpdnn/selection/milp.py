"""The same problem as an integer program for HiGHS: the oracle that the solver is tested against.

x says which alternative a site picks, y in which layouts a value is held, z which conversions are made, and o
puts a value's layouts in an order, so that no ring of conversions feeds itself.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lpdnn.ir import LpdnnError
from lpdnn.selection.problem import NCHW

if TYPE_CHECKING:
    from lpdnn.selection.problem import Picks, Problem, Value

PRECISION = 1e6
"""What the objective is scaled to, since HiGHS stops at an absolute gap of 1e-6."""


@dataclass
class _Program:
    """Columns with their costs and kinds, and rows lower <= terms <= upper."""

    costs: list[float] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    rows: list[tuple[dict[int, float], float, float]] = field(default_factory=list)

    def column(self, cost: float = 0.0, upper: float = 1.0, *, whole: bool = True) -> int:
        self.costs.append(cost)
        self.whole.append(int(whole))
        self.upper.append(upper)
        return len(self.costs) - 1

    def row(self, terms: dict[int, float], lower: float = -np.inf, upper: float = np.inf) -> None:
        self.rows.append((terms, lower, upper))


def _value(program: _Program, problem: Problem, value: Value, x: list[list[int]]) -> None:
    """Add a value: each reader's layout is held, and what is held was made or converted from what is held."""
    layouts = range(len(value.direct))
    y = [program.column() for _ in layouts]
    order = [program.column(upper=len(layouts) - 1, whole=False) for _ in layouts]
    into: list[dict[int, float]] = [{y[layout]: -1.0} for layout in layouts]
    for source in layouts:
        for target in layouts:
            if source == target or not np.isfinite(value.direct[source, target]):
                continue
            z = program.column(float(value.direct[source, target]))
            into[target][z] = 1.0
            program.row({y[source]: 1.0, z: -1.0}, lower=0.0)
            span = len(layouts)
            program.row({order[target]: 1.0, order[source]: -1.0, z: -span}, lower=1.0 - span)
    for layout in layouts:
        made = float(value.producer is None and layout == NCHW)
        if value.producer is not None:
            for column, alternative in zip(
                x[value.producer], problem.sites[value.producer].alternatives, strict=True
            ):
                if alternative.writes == layout:
                    into[layout][column] = 1.0
        program.row(into[layout], lower=-made)
        for reader in value.readers:
            reads = {
                column: -1.0
                for column, alternative in zip(x[reader], problem.sites[reader].alternatives, strict=True)
                if alternative.reads == layout
            }
            program.row({y[layout]: 1.0, **reads}, lower=0.0)
    if value.kept:
        program.row({y[NCHW]: 1.0}, lower=1.0)


def _solver() -> tuple[Any, Any]:
    try:
        return importlib.import_module("scipy.optimize"), importlib.import_module("scipy.sparse")
    except ImportError as error:
        message = "the integer program needs SciPy, which is not installed: pip install 'lpdnn[select]'"
        raise LpdnnError(message) from error


def milp(problem: Problem) -> Picks:
    """Return the picks that HiGHS proves best; LpdnnError where there are none, or SciPy is missing."""
    optimize, sparse = _solver()
    program = _Program()
    x = [[program.column(a.cost if np.isfinite(a.cost) else 0.0, 1.0 if np.isfinite(a.cost) else 0.0)
          for a in site.alternatives] for site in problem.sites]  # fmt: skip
    for columns in x:
        program.row(dict.fromkeys(columns, 1.0), 1.0, 1.0)
    for value in problem.values:
        _value(program, problem, value, x)
    costs = np.array(program.costs)
    scale = PRECISION / max(float(sum(costs[columns].max() for columns in x)), np.finfo(float).tiny)
    entries = [(r, c, v) for r, (terms, _, _) in enumerate(program.rows) for c, v in terms.items()]
    at_row, at_column, factors = (np.array(part) for part in zip(*entries, strict=True))
    matrix = sparse.csr_array((factors, (at_row, at_column)), shape=(len(program.rows), len(costs)))
    limits = optimize.LinearConstraint(
        matrix, [lower for _, lower, _ in program.rows], [upper for _, _, upper in program.rows]
    )
    result = optimize.milp(
        costs * scale,
        integrality=program.whole,
        bounds=optimize.Bounds(0, program.upper),
        constraints=limits,
        options={"mip_rel_gap": 0.0},
    )
    if result.status != 0:
        message = f"the integer program has no proven answer: {result.message}"
        raise LpdnnError(message)
    return tuple(int(np.argmax(result.x[columns])) for columns in x)
