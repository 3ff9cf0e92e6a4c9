"""Which C files a plan needs, and what each is compiled with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.planning import Plan, Step


@dataclass(frozen=True)
class KernelUnit:
    """A kernel's source; specialised ones have a symbol of their own and compile-time constants."""

    symbol: str
    source: Path
    plugin: str
    standard: str
    defines: tuple[str, ...]


def _defines(step: Step, plan: Plan) -> dict[str, int]:
    graph = plan.graph
    return step.primitive.defines(step.node.op, graph.input_types(step.node), graph.output_types(step.node))


def kernel_symbol(step: Step, plan: Plan) -> str:
    """Return the C symbol that a step calls."""
    defines = _defines(step, plan)
    if not defines:
        return step.primitive.symbol
    mark = hashlib.sha256(repr(sorted(defines.items())).encode()).hexdigest()[:8]
    return f"{step.primitive.symbol}_{mark}"


def kernel_units(plan: Plan) -> list[KernelUnit]:
    """Return the kernels of a plan, each once, by symbol."""
    units: dict[str, KernelUnit] = {}
    for step in plan.steps:
        symbol = kernel_symbol(step, plan)
        defines = _defines(step, plan)
        flags = (
            (f"LPDNN_KERNEL={symbol}", *(f"{k}={v}" for k, v in sorted(defines.items()))) if defines else ()
        )
        source = step.plugin.kernels / f"{step.primitive.file}.c"
        units[symbol] = KernelUnit(symbol, source, step.plugin.name, step.plugin.c_standard, flags)
    return [units[symbol] for symbol in sorted(units)]
