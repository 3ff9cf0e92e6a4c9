"""The network's inputs and their shapes: from input fields, Input layers, data layers, or the user."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from lpdnn.frontends.caffe.report import about, plain
from lpdnn.ir.types import MAX_COUNT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lpdnn.frontends.caffe.caffe_pb2 import LayerParameter, NetParameter
    from lpdnn.frontends.caffe.definition import Layer

Shape = tuple[int, ...]
_FILES: Final = frozenset({"AnnotatedData", "Data", "HDF5Data", "ImageData", "MemoryData", "VideoData", "WindowData"})


def is_source(layer: Layer) -> bool:
    """Tell whether a layer's tops come from outside the network."""
    return layer.param.type in _FILES | {"Input", "DummyData"} or (layer.param.type == "Python" and not layer.param.bottom)


def fields_shapes(net: NetParameter, source: str) -> dict[str, Shape | None]:
    """Return what `input` with `input_shape` or `input_dim` says."""
    found: dict[str, Shape | None] = {}
    count = len(net.input)
    if net.input_shape and len(net.input_shape) != count:
        raise about(source, f"has {count} input but {len(net.input_shape)} input_shape; each input needs one")
    if not net.input_shape and net.input_dim and len(net.input_dim) != 4 * count:
        raise about(source, f"has {count} input but {len(net.input_dim)} input_dim; each input needs four")
    for index, name in enumerate(net.input):
        if name in found:
            raise about(source, f"names the input '{plain(name)}' twice")
        if net.input_shape:
            found[name] = tuple(net.input_shape[index].dim)
        else:
            found[name] = tuple(net.input_dim[4 * index : 4 * index + 4]) or None
    return found


def layer_shapes(layer: Layer) -> list[Shape | None]:
    """Return a source layer's shape for each top, None where the file does not tell."""
    param = layer.param
    tops = len(param.top)
    if param.type == "Input":
        shapes: list[Shape | None] = [tuple(shape.dim) for shape in param.input_param.shape]
        return _spread(layer, shapes, tops)
    if param.type == "DummyData":
        dummy = param.dummy_data_param
        shapes = [tuple(shape.dim) for shape in dummy.shape]
        if not shapes:
            shapes = list(zip(dummy.num, dummy.channels, dummy.height, dummy.width, strict=False))
        return _spread(layer, shapes, tops)
    return [_image_shape(param), *[None] * (tops - 1)]


def checked(name: str, place: str, declared: Shape | None, given: Mapping[str, Sequence[int]], guess: str) -> Shape:
    """Return the shape of one input: the user's, else the file's; `guess` is an example for the user."""
    shape = tuple(int(dim) for dim in given[name]) if name in given else declared
    if shape is None:
        raise about(
            place,
            f"does not tell the shape of '{plain(name)}'; give it, for example --shape {plain(name)}={guess}",
        )
    if any(dim < 1 for dim in shape) or math.prod(shape) > MAX_COUNT:
        text = "x".join(map(str, shape[:8]))
        raise about(place, f"the input '{plain(name)}' cannot have the shape {text}; give one with --shape")
    return shape


def example(layer: LayerParameter | None) -> str:
    """Return a likely shape for a data layer, as --shape takes it."""
    channels, height, width = _image(layer) if layer is not None else (None, None, None)
    return f"1x{channels or 3}x{height or 224}x{width or 224}"


def _spread(layer: Layer, shapes: list[Shape | None], tops: int) -> list[Shape | None]:
    """Caffe lets one shape stand for all tops."""
    if not shapes:
        return [None] * tops
    if len(shapes) == 1:
        return shapes * tops
    if len(shapes) != tops:
        raise about(layer.place, f"has {tops} tops but {len(shapes)} shapes")
    return shapes


def _image_shape(param: LayerParameter) -> Shape | None:
    channels, height, width = _image(param)
    return (1, channels, height, width) if channels and height and width else None


def _image(param: LayerParameter) -> tuple[int | None, int | None, int | None]:
    """Return channels, height and width of the images that a data layer yields, as far as it tells."""
    transform = param.transform_param
    channels: int | None = len(transform.mean_value) if len(transform.mean_value) > 1 else None
    height: int | None = None
    width: int | None = None
    if param.type == "MemoryData":
        memory = param.memory_data_param
        channels, height, width = memory.channels, memory.height, memory.width
    elif param.type == "ImageData":
        image = param.image_data_param
        channels = 3 if image.is_color else 1
        height, width = image.new_height, image.new_width
    elif param.type == "WindowData":
        channels = 3
    elif transform.HasField("resize_param"):
        height, width = transform.resize_param.height, transform.resize_param.width
    if transform.force_color or transform.force_gray:
        channels = 3 if transform.force_color else 1
    height = transform.crop_h or transform.crop_size or height
    width = transform.crop_w or transform.crop_size or width
    return channels, height, width
