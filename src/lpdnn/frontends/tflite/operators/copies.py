"""Elements picked by index, and repeated."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import tflite

from lpdnn.frontends._values import MOST
from lpdnn.frontends.tflite.context import MOVING, converts
from lpdnn.frontends.tflite.operators.shapes import part
from lpdnn.ops.binary import Binary
from lpdnn.ops.expand import Expand
from lpdnn.ops.gather import Gather
from lpdnn.ops.power import Power
from lpdnn.ops.reduce import Reduce

if TYPE_CHECKING:
    from lpdnn.frontends.tflite.context import Context


@converts("GATHER", group=MOVING)
def gather(context: Context) -> None:
    """Slices by index."""
    options = context.options(tflite.GatherOptions)
    if options.BatchDims():
        context.unsupported("batch_dims")
    axis = context.axis(options.Axis())
    index, extents = context.known(1), context.shape()
    if index is not None and index.size and not (index.min() >= 0 and index.max() < extents[axis]):
        context.unsupported(f"its indices reach beyond the {extents[axis]} elements of axis {axis}")
    if index is not None and index.ndim == 0:
        value, order = part(context, axis, int(index), 1)
        context.give(*context.squeezed(value, order, (axis,)))
    elif index is not None and index.ndim == 1:
        value, order = context.any_form(0)
        context.emit(Gather(order.index(axis)), value, context.indices(index), order=order)
    else:
        places = context.plain(1) if index is None else context.indices(index)
        context.emit(Gather(axis), context.plain(0), places)


@converts("GATHER_ND")
def gather_nd(context: Context) -> None:
    """Tuples of indices become one index into the axes they count."""
    extents, index = context.shape(), context.shape(1)
    count = index[-1] if index else 0
    if not 1 <= count <= len(extents):
        context.unsupported(f"tuples of {count} indices into {len(extents)} axes")
    steps = np.array([math.prod(extents[i + 1 : count]) for i in range(count)])
    known = context.known(1)
    if known is not None:
        if (known < 0).any() or (known >= np.array(extents[:count])).any():
            context.unsupported("its indices reach beyond the tensor")
        places = context.constant((known * steps).sum(axis=-1))
    else:
        weighed = context.step("weighed", Binary("mul"), context.plain(1), context.constant(steps))
        places = context.step("places", Reduce("sum", (len(index) - 1,), keep=False), weighed)
    rows = context.reshaped(context.plain(0), (math.prod(extents[:count]), *extents[count:]))
    context.emit(Gather(0), rows, places)


@converts("TILE", group=MOVING)
def tile(context: Context) -> None:
    """Repeated whole along each axis."""
    extents, repeats = context.shape(), context.ints(1, "the repeats")
    if len(repeats) != len(extents) or min(repeats, default=1) < 1:
        context.unsupported(f"repeats {repeats} do not fit the {len(extents)} axes, or leave nothing")
    parted = [n for extent in extents for n in (1, extent)]
    stretched = [n for pair in zip(repeats, extents, strict=True) for n in pair]
    value = context.step("expand", Expand(tuple(stretched)), context.reshaped(context.plain(0), parted))
    context.give(context.reshaped(value, [r * n for r, n in zip(repeats, extents, strict=True)]))


@converts("BROADCAST_TO", group=MOVING)
def broadcast_to(context: Context) -> None:
    """Repeated to a shape that stretches."""
    wanted = context.ints(1, "the shape")
    if not wanted or min(wanted) < 1:
        context.unsupported(f"its result has shape {wanted}")
    context.emit(Expand(wanted), context.stretched(0, len(wanted), tuple(range(len(wanted)))))


@converts("FILL")
def fill(context: Context) -> None:
    """One value in a known shape."""
    wanted = context.ints(0, "the shape")
    if min(wanted, default=1) < 0 or math.prod(wanted) > MOST:
        context.unsupported(f"its result has shape {wanted}")
    value = context.known(1)
    if value is not None:
        context.give_known(np.full(wanted, value.ravel()[0]))
    else:
        context.emit(Expand(wanted), context.plain(1))


@converts("RANGE")
def range_(context: Context) -> None:
    """Only between known limits."""
    start, limit, step = (
        context.array(i, what).ravel()[0].item()
        for i, what in enumerate(("the start", "the limit", "the step"))
    )
    if not step or (limit - start) / step > MOST:
        context.unsupported(f"a range from {start} to {limit} in steps of {step}")
    context.give_known(np.arange(start, limit, step))


@converts("ONE_HOT")
def one_hot(context: Context) -> None:
    """One value at an index, another elsewhere."""
    (depth,) = context.ints(1, "the depth")
    on, off = (
        float(context.array(i, what).ravel()[0]) for i, what in ((2, "the value"), (3, "the other value"))
    )
    extents = list(context.shape())
    axis = context.axis(context.options(tflite.OneHotOptions).Axis(), len(extents) + 1)
    if not 0 < depth <= MOST:
        context.unsupported(f"its depth is {depth}")
    extents.insert(axis, 1)
    index = context.reshaped(context.plain(0), extents)
    places = context.constant(np.arange(depth).reshape([-1 if i == axis else 1 for i in range(len(extents))]))
    hit = context.step("hit", Binary("equal"), index, places)
    context.emit(Power(1.0, on - off, off), hit)
