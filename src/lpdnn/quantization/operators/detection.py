"""The last layer of a single-shot detector."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import RANGE, fixed_point
from lpdnn.ops.dequantize import Dequantize
from lpdnn.ops.qdetection_output import FINE, ONE, SCORE, UNITS, QDetectionOutput, powers
from lpdnn.ops.scale import Scale
from lpdnn.quantization.lowering import Held
from lpdnn.quantization.operators.finish import values
from lpdnn.quantization.operators.registry import lowers
from lpdnn.quantization.stored import Stored

if TYPE_CHECKING:
    from lpdnn.ir import Node
    from lpdnn.ops.detection_output import DetectionOutput
    from lpdnn.quantization.lowering import Lowering


@lowers("detection_output")
def detection_output(lowering: Lowering, node: Node, op: DetectionOutput) -> None:
    """Boxes of integers; where real numbers are wanted, their units are taken out at the end."""
    loc, conf = (lowering.whole(value) for value in node.inputs[:2])
    priors = values(lowering, node.inputs[2])
    assert priors is not None
    boxes, variances = priors[0]
    parts = (np.ones_like(variances) if op.variance_encoded else variances) * loc.stored.scale * 2.0**FINE
    shift = fixed_point(float(np.abs(parts).max()))[1]
    table = np.stack([boxes * 2.0**FINE, parts * 2.0 ** (31 - shift)])
    low, high = RANGE["s32"]
    whole = np.clip(np.rint(table), -high, high).astype(np.int32)
    score, score_shift = fixed_point(conf.stored.scale * 2**SCORE)
    least = math.floor(max(op.confidence_threshold, -(2.0**30)) / conf.stored.scale) + conf.stored.zero
    made = QDetectionOutput(
        op.num_classes,
        score,
        score_shift,
        shift,
        op.share_location,
        op.background_label,
        op.code_type,
        loc.stored.zero,
        conf.stored.zero,
        max(low, min(high, least)),
        min(ONE, round(op.nms_threshold * 2**31)),
        min(ONE, round(op.nms_eta * 2**31)),
        op.nms_top_k,
        op.keep_top_k,
    )
    known = (
        lowering.constant(f"{node.name}/priors", whole),
        lowering.constant(f"{node.name}/powers", powers()),
    )
    value = node.outputs[0]
    inside = value in lowering.graph.outputs and not lowering.outside
    found = value if inside else lowering.unique(f"{value}.q")
    lowering.builder.add(replace(node, op=made, inputs=(loc.value, conf.value, *known), outputs=(found,)))
    if inside:
        lowering.held[value] = Held(found, Stored("s32", 1.0, 0, low, high))
        return
    real = lowering.builder.apply(Dequantize(1.0), found, name=lowering.unique(f"{value}.f"))
    units = lowering.constant(f"{node.name}/units", (1 / UNITS).astype(np.float32))
    lowering.builder.add(
        replace(node, name=lowering.unique(f"{node.name}/scale"), op=Scale(3), inputs=(real, units, None))
    )
    lowering.reals[value] = value
