"""Elements in other places: shapes, slices, copies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.frontends.onnx.context import converts
from lpdnn.ops.concat import Concat
from lpdnn.ops.expand import Expand
from lpdnn.ops.gather import Gather
from lpdnn.ops.pad import Pad
from lpdnn.ops.permute import Permute
from lpdnn.ops.reshape import Reshape
from lpdnn.ops.slice import Slice
from lpdnn.ops.where import Where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.frontends.onnx.context import Context


@converts("Shape")
def shape(context: Context) -> None:
    """The shape is known."""
    extents = np.array(context.shape(), np.int64)
    context.give_known(extents[context.attr("start", 0) : context.attributes.get("end")])


@converts("Size")
def size(context: Context) -> None:
    """The number of elements is known."""
    context.give_known(np.array(math.prod(context.shape()), np.int64))


def _reshape(context: Context, wanted: Sequence[int]) -> None:
    context.emit(Reshape(tuple(int(extent) for extent in wanted)), context.value(0))


@converts("Reshape")
def reshape(context: Context) -> None:
    """0 keeps an axis, -1 takes what is left."""
    wanted = list(context.ints("shape", 1) or ())
    extents = context.shape()
    if not context.attr("allowzero", 0):
        wanted = [extents[i] if n == 0 and i < len(extents) else n for i, n in enumerate(wanted)]
    if wanted.count(-1) > 1 or min(wanted, default=1) < -1 or 0 in wanted:
        context.unsupported(
            f"the shape {'x'.join(map(str, wanted))} is empty, or leaves more than one extent open"
        )
    if -1 in wanted:
        rest = math.prod(extent for extent in wanted if extent != -1)
        wanted[wanted.index(-1)] = math.prod(extents) // rest
    _reshape(context, wanted)


@converts("Flatten")
def flatten(context: Context) -> None:
    """Two axes: those before one, and the rest."""
    extents = context.shape()
    axis = context.attr("axis", 1)
    axis = axis + len(extents) if axis < 0 else axis
    _reshape(context, (math.prod(extents[:axis]), math.prod(extents[axis:])))


@converts("Squeeze")
def squeeze(context: Context) -> None:
    """Without axes of extent 1."""
    extents = context.shape()
    axes = context.ints("axes", 1)
    dropped = [i for i, n in enumerate(extents) if n == 1] if axes is None else context.axes(axes)
    if any(extents[axis] != 1 for axis in dropped):
        context.unsupported(f"axes {dropped} of {extents} are not all of extent 1")
    _reshape(context, [n for i, n in enumerate(extents) if i not in dropped])


@converts("Unsqueeze")
def unsqueeze(context: Context) -> None:
    """With more axes of extent 1."""
    extents = list(context.shape())
    given = context.ints("axes", 1) or ()
    for axis in context.axes(given, len(extents) + len(given)):
        extents.insert(axis, 1)
    _reshape(context, extents)


@converts("Transpose")
def transpose(context: Context) -> None:
    """Axes in another order."""
    order = context.ints("perm") or tuple(reversed(range(len(context.shape()))))
    permute(context, context.value(0), order)


def permute(context: Context, value: str, order: Sequence[int]) -> None:
    """Give a value with its axes in another order; where only axes of extent 1 move, it is a reshape."""
    extents = context.type(value).shape
    if sorted(order) != list(range(len(extents))):
        context.unsupported(f"the order {tuple(order)} does not name each of {len(extents)} axes once")
    moved = [axis for axis in order if extents[axis] != 1]
    op = Permute(tuple(order)) if moved != sorted(moved) else Reshape(tuple(extents[a] for a in order))
    context.emit(op, value)


@converts("Concat")
def concat(context: Context) -> None:
    """One behind the other."""
    axis = context.axis(context.attr("axis", 1))
    parts = [i for i in range(len(context.operands)) if 0 not in context.shape(i)]
    context.emit(Concat(axis), *(context.value(i) for i in parts))


@converts("ConstantOfShape")
def constant_of_shape(context: Context) -> None:
    """Only of a known shape; then it is folded before it comes here."""
    context.array(0, "the shape")


@converts("Range")
def range_(context: Context) -> None:
    """Only between known limits; then it is folded before it comes here."""
    for index, what in enumerate(("the start", "the limit", "the step")):
        context.array(index, what)


@converts("Split")
def split(context: Context) -> None:
    """Parts along an axis, of given or equal sizes."""
    extents = context.shape()
    axis = context.axis(context.attr("axis", 0))
    sizes = context.ints("split", 1)
    if sizes is None:
        count = context.attr("num_outputs", len(context.node.output))
        each = -(-extents[axis] // count)
        sizes = tuple(min(each, extents[axis] - i * each) for i in range(count))
    if sum(sizes) != extents[axis] or min(sizes) < 0:
        context.unsupported(f"sizes {sizes} do not part {extents[axis]}")
    begin = [0] * len(extents)
    for index, part in enumerate(sizes):
        box = tuple(part if i == axis else n for i, n in enumerate(extents))
        if not part:
            context.give_empty(box, index)
        elif context.wants(index):
            context.emit(Slice(tuple(begin), box), context.value(0), index=index)
        begin[axis] += part


@converts("Slice")
def slice_(context: Context) -> None:
    """A box, with steps."""
    extents = context.shape()
    starts, ends = context.ints("starts", 1) or (), context.ints("ends", 2) or ()
    axes = context.ints("axes", 3)
    axes = tuple(range(len(starts))) if axes is None else axes
    steps = context.ints("steps", 4) or (1,) * len(starts)
    begin, box, apart = [0] * len(extents), list(extents), [1] * len(extents)
    for start, end, given, step in zip(starts, ends, axes, steps, strict=True):
        axis = context.axis(given)
        places = range(*slice(start, end, step).indices(extents[axis]))
        box[axis] = len(places)
        begin[axis], apart[axis] = (places[0], step) if len(places) > 1 else (sum(places), 1)
    if 0 in box:
        context.give_empty(box)
        return
    plain = all(step == 1 for step in apart)
    if plain and tuple(box) == extents:
        context.results[0] = context.operand(0)
        return
    context.emit(Slice(tuple(begin), tuple(box), () if plain else tuple(apart)), context.value(0))


@converts("Expand")
def expand(context: Context) -> None:
    """Repeated to a shape that stretches."""
    wanted = np.broadcast_shapes(context.shape(), tuple(int(n) for n in context.array(1, "the shape")))
    if 0 in wanted:
        context.give_empty(wanted)
        return
    if wanted == context.shape():
        context.results[0] = context.operand(0)
        return
    context.emit(Expand(wanted), context.value(0))


@converts("Tile")
def tile(context: Context) -> None:
    """Repeated whole along each axis."""
    extents = context.shape()
    repeats = context.ints("repeats", 1) or ()
    if len(repeats) != len(extents) or min(repeats, default=1) < 1:
        context.unsupported(f"repeats {repeats} do not fit the {len(extents)} axes, or leave nothing")
    parted = [n for extent in extents for n in (1, extent)]
    stretched = [n for pair in zip(repeats, extents, strict=True) for n in pair]
    value = context.reshaped(context.value(0), parted)
    value = context.step("expand", Expand(tuple(stretched)), value)
    context.emit(Reshape(tuple(r * n for r, n in zip(repeats, extents, strict=True))), value)


@converts("Pad")
def pad(context: Context) -> None:
    """A border of one value, or of what is near it; negative padding cuts off."""
    extents = context.shape()
    rank = len(extents)
    pads = context.ints("pads", 1) or ()
    axes = tuple(range(rank))
    if context.has(3):
        axes = tuple(context.axis(int(axis)) for axis in context.array(3, "axes").ravel())
    before, after = [0] * rank, [0] * rank
    for position, axis in enumerate(axes):
        before[axis], after[axis] = pads[position], pads[position + len(axes)]
    mode = context.attr("mode", "constant")
    value = context.value(0)
    if min((*before, *after), default=0) < 0:
        begin = tuple(max(0, -n) for n in before)
        box = tuple(n - b - max(0, -a) for n, b, a in zip(extents, begin, after, strict=True))
        value = context.step("cut", Slice(begin, box), value)
        before, after = [max(0, n) for n in before], [max(0, n) for n in after]
    if mode == "constant":
        number = context.number("value", 2, 0.0)
        context.emit(Pad(tuple(before), tuple(after), number), value)
        return
    if mode not in {"reflect", "edge", "wrap"}:
        context.unsupported(f"the padding mode {mode!r} is not known")
    for axis in range(rank):
        if before[axis] or after[axis]:
            places = np.pad(
                np.arange(context.type(value).shape[axis]), (before[axis], after[axis]), mode=mode
            )
            value = context.step("pad", Gather(axis), value, context.constant(places))
    context.give(value)


@converts("Gather")
def gather(context: Context) -> None:
    """Slices by index; a run of constant indices is a slice."""
    axis = context.axis(context.attr("axis", 0))
    index = context.known(1)
    extents = context.shape()
    if index is not None:
        if index.size and not (-extents[axis] <= index.min() and index.max() < extents[axis]):
            context.unsupported(f"its indices reach beyond the {extents[axis]} elements of axis {axis}")
        places = np.where(index < 0, index + extents[axis], index).ravel()
        if not places.size:
            context.give_empty((*extents[:axis], *index.shape, *extents[axis + 1 :]))
            return
        if np.array_equal(places, np.arange(places[0], places[0] + places.size)):
            begin = tuple(int(places[0]) if i == axis else 0 for i in range(len(extents)))
            box = tuple(places.size if i == axis else n for i, n in enumerate(extents))
            value = context.value(0)
            if box != extents:
                value = context.step("slice", Slice(begin, box), value)
            context.emit(Reshape((*extents[:axis], *index.shape, *extents[axis + 1 :])), value)
            return
    context.emit(Gather(axis), context.value(0), context.value(1))


def _rearranged(context: Context, split_: Sequence[int], order: Sequence[int], joined: Sequence[int]) -> None:
    value = context.reshaped(context.value(0), split_)
    value = context.step("permute", Permute(tuple(order)), value)
    context.emit(Reshape(tuple(joined)), value)


@converts("DepthToSpace")
def depth_to_space(context: Context) -> None:
    """Blocks of channels become blocks of pixels."""
    n, c, h, w = context.shape()
    b = context.attr("blocksize", 1)
    last = context.attr("mode", "DCR") == "CRD"
    parted = (n, c // (b * b), b, b, h, w) if last else (n, b, b, c // (b * b), h, w)
    order = (0, 1, 4, 2, 5, 3) if last else (0, 3, 4, 1, 5, 2)
    _rearranged(context, parted, order, (n, c // (b * b), h * b, w * b))


@converts("SpaceToDepth")
def space_to_depth(context: Context) -> None:
    """Blocks of pixels become blocks of channels."""
    n, c, h, w = context.shape()
    b = context.attr("blocksize", 1)
    order = (0, 1, 3, 5, 2, 4) if context.attr("mode", "DCR") == "CRD" else (0, 3, 5, 1, 2, 4)
    _rearranged(context, (n, c, h // b, b, w // b, b), order, (n, c * b * b, h // b, w // b))


@converts("Trilu")
def trilu(context: Context) -> None:
    """The upper or lower triangle; the rest is 0."""
    rows, columns = context.shape()[-2:]
    k = int(context.array(1, "k").ravel()[0]) if context.has(1) else 0
    mask = np.tri(rows, columns, k - 1 if context.attr("upper", 1) else k, dtype=np.bool_)
    mask = ~mask if context.attr("upper", 1) else mask
    zero = context.constant(np.zeros((), np.float32))
    context.emit(Where(), context.constant(mask), context.value(0), zero)


@converts("EyeLike")
def eye_like(context: Context) -> None:
    """Ones along a diagonal, of a known shape."""
    from onnx import helper  # noqa: PLC0415  # beside the only use

    kind = context.attributes.get("dtype")
    dtype = np.dtype(context.operand(0).kind) if kind is None else helper.tensor_dtype_to_np_dtype(kind)
    rows, columns = context.shape()
    context.give_known(np.eye(rows, columns, context.attr("k", 0), dtype))
