"""Which C files a plan needs, and what each is compiled with."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lpdnn.ir import Operator, TensorType, Types
    from lpdnn.planning import Plan, Step
    from lpdnn.primitives import Primitive


@dataclass(frozen=True)
class KernelUnit:
    """A kernel's source; specialised ones have a symbol of their own and compile-time constants."""

    symbol: str
    source: Path
    plugin: str
    standard: str
    defines: tuple[str, ...]


def specialised(
    primitive: Primitive, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]
) -> tuple[str, tuple[str, ...]]:
    """Return the C symbol that computes a node, and the macros that its source is compiled with."""
    defines = primitive.defines(op, inputs, outputs)
    library = (f"LPDNN_LIBRARY={primitive.library.name}",) if primitive.library else ()
    over = (*library, *primitive.types)
    if not defines:
        return primitive.symbol, (f"LPDNN_KERNEL={primitive.symbol}", *over) if over else ()
    mark = hashlib.sha256(repr(sorted(defines.items())).encode()).hexdigest()[:8]
    symbol = f"{primitive.symbol}_{mark}"
    values = (f"{name}={value}" for name, value in sorted(defines.items()))
    return symbol, (f"LPDNN_KERNEL={symbol}", *over, *values)


def kernel_symbol(step: Step, plan: Plan) -> str:
    """Return the C symbol that a step calls."""
    graph, node = plan.graph, step.node
    return specialised(step.primitive, node.op, graph.input_types(node), graph.output_types(node))[0]


def kernel_units(plan: Plan) -> list[KernelUnit]:
    """Return the kernels of a plan, each once, by symbol."""
    units: dict[str, KernelUnit] = {}
    for step in plan.steps:
        graph, node = plan.graph, step.node
        symbol, defines = specialised(
            step.primitive, node.op, graph.input_types(node), graph.output_types(node)
        )
        source = step.plugin.kernels / f"{step.primitive.file}.c"
        units[symbol] = KernelUnit(symbol, source, step.plugin.name, step.plugin.c_standard, defines)
    return [units[symbol] for symbol in sorted(units)]


def included(sources: Iterable[Path], support: Path) -> list[Path]:
    """Return the headers of a plugin's support that sources include, and those that these include."""
    found: set[Path] = set()
    files = list(sources)
    while files:
        names = re.findall(r'^ *# *include "([^"]+)"', files.pop().read_text(), re.MULTILINE)
        new = {path for path in (support / name for name in names) if path.is_file()} - found
        found |= new
        files += new
    return sorted(found)
