"""Networks of a few layers whose answers are known by thinking, as Caffe files and as .lpdnn files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from caffe_files import layer, network, write
from lpdnn.frontends.caffe import write_caffemodel

if TYPE_CHECKING:
    from pathlib import Path

COLOURS = ("blue", "green", "red", "none", "nothing")


def colour_classifier(folder: Path, batch: int = 1) -> tuple[Path, Path]:
    """Write a network that names the strongest of the channels 0, 1 and 2 of a photo of 8x8; classes 3, 4 never win."""
    layers = (
        layer("Convolution", "convolution_param { num_output: 5 kernel_size: 8 }", ("x",), ("score",))
        + layer("ReLU", "", ("score",), ("score",), name="relu")
        + layer("Softmax", "", ("score",), ("prob",))
    )
    weight = np.zeros((5, 3, 8, 8), np.float32)
    for channel in range(3):
        weight[channel, channel] = 1 / 64 / 32
    weights = folder / "colours.caffemodel"
    write_caffemodel(weights, {"score": [weight, np.zeros(5, np.float32)]})
    return write(folder, network((batch, 3, 8, 8), layers=layers), "colours.prototxt"), weights


def adder(folder: Path) -> Path:
    """Write a network that adds two vectors, and has their ReLU as a second output."""
    layers = layer("Eltwise", "", ("x", "y"), ("sum",)) + layer("ReLU", "", ("x",), ("positive",))
    return write(folder, network((1, 4), (1, 4), layers=layers), "adder.prototxt")


def detector(folder: Path) -> Path:
    """Write a network that passes locations and confidences on to DetectionOutput, with two prior boxes."""
    detection = (
        "detection_output_param { num_classes: 3 share_location: true background_label_id: 0 keep_top_k: 4 "
        "nms_param { nms_threshold: 0.5 top_k: 4 } confidence_threshold: 0.1 code_type: CORNER }"
    )
    layers = layer("DetectionOutput", detection, ("x", "y", "z"), ("found",))
    return write(folder, network((1, 8), (1, 6), (1, 2, 8), layers=layers), "detector.prototxt")
