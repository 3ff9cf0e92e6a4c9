"""MobileNetV2 as torchvision trained it, written as Caffe files: a prototxt and a caffemodel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.frontends.caffe import write_caffemodel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lpdnn.ir import Array

GROUPS = ((1, 1, 1), (6, 2, 2), (6, 3, 2), (6, 4, 2), (6, 3, 1), (6, 3, 2), (6, 1, 1))
"""Expansion, number of blocks and first stride of each group (Sandler et al. 2018, table 2)."""
EPSILON = 1e-5


@dataclass
class CaffeNet:
    """Layers as text, and the blobs of those that have some; `top` is the blob that the last layer made."""

    checkpoint: Mapping[str, Array]
    text: list[str] = field(default_factory=list)
    weights: dict[str, list[Array]] = field(default_factory=dict)
    top: str = "data"

    def layer(self, name: str, kind: str, *bottoms: str, top: str = "", **parameters: str) -> None:
        """Add a layer that reads the last blob, or `bottoms`, and makes `top`, or a blob of its own name."""
        bottoms = bottoms or (self.top,)
        self.top = top or name
        lines = [f'  name: "{name}"', f'  type: "{kind}"', *(f'  bottom: "{blob}"' for blob in bottoms)]
        lines += [f'  top: "{self.top}"', *(f"  {key} {{ {value} }}" for key, value in parameters.items())]
        self.text.append("layer {\n" + "\n".join(lines) + "\n}")

    def convolution(self, name: str, key: str, stride: int = 1, *, clip: bool = True) -> None:
        """Add a convolution, its batch normalization and, where wanted, ReLU6, from the checkpoint's keys."""
        prefix, _, number = key.rpartition(".")
        norm = f"{prefix}.{int(number) + 1}"
        weight = self.checkpoint[f"{key}.weight"]
        filters, depth, size, _ = weight.shape
        shape = (
            f"num_output: {filters} kernel_size: {size} pad: {size // 2} stride: {stride} bias_term: false"
        )
        groups = f" group: {filters}" if depth == 1 else ""
        self.layer(name, "Convolution", convolution_param=shape + groups)
        moving = f"use_global_stats: true eps: {EPSILON}"
        self.layer(f"{name}/bn", "BatchNorm", top=name, batch_norm_param=moving)
        self.layer(f"{name}/scale", "Scale", top=name, scale_param="bias_term: true")
        if clip:
            self.layer(f"{name}/relu6", "ReLU6", top=name)
        self.weights[name] = [weight]
        moments = [self.checkpoint[f"{norm}.running_{moment}"] for moment in ("mean", "var")]
        self.weights[f"{name}/bn"] = [*moments, np.ones(1, np.float32)]
        self.weights[f"{name}/scale"] = [self.checkpoint[f"{norm}.weight"], self.checkpoint[f"{norm}.bias"]]


def _block(net: CaffeNet, index: int, expansion: int, stride: int, *, residual: bool) -> None:
    """Add an inverted residual: expand, filter each channel, project, and add the input where it fits."""
    source = net.top
    key = f"features.{index}.conv"
    stages = (("expand", f"{key}.0.0", 1), ("depthwise", f"{key}.{int(expansion > 1)}.0", stride))
    for name, part, step in stages[expansion == 1 :]:
        net.convolution(f"block{index}/{name}", part, step)
    net.convolution(f"block{index}/project", f"{key}.{2 if expansion > 1 else 1}", clip=False)
    if residual:
        net.layer(f"block{index}/add", "Eltwise", source, net.top, eltwise_param="operation: SUM")


def network(checkpoint: Mapping[str, Array]) -> CaffeNet:
    """Return the network of a torchvision checkpoint."""
    net = CaffeNet(checkpoint)
    net.text.append('name: "MobileNetV2"\ninput: "data"\ninput_shape { dim: 1 dim: 3 dim: 224 dim: 224 }')
    net.convolution("first", "features.0.0", 2)
    index = 1
    for expansion, repeats, first_stride in GROUPS:
        for repeat in range(repeats):
            _block(net, index, expansion, 1 if repeat else first_stride, residual=repeat > 0)
            index += 1
    net.convolution("last", f"features.{index}.0")
    net.layer("pool", "Pooling", pooling_param="pool: AVE global_pooling: true")
    net.layer("classes", "InnerProduct", inner_product_param="num_output: 1000")
    net.layer("probabilities", "Softmax")
    net.weights["classes"] = [checkpoint["classifier.1.weight"], checkpoint["classifier.1.bias"]]
    return net


def write(checkpoint: Mapping[str, Array], prototxt: Path, caffemodel: Path) -> None:
    """Write the network of a torchvision checkpoint as Caffe files."""
    net = network(checkpoint)
    prototxt.write_text("\n".join(net.text) + "\n")
    write_caffemodel(caffemodel, net.weights, name="MobileNetV2")
