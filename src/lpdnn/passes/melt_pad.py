"""Let a convolution pad by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.pad import Pad
from lpdnn.passes._sweep import Sweep

if TYPE_CHECKING:
    from lpdnn.ir import Graph


def melt_pad(graph: Graph) -> Graph:
    """Melt zeros around an image into the padding of the convolution that alone reads them."""
    sweep = Sweep(graph)
    for node in graph.nodes:
        feeder = sweep.feeder(node.inputs[0])
        border = feeder.op if feeder is not None else None
        if (
            feeder is None
            or not isinstance(node.op, Conv2d)
            or not isinstance(border, Pad)
            or border.value
            or any((*border.before[:2], *border.after[:2]))
            or any(value is not None and value not in graph.constants for value in node.inputs[1:])
        ):
            sweep.keep(node)
            continue
        more = (*border.before[2:], *border.after[2:])
        top, left, bottom, right = (a + b for a, b in zip(node.op.padding, more, strict=True))
        op = replace(node.op, padding=(top, left, bottom, right))
        sweep.melt(replace(feeder, name=node.name), node, op, (feeder.inputs[0], *node.inputs[1:]))
    return sweep.finish()
