"""Resize and Upsample: each axis sampled anew."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.frontends.onnx.context import converts
from lpdnn.ops.resample import Resample
from lpdnn.ops.resize import Resize

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.frontends.onnx.context import Context
    from lpdnn.ir import Array
    from lpdnn.ops.resize import Align

MOST_TAPS = 2**22
"""Places and weights of one axis, at most."""


COORDINATES = {
    "align_corners",
    "asymmetric",
    "half_pixel",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "tf_crop_and_resize",
    "tf_half_pixel_for_nn",
}


@dataclass(frozen=True)
class Way:
    """How to sample."""

    mode: str
    coordinates: str
    nearest: str
    cubic: float
    exclude_outside: bool
    antialias: bool
    extrapolation: float


@dataclass(frozen=True)
class Span:
    """One axis: its size, the wanted size, and the scale that is asked for (not always their quotient)."""

    size: int
    out: int
    scale: float
    start: float = 0.0
    end: float = 1.0


def _coordinates(span: Span, way: Way) -> Array:
    """Return where on the old axis each new element is."""
    i = np.arange(span.out, dtype=np.float64)
    name, last, alone = way.coordinates, span.size - 1, span.out == 1
    # The middle stays the middle where the size is not a whole multiple of the scale.
    middle = span.size / 2 * (1 - span.out / (span.scale * span.size))
    region = 0.5 * (span.start + span.end) * last
    ways: dict[str, Callable[[], Array]] = {
        # The size that is asked for need not be whole.
        "align_corners": lambda: i * 0 if alone else i * last / (span.scale * span.size - 1),
        "asymmetric": lambda: i / span.scale,
        "tf_crop_and_resize": lambda: (
            i + region if alone else (span.start + i * (span.end - span.start) / (span.out - 1)) * last
        ),
        "tf_half_pixel_for_nn": lambda: (i + 0.5) / span.scale,
        "half_pixel_symmetric": lambda: middle + (i + 0.5) / span.scale - 0.5,
        "pytorch_half_pixel": lambda: i * 0 if alone else (i + 0.5) / span.scale - 0.5,
        "half_pixel": lambda: (i + 0.5) / span.scale - 0.5,
    }
    return ways[name]()


def _kernel(distance: Array, way: Way) -> Array:
    """Return the weight of an element at a distance: a triangle, or Keys' cubic."""
    d = np.abs(distance)
    if way.mode == "linear":
        return np.maximum(0.0, 1.0 - d)
    a = way.cubic
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0.0))


def _taps(span: Span, way: Way) -> tuple[Array, Array]:
    """Return places [out][taps] and weights [out][taps] along one axis."""
    x = _coordinates(span, way)
    if way.mode == "nearest":
        rounded = {
            "round_prefer_floor": np.ceil(x - 0.5),
            "round_prefer_ceil": np.floor(x + 0.5),
            "floor": np.floor(x),
            "ceil": np.ceil(x),
        }[way.nearest]
        places = np.clip(rounded, 0, span.size - 1)[:, None]
        return places, np.ones_like(places)
    shrink = min(span.scale, 1.0) if way.antialias else 1.0
    reach = (1.0 if way.mode == "linear" else 2.0) / shrink
    taps = 2 * math.ceil(reach)
    if taps * span.out > MOST_TAPS:
        message = f"{taps} taps for each of {span.out} elements are too many"
        raise ValueError(message)
    first = np.floor(x) - taps // 2 + 1
    places = first[:, None] + np.arange(taps)
    weights = _kernel((places - x[:, None]) * shrink, way)
    if way.antialias:
        weights /= weights.sum(axis=1, keepdims=True)
    if way.exclude_outside:
        weights = np.where((places >= 0) & (places < span.size), weights, 0.0)
        weights /= weights.sum(axis=1, keepdims=True)
    return np.clip(places, 0, span.size - 1), weights


def _sample(context: Context, value: str, axis: int, span: Span, way: Way) -> str:
    """Return a value with one axis sampled anew."""
    places, weights = _taps(span, way)
    shift: tuple[float, ...] = ()
    if way.coordinates == "tf_crop_and_resize":
        x = _coordinates(span, way)
        outside = (x < 0) | (x > span.size - 1)
        if outside.any():
            weights = np.where(outside[:, None], 0.0, weights)
            shift = tuple(np.where(outside, way.extrapolation, 0.0).tolist())
    op = Resample(
        axis,
        places.shape[1],
        tuple(places.astype(np.int64).ravel().tolist()),
        tuple(weights.ravel().tolist()),
        shift,
    )
    return context.step(f"axis{axis}", op, value)


def _as_image(context: Context, spans: dict[int, Span], way: Way) -> Resize | None:
    """Return the resize operator where it does just this."""
    extents = context.shape()
    aligns: dict[str, Align] = {
        "align_corners": "corners",
        "half_pixel": "half_pixel",
        "pytorch_half_pixel": "half_pixel",
        "asymmetric": "asymmetric",
    }
    if len(extents) != 4 or set(spans) - {2, 3} or way.coordinates not in aligns or way.antialias:
        return None
    if any(not math.isclose(s.out, s.scale * s.size, rel_tol=1e-7) or s.out < 2 for s in spans.values()):
        return None
    outs = [spans[axis].out if axis in spans else extents[axis] for axis in (2, 3)]
    align = aligns[way.coordinates]
    if way.mode == "linear" and not way.exclude_outside:
        return Resize("bilinear", outs[0], outs[1], align)
    whole = all(s.out % s.size == 0 for s in spans.values())
    # Enlarged by whole factors there are no halves to round: all ways to round agree but for floor and ceil.
    if way.mode == "nearest" and align == "asymmetric" and way.nearest == "floor":
        return Resize("nearest", outs[0], outs[1], align)
    if way.mode == "nearest" and align == "half_pixel" and whole and way.nearest.startswith("round"):
        return Resize("nearest", outs[0], outs[1], align)
    return None


def _resize(context: Context, spans: dict[int, Span], way: Way) -> None:
    if way.mode not in {"nearest", "linear", "cubic"}:
        context.unsupported(f"the mode {way.mode!r}")
    if way.coordinates not in COORDINATES:
        context.unsupported(f"the coordinates {way.coordinates!r}")
    if any(span.out < 1 for span in spans.values()):
        context.unsupported("its result is empty")
    still = {
        axis
        for axis, span in spans.items()
        if span.out == span.size and span.scale == 1 and way.coordinates != "tf_crop_and_resize"
    }
    spans = {axis: span for axis, span in spans.items() if axis not in still}
    op = _as_image(context, spans, way)
    if op is not None and spans:
        context.emit(op, context.value(0))
        return
    value = context.value(0)
    for axis, span in spans.items():
        value = _sample(context, value, axis, span, way)
    context.give(value)


def _spans(context: Context, axes: tuple[int, ...], scales: list[float], roi: list[float]) -> dict[int, Span]:
    extents = context.shape()
    count = len(axes)
    return {
        axis: Span(
            extents[axis],
            math.floor(extents[axis] * scales[i]),
            scales[i],
            *((roi[i], roi[i + count]) if roi else ()),
        )
        for i, axis in enumerate(axes)
    }


@converts("Upsample")
def upsample(context: Context) -> None:
    """The older form: asymmetric, rounded down."""
    _older(context)


def _older(context: Context) -> None:
    scales = context.attributes.get("scales")
    scales = list(scales) if scales else [float(v) for v in context.array(1, "the scales").ravel()]
    way = Way(context.attr("mode", "nearest"), "asymmetric", "floor", -0.75, False, False, 0.0)  # noqa: FBT003
    _resize(context, _spans(context, tuple(range(len(context.shape()))), scales, []), way)


@converts("Resize")
def resize(context: Context) -> None:
    """By scales or to sizes, of all axes or some."""
    if context.opset < 11:
        _older(context)
        return
    extents = context.shape()
    given = context.ints("axes")
    axes = tuple(range(len(extents))) if given is None else tuple(context.axis(a) for a in given)
    way = Way(
        context.attr("mode", "nearest"),
        context.attr("coordinate_transformation_mode", "half_pixel"),
        context.attr("nearest_mode", "round_prefer_floor"),
        context.attr("cubic_coeff_a", -0.75),
        bool(context.attr("exclude_outside", 0)),
        bool(context.attr("antialias", 0)),
        context.attr("extrapolation_value", 0.0),
    )
    roi = []
    if way.coordinates == "tf_crop_and_resize":
        roi = [float(v) for v in context.array(1, "the region").ravel()]
    if context.has(2) and 0 not in context.shape(2):
        scales = [float(v) for v in context.array(2, "the scales").ravel()]
        _resize(context, _spans(context, axes, scales, roi), way)
        return
    sizes = [int(v) for v in context.array(3, "the sizes").ravel()]
    ratios = [size / extents[axis] for size, axis in zip(sizes, axes, strict=True)]
    policy = context.attr("keep_aspect_ratio_policy", "stretch")
    if policy != "stretch":
        ratio = min(ratios) if policy == "not_larger" else max(ratios)
        ratios = [ratio] * len(axes)
        sizes = [math.floor(ratio * extents[axis] + 0.5) for axis in axes]
    count = len(axes)
    spans = {
        axis: Span(extents[axis], sizes[i], ratios[i], *((roi[i], roi[i + count]) if roi else ()))
        for i, axis in enumerate(axes)
    }
    _resize(context, spans, way)
