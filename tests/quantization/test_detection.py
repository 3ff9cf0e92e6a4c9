"""Detections with integers: the boxes of the float network, to what 13 fraction bits tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import lpdnn
from lpdnn.interpreter import interpret
from lpdnn.ir import GraphBuilder, TensorType
from lpdnn.ops.detection_output import DetectionOutput
from lpdnn.ops.qdetection_output import UNITS
from lpdnn.quantization import Analysis, quantized
from quantization.configured import configured

FIXED16 = Analysis(weight_bits=(16,), activation_bits=(16,), methods=("D",), clip=False)


@pytest.mark.parametrize("number", range(len(DetectionOutput.samples())))
def test_boxes_are_those_of_the_float_network(number: int) -> None:
    sample = DetectionOutput.samples()[number]
    loc, conf, priors = sample.arrays()
    assert isinstance(sample.op, DetectionOutput)
    # scores are multiples of 1/40 here, and rounding must not carry any over the threshold
    op = replace(sample.op, confidence_threshold=sample.op.confidence_threshold + 0.01)
    builder = GraphBuilder("detector")
    inputs = {"loc": loc, "conf": conf}
    for name, array in inputs.items():
        builder.input(name, TensorType(array.shape))
    builder.constant("priors", priors)
    graph = builder.finish([builder.apply(op, "loc", "conf", "priors", name="found")])
    configuration = configured(graph, [inputs], FIXED16)
    lowered = quantized(graph, configuration)
    assert lowered.notes == ()
    wanted, got = (interpret(one, inputs)["found"].reshape(-1, 7) for one in (graph, lowered.graph))
    assert (wanted[:, 0] >= 0).any() == (op.confidence_threshold < 1)
    assert np.array_equal(got[:, :2], wanted[:, :2])
    assert np.abs(got[:, 2] - wanted[:, 2]).max() < 1e-4
    assert np.abs(got[:, 3:] - np.clip(wanted[:, 3:], -2, 2)).max() < 2e-3
    inside = quantized(graph, configuration, integers_outside=True).graph
    whole = {
        name: inside.formats[name].quantize(array, inside.types[name].dtype) for name, array in inputs.items()
    }
    integers = lpdnn.build(inside)(whole) if number == 0 else interpret(inside, whole)["found"]
    assert integers.dtype == np.int32
    assert np.array_equal((integers / UNITS).reshape(-1, 7).astype(np.float32), got)
