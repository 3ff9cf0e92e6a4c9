"""Small Caffe files for tests: text of layers, whole networks on disk, OpenCV's reader beside ours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.frontends.caffe import import_caffe, random_weights, write_caffemodel
from lpdnn.interpreter import interpret

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.ir import Array, Graph

BLOBS = ("x", "y", "z")
_PARAMS = {
    "ArgMax": "argmax",
    "ConvolutionDepthwise": "convolution",
    "Deconvolution": "convolution",
    "DepthwiseConvolution": "convolution",
    "Normalize": "norm",
}


def layer(
    kind: str,
    params: str = "",
    bottom: tuple[str, ...] = ("x",),
    top: tuple[str, ...] = ("out",),
    name: str = "",
) -> str:
    """Return the text of a layer on one line."""
    links = [f'bottom: "{b}"' for b in bottom] + [f'top: "{t}"' for t in top]
    return f'layer {{ name: "{name or top[0]}" type: "{kind}" {" ".join(links)} {params} }}\n'


def one(
    kind: str, settings: str = "", bottom: tuple[str, ...] = ("x",), top: tuple[str, ...] = ("out",)
) -> str:
    """Return the text of a layer with settings in the parameter message of its type."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", kind).lower()
    param = _PARAMS.get(kind, snake)
    return layer(kind, f"{param}_param {{ {settings} }}" if settings else "", bottom, top)


def network(*shapes: tuple[int, ...], layers: str) -> str:
    """Return the text of a network with inputs x, y, z of these shapes."""
    names = [f'input: "{name}"\n' for name, _ in zip(BLOBS, shapes, strict=False)]
    dims = [" ".join(f"dim: {extent}" for extent in shape) for shape in shapes]
    return "".join(names) + "".join(f"input_shape {{ {text} }}\n" for text in dims) + layers


def write(folder: Path, text: str, name: str = "deploy.prototxt") -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def inputs_for(graph: Graph, seed: int = 1) -> dict[str, Array]:
    """Return seeded values for a graph's inputs."""
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal(graph.types[name].shape).astype(np.float32) for name in graph.inputs}


def run_random(folder: Path, text: str, seed: int = 0) -> tuple[Graph, dict[str, Array], dict[str, Array]]:
    """Return a network with seeded weights, its inputs, and all its values."""
    graph = import_caffe(write(folder, text), fill="random", seed=seed)
    inputs = inputs_for(graph)
    return graph, inputs, interpret(graph, inputs)


def in_opencv(
    model: Path, inputs: dict[str, Array], names: list[str], weights: Path | None = None, seed: int = 0
) -> list[Array]:
    """Return results that OpenCV's Caffe reader computes for the same seeded weights, or those of a file."""
    import cv2

    if weights is None:
        weights = model.with_suffix(".caffemodel")
        shapes = {name: array.shape for name, array in inputs.items()}
        write_caffemodel(weights, random_weights(model, shapes=shapes, seed=seed))
    net = cv2.dnn.readNetFromCaffe(str(model), str(weights))
    net.enableFusion(False)
    net.enableWinograd(False)
    for name, array in inputs.items():
        net.setInput(array, name)
    return list(net.forward(names))


def relative_error(got: Array, want: Array) -> float:
    """Return the largest difference, relative to the largest value."""
    scale = float(np.max(np.abs(want), initial=0.0)) or 1.0
    return float(np.max(np.abs(got.astype(np.float64) - want), initial=0.0)) / scale
