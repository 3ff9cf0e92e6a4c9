"""How a node's sums become its value: bounds, tables, one last change of format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops.qlut import QLut
from lpdnn.quantization.lowering import Held, Lowering, StaysRealError
from lpdnn.quantization.stored import STEP, Stored

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.ir import Array, Node
    from lpdnn.ops.activation import ActivationFunction


def finish(
    lowering: Lowering,
    node: Node,
    function: ActivationFunction,
    make: Callable[[Stored, bool], Held],
    *,
    wide: bool,
) -> None:
    """Make a node's value: `make` computes all but the function, as it is stored, as the last step or not.

    A function that only cuts is the bounds of the result; any other is a table, which reads 16 bits. What is
    computed with 16 bits and stored in 8 has the same steps on the way.
    """
    target = lowering.stored(node.outputs[0])
    cut = target.clamped(function)
    if cut is None:
        look_up(lowering, node, make(target.before(function), False), function)  # noqa: FBT003
    elif wide and cut.dtype == "s8":
        lowering.converted_to(make(cut.wide, False), cut, node)  # noqa: FBT003
    else:
        make(cut, True)  # noqa: FBT003


def look_up(lowering: Lowering, node: Node, x: Held, function: Callable[[Array], Array]) -> None:
    """Make a node's value: a function of x, by its table."""
    target = lowering.stored(node.outputs[0])
    if x.stored.dtype == target.dtype == "s8":
        points, inner = np.arange(-128, 128), target
    else:
        x = lowering.converted_to(x, x.stored.spread)
        points, inner = np.arange(-(2**15), 2**15 + 1, STEP), target
        if target.dtype == "s8":
            inner = target.spread
    with np.errstate(all="ignore"):
        reals = function((points - x.stored.zero) * x.stored.scale)
    table = lowering.constant(
        f"{node.name}/table", inner.integers(np.nan_to_num(reals, posinf=3e38, neginf=-3e38))
    )
    made = lowering.emit(node, QLut(), (x.value, table), inner, last=inner == target)
    if inner != target:
        lowering.converted_to(made, target, node)


def values(lowering: Lowering, value: str | None) -> Array | None:
    """Return a constant in float64."""
    if value is None:
        return None
    if value not in lowering.graph.constants:
        message = f"{value!r} is computed by the network"
        raise StaysRealError(message)
    return lowering.graph.constants[value].astype(np.float64)
