"""The last layer of single-shot detectors."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from flatbuffers import flexbuffers

from lpdnn.frontends.tflite.context import converts
from lpdnn.ops.box_detection import BoxDetection
from lpdnn.ops.reshape import Reshape
from lpdnn.ops.slice import Slice

if TYPE_CHECKING:
    from lpdnn.frontends.tflite.context import Context

MOST_BYTES = 2**16
"""Bytes of the largest options that are read."""


def _options(context: Context) -> dict[str, Any]:
    """Return the numbers in an operator's own options; nothing else there is looked at."""
    count = context.operator.CustomOptionsLength()
    if not 0 < count <= MOST_BYTES:
        context.unsupported(f"its options have {count} bytes")
    try:
        table = flexbuffers.GetRoot(bytes(context.operator.CustomOptionsAsNumpy())).AsMap
        keys = [str(key.AsKey) for key in table.Keys]
        values = [table.Values[place] for place in range(len(keys))]
        return {
            key: v.AsBool if v.IsBool else v.AsInt if v.IsInt else v.AsFloat
            for key, v in zip(keys, values, strict=True)
            if v.IsBool or v.IsInt or v.IsFloat
        }
    except (
        ValueError,
        TypeError,
        IndexError,
        KeyError,
        AttributeError,
        ArithmeticError,
        struct.error,
    ) as error:
        context.unsupported(f"its options are damaged ({type(error).__name__})")


@converts("TFLite_Detection_PostProcess")
def detection_postprocess(context: Context) -> None:
    """The best boxes, their classes and scores, and how many there are; unused rows are 0."""
    options = _options(context)
    most, classes = int(options.get("max_detections", 0)), int(options.get("num_classes", 0))
    per_box = min(int(options.get("max_classes_per_detection", 1)), classes)
    op = BoxDetection(
        classes,
        most,
        per_box,
        min(int(options.get("detections_per_class", 100)), max(most, 1)),
        float(options.get("nms_score_threshold", 0.0)),
        float(options.get("nms_iou_threshold", 0.5)),
        tuple(float(options.get(f"{side}_scale", 1.0)) for side in "yxhw"),  # type: ignore[arg-type]
        bool(options.get("use_regular_nms", False)),
    )
    found = context.step("found", op, *(context.plain(i) for i in range(3)))
    room, begin = most * per_box, 0
    for index, shape in enumerate(((1, room, 4), (1, room), (1, room), (1,))):
        count = context.extents(found)[0] - begin if index == 3 else shape[1] * (4 if index == 0 else 1)
        part = context.step(f"part{index}", Slice((begin,), (count,)), found)
        context.emit(Reshape(shape), part, index=index)
        begin += count
