"""Kernels of cpu_vanilla run on inputs that no sample has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpdnn.primitives import discover
from lpdnn.toolchain.kernel_program import Case, run_cases

if TYPE_CHECKING:
    import numpy as np

    from lpdnn.ir import Operator

SANITIZE = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def vanilla(
    *cases: tuple[Operator, tuple[np.ndarray, ...]], flags: tuple[str, ...] = SANITIZE
) -> list[np.ndarray]:
    """Return the first output of the reference kernel for each operator, all of one kind, and its inputs."""
    plugin = next(plugin for plugin in discover() if plugin.name == "cpu_vanilla")
    (primitive,) = [p for p in plugin.primitives if isinstance(cases[0][0], p.op) and p.how == "ref"]
    results = run_cases(plugin, primitive, [Case(op, inputs) for op, inputs in cases], flags=flags)
    return [outputs[0] for outputs in results]
