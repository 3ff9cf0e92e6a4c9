"""Images in another size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tflite

from lpdnn.frontends.tflite.context import MOVING, converts
from lpdnn.frontends.tflite.orders import channels_first
from lpdnn.ops.gather import Gather
from lpdnn.ops.resize import Resize

if TYPE_CHECKING:
    from typing import Any

    from lpdnn.frontends.tflite.context import Context
    from lpdnn.ir import Array
    from lpdnn.ops.resize import Align

FIRST = channels_first(4)


def size_of(context: Context, options: Any) -> tuple[int, int, Align]:
    """Return height, width, and where pixels lie."""
    size = context.ints(1, "the size")
    if len(size) != 2 or len(context.shape()) != 4 or min(size) < 1:
        context.unsupported(f"a size of {size} for {len(context.shape())} axes")
    if options.AlignCorners() and options.HalfPixelCenters():
        context.unsupported("corners and centers of pixels cannot both be aligned")
    align: Align = "corners" if options.AlignCorners() else "asymmetric"
    return size[0], size[1], "half_pixel" if options.HalfPixelCenters() else align


@converts("RESIZE_BILINEAR")
def resize_bilinear(context: Context) -> None:
    """Between four pixels."""
    height, width, align = size_of(context, context.options(tflite.ResizeBilinearOptions))
    context.emit(Resize("bilinear", height, width, align), context.first(0), order=FIRST)


def _places(size: int, out: int, align: Align) -> Array:
    """Return the places that TFLite takes, which it computes in single precision."""
    corners = align == "corners" and out > 1
    scale = np.float32(size - 1) / np.float32(out - 1) if corners else np.float32(size) / np.float32(out)
    places = (np.arange(out, dtype=np.float32) + np.float32(0.5 if align == "half_pixel" else 0)) * scale
    rounded = np.floor(places + np.float32(0.5)) if align == "corners" else np.floor(places)
    return np.asarray(np.clip(rounded, 0, size - 1).astype(np.int64))


@converts("RESIZE_NEAREST_NEIGHBOR", group=MOVING)
def resize_nearest_neighbor(context: Context) -> None:
    """The nearest pixel."""
    height, width, align = size_of(context, context.options(tflite.ResizeNearestNeighborOptions))
    _, rows, columns, _ = context.shape()
    places = [_places(rows, height, align), _places(columns, width, align)]
    op = Resize("nearest", height, width, align)
    ramp = np.arange(rows * columns, dtype=np.float32).reshape(1, 1, rows, columns)
    if np.array_equal(op.reference(ramp)[0][0, 0], ramp[0, 0][np.ix_(*places)]):
        context.emit(op, context.first(0), order=FIRST)
        return
    x = context.step("rows", Gather(2), context.first(0), context.indices(places[0]))
    context.emit(Gather(3), x, context.indices(places[1]), order=FIRST)
