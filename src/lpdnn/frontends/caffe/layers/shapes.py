"""Layers that move elements or give them other coordinates."""

from __future__ import annotations

import math
from itertools import pairwise

from lpdnn.frontends.caffe.context import Context, converts
from lpdnn.ops.arg_max import ArgMax
from lpdnn.ops.concat import Concat
from lpdnn.ops.permute import Permute
from lpdnn.ops.reshape import Reshape
from lpdnn.ops.resize import Resize
from lpdnn.ops.slice import Slice

_LARGEST = 2**15  # rows or columns after resizing


@converts("Concat", bottoms=(1, None))
def concat(context: Context) -> None:
    """Along `axis`, or V1's concat_dim."""
    param = context.param.concat_param
    if param.HasField("axis") and param.HasField("concat_dim"):
        context.refuse("has axis and concat_dim; it can have one")
    axis = context.axis(param.concat_dim if param.HasField("concat_dim") else param.axis)
    context.emit(Concat(axis=axis))


@converts("Slice", tops=(1, None))
def slice_(context: Context) -> None:
    """At slice points, or into equal parts."""
    param = context.param.slice_param
    if param.HasField("axis") and param.HasField("slice_dim"):
        context.refuse("has axis and slice_dim; it can have one")
    axis = context.axis(param.slice_dim if param.HasField("slice_dim") else param.axis)
    x = context.type()
    extent, parts = x.shape[axis], len(context.tops)
    if param.slice_point:
        if len(param.slice_point) != parts - 1:
            context.refuse(f"has {len(param.slice_point)} slice_point for {parts} tops; it needs {parts - 1}")
        edges = [0, *param.slice_point, extent]
    elif extent % parts:
        context.refuse(f"cannot cut axis {axis} of {x} into {parts} equal parts")
    else:
        edges = list(range(0, extent + 1, extent // parts))
    if any(a >= b for a, b in pairwise(edges)):
        context.refuse(f"has slice points that do not rise from 0 to {extent}: {edges[1:-1][:16]}")
    for index, (begin, end) in enumerate(pairwise(edges)):
        corner = tuple(begin if a == axis else 0 for a in range(x.rank))
        shape = tuple(end - begin if a == axis else n for a, n in enumerate(x.shape))
        context.emit_part(index, Slice(begin=corner, shape=shape))


@converts("Crop", bottoms=(2, 2))
def crop(context: Context) -> None:
    """From `axis` on, as much as the second bottom has, at offsets (one for all axes, or one each)."""
    param = context.param.crop_param
    x, like = context.type(0), context.type(1)
    axis = context.axis(param.axis)
    cut = x.rank - axis
    if like.rank != x.rank:
        context.refuse(f"cannot crop {x} to {like}, which has other axes")
    offsets = list(param.offset) or [0]
    if len(offsets) not in (1, cut):
        context.refuse(f"has {len(offsets)} offsets for the {cut} axes that it crops")
    offsets = offsets * cut if len(offsets) == 1 else offsets
    begin = (*[0] * axis, *offsets)
    shape = x.shape[:axis] + like.shape[axis:]
    if any(b + n > whole for b, n, whole in zip(begin, shape, x.shape, strict=True)):
        context.refuse(f"crops {x} beyond its end, to {like} at offset {offsets[:8]}")
    context.emit(Slice(begin=begin, shape=shape), context.bottoms[0])


@converts("Flatten")
def flatten(context: Context) -> None:
    """Axes `axis` to `end_axis` become one."""
    param = context.param.flatten_param
    shape = context.type().shape
    first, last = context.axis(param.axis), context.axis(param.end_axis)
    if first > last:
        context.refuse(f"has axis {param.axis} behind end_axis {param.end_axis}")
    context.emit(Reshape(shape=(*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :])))


@converts("Reshape")
def reshape(context: Context) -> None:
    """Dimension 0 copies, -1 is what is left, for `num_axes` axes from `axis` on."""
    param = context.param.reshape_param
    x = context.type()
    first = context.axis(param.axis, extra=1)
    last = x.rank if param.num_axes == -1 else first + param.num_axes
    if param.num_axes < -1 or last > x.rank:
        context.refuse(f"has num_axes {param.num_axes}, more than {x} has from axis {first} on")
    middle = list(param.shape.dim)
    for index, dim in enumerate(middle):
        if dim == 0:
            if first + index >= x.rank:
                context.refuse(f"copies dimension {first + index} of {x}, which has only {x.rank}")
            middle[index] = x.shape[first + index]
    if sum(dim == -1 for dim in middle) > 1 or any(dim < -1 for dim in middle):
        context.refuse(f"has a shape {middle[:16]} with more than one -1, or negative dimensions")
    shape = [*x.shape[:first], *middle, *x.shape[last:]]
    known = math.prod(dim for dim in shape if dim != -1)
    if -1 in shape and known and x.count % known == 0:
        shape[shape.index(-1)] = x.count // known
    if math.prod(shape) != x.count:
        context.refuse(f"cannot give {x} the shape {'x'.join(map(str, shape[:16]))}")
    context.emit(Reshape(shape=tuple(shape)))


@converts("Permute")
def permute(context: Context) -> None:
    """Axes in the order listed, then the rest in theirs."""
    rank = context.type().rank
    order = list(context.param.permute_param.order)
    if len(set(order)) < len(order) or any(axis >= rank for axis in order):
        context.refuse(f"has the order {order[:16]}, which does not name different axes of {context.type()}")
    context.emit(Permute(order=(*order, *(axis for axis in range(rank) if axis not in order))))


@converts("ShuffleChannel")
def shuffle_channel(context: Context) -> None:
    """Transpose channels seen as [groups][rest] (a fork's layer)."""
    x = context.type()
    groups = context.param.shuffle_channel_param.group
    if x.rank < 2 or groups < 1 or x.shape[1] % groups:
        context.refuse(f"has {groups} groups, which do not divide the channels of {x}")
    batch, channels, *rest = x.shape
    inner = math.prod(rest)
    split = context.step("split", Reshape(shape=(batch, groups, channels // groups, inner)), *context.bottoms)
    mixed = context.step("mix", Permute(order=(0, 2, 1, 3)), split)
    context.emit(Reshape(shape=x.shape), mixed)


@converts("Tile")
def tile(context: Context) -> None:
    """Repeat a value along an axis."""
    param = context.param.tile_param
    axis = context.axis(param.axis)
    if not 1 <= param.tiles <= 4096:
        context.refuse(f"has {param.tiles} tiles; it needs at least 1 and at most 4096")
    context.emit(Concat(axis=axis), *context.bottoms * param.tiles)


@converts("ArgMax")
def arg_max(context: Context) -> None:
    """Find the positions of the largest values, with the values on request."""
    param = context.param.argmax_param
    axis = context.axis(param.axis) if param.HasField("axis") else -1
    x = context.type()
    extent = x.shape[axis] if axis >= 0 else math.prod(x.shape[1:])
    if not 1 <= param.top_k <= extent:
        context.refuse(f"has top_k {param.top_k}, but there are {extent} values")
    context.emit(ArgMax(top_k=param.top_k, axis=axis, with_values=param.out_max_val))


@converts("Interp", bottoms=(1, 2))
def interp(context: Context) -> None:
    """Resize bilinearly between corners, after a crop by negative padding (a fork's layer)."""
    param = context.param.interp_param
    if context.type().rank != 4:
        context.refuse(f"needs a batch of images (4 axes), not {context.type()}")
    if param.pad_beg > 0 or param.pad_end > 0:
        context.refuse("has positive padding; only cropping (negative) is defined")
    batch, channels, *image = context.type().shape
    inner = tuple(extent + param.pad_beg + param.pad_end for extent in image)
    if min(inner) < 1:
        context.refuse(f"crops everything away from {context.type()}")
    x = context.bottoms[0]
    if inner != tuple(image):
        box = Slice(begin=(0, 0, -param.pad_beg, -param.pad_beg), shape=(batch, channels, *inner))
        x = context.step("crop", box, x)
    sized = param.HasField("height") and param.HasField("width")
    factors = param.HasField("zoom_factor") or param.HasField("shrink_factor")
    if factors:
        zoom, shrink = param.zoom_factor, param.shrink_factor
        if zoom < 1 or shrink < 1:
            context.refuse(f"has zoom_factor {zoom} and shrink_factor {shrink}, which must be at least 1")
        height, width = (((extent - 1) // shrink) * zoom + 1 for extent in inner)
    elif sized:
        height, width = param.height, param.width
    elif len(context.bottoms) > 1 and context.type(1).rank == 4:
        height, width = context.type(1).shape[2:]
    else:
        context.refuse("does not tell its size: height and width, a factor, or a second bottom")
    _resize(context, Resize(mode="bilinear", height=height, width=width, align="corners"), x)


@converts("Upsample", bottoms=(1, 2))
def upsample(context: Context) -> None:
    """Repeat every element `scale` times in rows and columns (a fork's layer)."""
    param = context.param.upsample_param
    if len(context.bottoms) > 1:
        context.unsupported("unpooling by a mask of positions")
    if context.type().rank != 4:
        context.refuse(f"needs a batch of images (4 axes), not {context.type()}")
    *_, height, width = context.type().shape
    rows = param.upsample_h or height * (param.scale_h or param.scale)
    columns = param.upsample_w or width * (param.scale_w or param.scale)
    if rows % height or columns % width or param.pad_out_h or param.pad_out_w:
        context.unsupported("a size that is no multiple of the input's")
    _resize(
        context, Resize(mode="nearest", height=rows, width=columns, align="asymmetric"), context.bottoms[0]
    )


def _resize(context: Context, op: Resize, x: str) -> None:
    if not (1 <= op.height < _LARGEST and 1 <= op.width < _LARGEST):
        context.refuse(f"resizes to {op.height}x{op.width}; both must be at least 1 and less than {_LARGEST}")
    context.emit(op, x)
