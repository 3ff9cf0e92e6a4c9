"""Elements in other places: shapes, slices, copies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import tflite

from lpdnn.frontends._values import MOST
from lpdnn.frontends.tflite.context import MOVING, common_order, converts
from lpdnn.ops.concat import Concat
from lpdnn.ops.gather import Gather
from lpdnn.ops.pad import Pad
from lpdnn.ops.slice import Slice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.frontends.tflite.context import Context
    from lpdnn.frontends.tflite.orders import Order


@converts("SHAPE")
def shape(context: Context) -> None:
    """The shape is known."""
    context.give_known(np.array(context.shape()))


@converts("RANK")
def rank(context: Context) -> None:
    """The number of axes is known."""
    context.give_known(np.array(len(context.shape())))


def reshape_to(context: Context, wanted: Sequence[int]) -> None:
    """Give the first operand in another shape; where only axes of extent 1 come or go, in its own order."""
    extents = context.shape()
    if [n for n in extents if n != 1] != [n for n in wanted if n != 1]:
        context.give(context.reshaped(context.plain(0), wanted))
        return
    value, order = context.any_form(0)
    value, order = context.squeezed(value, order, [i for i, n in enumerate(extents) if n == 1])
    context.give(*context.unsqueezed(value, order, [i for i, n in enumerate(wanted) if n == 1]))


@converts("RESHAPE", group=MOVING)
def reshape(context: Context) -> None:
    """In another shape; -1 takes what is left."""
    if context.known(1) is not None or (context.has(1) and not context.operator.BuiltinOptionsType()):
        wanted = list(context.ints(1, "the shape"))
    else:
        options = context.options(tflite.ReshapeOptions)
        wanted = [options.NewShape(i) for i in range(options.NewShapeLength())]
    if wanted.count(-1) > 1 or min(wanted, default=1) < -1 or 0 in wanted:
        context.unsupported(f"the shape {wanted} is empty, or leaves more than one extent open")
    if -1 in wanted:
        rest = math.prod(extent for extent in wanted if extent != -1)
        wanted[wanted.index(-1)] = math.prod(context.shape()) // rest
    reshape_to(context, wanted)


@converts("SQUEEZE", group=MOVING)
def squeeze(context: Context) -> None:
    """Without axes of extent 1."""
    options = context.options(tflite.SqueezeOptions)
    extents = context.shape()
    axes = [context.axis(options.SqueezeDims(i)) for i in range(options.SqueezeDimsLength())]
    axes = axes or [i for i, n in enumerate(extents) if n == 1]
    if any(extents[axis] != 1 for axis in axes):
        context.unsupported(f"axes {axes} of {extents} are not all of extent 1")
    reshape_to(context, [n for i, n in enumerate(extents) if i not in axes])


@converts("EXPAND_DIMS", group=MOVING)
def expand_dims(context: Context) -> None:
    """With one more axis of extent 1."""
    extents = list(context.shape())
    extents.insert(context.axis(context.ints(1, "the axis")[0], len(extents) + 1), 1)
    reshape_to(context, extents)


@converts("TRANSPOSE", group=MOVING)
def transpose(context: Context) -> None:
    """Axes in another order."""
    turn = context.ints(1, "the order")
    if sorted(turn) != list(range(len(context.shape()))):
        context.unsupported(f"the order {turn} does not name each axis once")
    value, order = context.any_form(0)
    # Axis i of the result is axis turn[i] of x, which lies at order.index(turn[i]).
    context.give(value, tuple(turn.index(axis) for axis in order))


@converts("CONCATENATION")
def concatenation(context: Context) -> None:
    """One behind the other."""
    options = context.options(tflite.ConcatenationOptions)
    axis = context.axis(options.Axis())
    values = [context.operand(i) for i in range(len(context.operands))]
    parts = [value for value in values if 0 not in value.shape]
    order = common_order(parts)
    y = context.step("join", Concat(order.index(axis)), *(context.form(value, order) for value in parts))
    context.finish(y, order, options.FusedActivationFunction())


@converts("PACK", group=MOVING)
def pack(context: Context) -> None:
    """One behind the other, along a new axis."""
    axis = context.axis(context.options(tflite.PackOptions).Axis(), len(context.shape()) + 1)
    order = common_order(context.operands)
    parts = []
    for value in context.operands:
        assert value is not None
        part, wider = context.unsqueezed(context.form(value, order), order, (axis,))
        parts.append(part)
    context.emit(Concat(wider.index(axis)), *parts, order=wider)


def part(context: Context, axis: int, begin: int, count: int) -> tuple[str, Order]:
    """Return a part of the first operand along an axis."""
    value, order = context.any_form(0)
    extents = context.extents(value)
    place = order.index(axis)
    first = tuple(begin if i == place else 0 for i in range(len(order)))
    box = tuple(count if i == place else n for i, n in enumerate(extents))
    return (value if box == extents else context.step("part", Slice(first, box), value)), order


@converts("UNPACK", group=MOVING)
def unpack(context: Context) -> None:
    """The slices along an axis, without it."""
    options = context.options(tflite.UnpackOptions)
    axis = context.axis(options.Axis())
    if len(context.outputs) != context.shape()[axis]:
        context.unsupported(f"{len(context.outputs)} results of {context.shape()[axis]} slices")
    for index in range(len(context.outputs)):
        value, order = part(context, axis, index, 1)
        context.give(*context.squeezed(value, order, (axis,)), index)


def _split(context: Context, axis: int, sizes: Sequence[int]) -> None:
    if len(sizes) != len(context.outputs) or sum(sizes) != context.shape()[axis] or min(sizes) < 1:
        context.unsupported(f"sizes {tuple(sizes)} do not part {context.shape()[axis]}")
    begin = 0
    for index, size in enumerate(sizes):
        context.give(*part(context, axis, begin, size), index)
        begin += size


@converts("SPLIT", group=MOVING)
def split(context: Context) -> None:
    """Equal parts along an axis."""
    (axis,) = context.ints(0, "the axis")
    context.operands = context.operands[1:]
    axis, count = context.axis(axis), len(context.outputs)
    _split(context, axis, [context.shape()[axis] // count] * count)


@converts("SPLIT_V", group=MOVING)
def split_v(context: Context) -> None:
    """Parts of given sizes along an axis."""
    axis, sizes = context.axis(context.ints(2, "the axis")[0]), list(context.ints(1, "the sizes"))
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = context.shape()[axis] - sum(sizes) - 1
    _split(context, axis, sizes)


def _sliced(context: Context, begin: Sequence[int], box: Sequence[int], step: Sequence[int]) -> None:
    """Give a box of the first operand, all in the model's order of axes."""
    value, order = context.any_form(0)
    if min(box, default=1) < 1:
        context.unsupported("its result is empty")
    first, extents, apart = (tuple(numbers[axis] for axis in order) for numbers in (begin, box, step))
    if extents == context.extents(value) and set(apart) <= {1}:
        context.give(value, order)
        return
    context.emit(Slice(first, extents, () if set(apart) <= {1} else apart), value, order=order)


@converts("SLICE", group=MOVING)
def slice_(context: Context) -> None:
    """A box; a size of -1 takes all that is left."""
    begin, size = context.ints(1, "the begin"), context.ints(2, "the size")
    left = [n - b for n, b in zip(context.shape(), begin, strict=True)]
    box = [rest if n == -1 else n for n, rest in zip(size, left, strict=True)]
    _sliced(context, begin, box, (1,) * len(box))


@converts("STRIDED_SLICE", group=MOVING)
def strided_slice(context: Context) -> None:
    """A box with steps; axes may be dropped, or come new."""
    options = context.options(tflite.StridedSliceOptions)
    begins, ends, steps = (context.ints(i, what) for i, what in ((1, "begin"), (2, "end"), (3, "strides")))
    extents, count = context.shape(), len(begins)

    def marked(mask: int) -> set[int]:
        return {i for i in range(count) if mask >> i & 1}

    dots = marked(options.EllipsisMask())
    fresh, gone = (marked(mask) - dots for mask in (options.NewAxisMask(), options.ShrinkAxisMask()))
    rest = len(extents) - (count - len(dots) - len(fresh))
    if rest < 0 or len(dots) > 1:
        context.unsupported(f"it slices {len(extents) - rest} axes of {len(extents)}")
    # One entry for each axis of x, and for each new one: which place of begin, end and strides it has.
    first: list[int] = []
    box: list[int] = []
    apart: list[int] = []
    wanted: list[int] = []
    whole = [None] * rest
    entries = [e for i in range(count) for e in (whole if i in dots else [i])]
    entries += [] if dots else whole
    for entry in entries:
        if entry in fresh:
            wanted.append(1)
            continue
        extent = extents[len(first)]
        places = range(extent)
        if entry is not None:
            begin = None if options.BeginMask() >> entry & 1 else begins[entry]
            end = None if options.EndMask() >> entry & 1 else ends[entry]
            places = range(*slice(begin, end, steps[entry]).indices(extent))
            if entry in gone:
                begin = begins[entry] % extent if -extent <= begins[entry] < extent else extent
                places = range(begin, min(begin + 1, extent))
        if not places:
            context.unsupported("its result is empty, or beyond the tensor")
        first.append(places[0])
        box.append(len(places))
        apart.append(places.step if len(places) > 1 else 1)
        wanted += [] if entry in gone else [len(places)]
    _sliced(context, first, box, apart)
    if wanted != box:
        context.operands = (context.results.pop(0), *context.operands[1:])
        reshape_to(context, wanted)


def _pads(context: Context) -> tuple[list[int], list[int]]:
    pads = context.array(1, "the padding").reshape(-1, 2)
    if len(pads) != len(context.shape()) or (pads < 0).any() or pads.max(initial=0) > MOST:
        context.unsupported(f"the padding {pads.tolist()} does not fit")
    return [int(p) for p in pads[:, 0]], [int(p) for p in pads[:, 1]]


@converts("PAD", "PADV2", group=MOVING)
def pad(context: Context) -> None:
    """A border of one value."""
    before, after = _pads(context)
    value = float(context.operand(0).zero if context.integers else 0.0)
    if context.has(2):
        value = float(context.array(2, "the value").ravel()[0])
    x, order = context.any_form(0)
    op = Pad(tuple(before[a] for a in order), tuple(after[a] for a in order), value)
    context.emit(op, x, order=order)


@converts("MIRROR_PAD", group=MOVING)
def mirror_pad(context: Context) -> None:
    """A border of what is near it, with the border itself or without."""
    whole = context.options(tflite.MirrorPadOptions).Mode() == tflite.MirrorPadMode.SYMMETRIC
    before, after = _pads(context)
    x, order = context.any_form(0)
    for axis, extent in enumerate(context.shape()):
        if before[axis] or after[axis]:
            if max(before[axis], after[axis]) > extent - (0 if whole else 1):
                context.unsupported(f"a border of {before[axis]}+{after[axis]} around {extent} elements")
            mode = "symmetric" if whole else "reflect"
            places = np.pad(np.arange(extent), (before[axis], after[axis]), mode=mode)  # type: ignore[call-overload]
            x = context.step("border", Gather(order.index(axis)), x, context.indices(places))
    context.give(x, order)


@converts("REVERSE_V2", group=MOVING)
def reverse(context: Context) -> None:
    """Axes backwards."""
    axes = {context.axis(axis) for axis in context.ints(1, "the axes")}
    extents = context.shape()
    begin = [n - 1 if i in axes else 0 for i, n in enumerate(extents)]
    _sliced(context, begin, extents, [-1 if i in axes else 1 for i in range(len(extents))])
