"""MNN, after its own conversion."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.toolchain.compilers import call

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.bench.peers import Run
    from lpdnn.ir import Array

PACKAGES = ("mnn", "onnx")
READS = (".onnx",)
CONVERT = "import sys, _tools; _tools.mnnconvert(sys.argv)"
"""Not MNN's own command, which has pip install a logging package; and in a process whose memory does not count."""


def load(model: Path, folder: Path) -> Run:
    """Convert the model, and return it as a module of one thread."""
    graph = import_module("onnx").load(str(model), load_external_data=False).graph
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    converted = folder / "model.mnn"
    words = ["-f", "ONNX", "--modelFile", str(model), "--MNNModel", str(converted), "--bizCode", "bench"]
    call([sys.executable, "-c", CONVERT, *words])
    expressions, modules = import_module("MNN.expr"), import_module("MNN.nn")
    manager = modules.create_runtime_manager(({"backend": "CPU", "numThread": 1, "precision": "high"},))
    names = [value.name for value in graph.output]
    module = modules.load_module_from_file(str(converted), [inputs[0].name], names, runtime_manager=manager)
    shape = [extent.dim_value for extent in inputs[0].type.tensor_type.shape.dim]
    place = expressions.placeholder(shape, expressions.NCHW)

    def run(x: Array) -> list[Array]:
        place.write(x)
        return [np.asarray(output.read()) for output in module.forward([place])]

    return run
