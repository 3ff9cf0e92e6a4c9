"""The network's inputs and their shapes: from input fields, Input layers, data layers, or the user."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from lpdnn.frontends.caffe.report import about, plain
from lpdnn.ir.types import MAX_COUNT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.frontends.caffe.caffe_pb2 import LayerParameter, NetParameter
    from lpdnn.frontends.caffe.definition import Definition, Layer

Shape = tuple[int, ...]
_FILES: Final = frozenset(
    {"AnnotatedData", "Data", "HDF5Data", "ImageData", "MemoryData", "VideoData", "WindowData"}
)


class Source(NamedTuple):
    """What the file says of one input: a shape or an example of one, and remarks for the user."""

    place: str
    shape: Shape | None
    example: str = "1x3x224x224"
    remarks: tuple[str, ...] = ()


def is_source(layer: Layer) -> bool:
    """Tell whether a layer's tops come from outside the network."""
    param = layer.param
    return (
        param.type in _FILES
        or param.type in ("Input", "DummyData")
        or (param.type == "Python" and not param.bottom)
    )


def declared(definition: Definition, layers: Sequence[Layer]) -> dict[str, Source]:
    """Return every blob that comes from outside, in the file's order."""
    found = {
        name: Source(definition.source, shape) for name, shape in _fields(definition.net, definition.source)
    }
    if len(found) < len(definition.net.input):
        raise about(definition.source, "names an input twice")
    for layer in layers:
        if is_source(layer):
            for top, source in zip(layer.param.top, _sources(layer), strict=True):
                if top in found:
                    raise about(layer.place, f"makes the input '{plain(top)}', which is there already")
                found[top] = source
    return found


def resolved(name: str, source: Source, given: Sequence[int] | None) -> Shape:
    """Return the shape of an input: the user's, else the file's."""
    shape = source.shape if given is None else tuple(int(extent) for extent in given)
    if shape is None:
        call = f"--shape {plain(name)}={source.example}"
        raise about(
            source.place, f"does not tell the shape of the input '{plain(name)}'; give it, such as {call}"
        )
    if any(extent < 1 for extent in shape) or math.prod(shape) > MAX_COUNT:
        text = "x".join(map(str, shape[:8]))
        raise about(
            source.place, f"the input '{plain(name)}' cannot have the shape {text}; give one with --shape"
        )
    return shape


def _fields(net: NetParameter, source: str) -> list[tuple[str, Shape | None]]:
    """Return what `input` with `input_shape` or `input_dim` says."""
    count = len(net.input)
    if net.input_shape and len(net.input_shape) != count:
        raise about(source, f"has {count} input but {len(net.input_shape)} input_shape; each input needs one")
    if net.input_dim and not net.input_shape and len(net.input_dim) != 4 * count:
        raise about(source, f"has {count} input but {len(net.input_dim)} input_dim; each input needs four")
    if net.input_shape:
        return [(name, tuple(shape.dim)) for name, shape in zip(net.input, net.input_shape, strict=True)]
    return [(name, tuple(net.input_dim[4 * i : 4 * i + 4]) or None) for i, name in enumerate(net.input)]


def _sources(layer: Layer) -> list[Source]:
    """Return what a source layer says of each of its tops."""
    param, tops = layer.param, len(layer.param.top)
    shapes: list[Shape | None] = []
    if param.type == "Input":
        shapes = [tuple(shape.dim) for shape in param.input_param.shape]
    elif param.type == "DummyData":
        dummy = param.dummy_data_param
        legacy = zip(dummy.num, dummy.channels, dummy.height, dummy.width, strict=False)
        shapes = [tuple(shape.dim) for shape in dummy.shape] or list(legacy)
    else:
        return [_image(layer), *[Source(layer.place, None, "1")] * (tops - 1)][:tops]
    if len(shapes) == 1:
        shapes *= tops  # Caffe lets one shape stand for all
    if shapes and len(shapes) != tops:
        raise about(layer.place, f"has {tops} tops but {len(shapes)} shapes")
    return [Source(layer.place, shape) for shape in shapes or [None] * tops]


def _image(layer: Layer) -> Source:
    """Return what a data layer says of the images it yields."""
    param = layer.param
    channels, height, width = _extents(param)
    shape = (1, channels, height, width) if channels and height and width else None
    transform = param.transform_param
    treated = [
        text
        for text, given in (
            (f"scale {transform.scale:g}", transform.scale != 1),
            ("a mean", transform.mean_value or transform.mean_file),
        )
        if given
    ]
    remark = (
        f"{layer.place}: {' and '.join(treated)} of the data layer must be applied to the input beforehand"
    )
    example = f"1x{channels or 3}x{height or 224}x{width or 224}"
    return Source(layer.place, shape, example, (remark,) if treated else ())


def _extents(param: LayerParameter) -> tuple[int, int, int]:
    """Return channels, height and width, 0 where the layer does not tell."""
    transform = param.transform_param
    channels = len(transform.mean_value) if len(transform.mean_value) > 1 else 0
    height, width = transform.resize_param.height, transform.resize_param.width
    if param.type == "MemoryData":
        memory = param.memory_data_param
        channels, height, width = memory.channels, memory.height, memory.width
    elif param.type == "ImageData":
        image = param.image_data_param
        channels, height, width = (3 if image.is_color else 1), image.new_height, image.new_width
    elif param.type == "WindowData":
        channels = 3
    if transform.force_color or transform.force_gray:
        channels = 3 if transform.force_color else 1
    return (
        channels,
        transform.crop_h or transform.crop_size or height,
        transform.crop_w or transform.crop_size or width,
    )
