"""The dnn module of OpenCV."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.bench.peers import Run
    from lpdnn.ir import Array

PACKAGES = ("opencv-python-headless", "onnx")
READS = (".onnx",)


def load(model: Path, folder: Path) -> Run:
    """Return a network of one thread."""
    runtime = import_module("cv2")
    runtime.setNumThreads(1)
    net = runtime.dnn.readNetFromONNX(str(model))
    # In the model's order: OpenCV's own is that of the alphabet.
    names = [value.name for value in import_module("onnx").load(str(model)).graph.output]

    def run(x: Array) -> list[Array]:
        net.setInput(x)
        return list(net.forward(names))

    return run
