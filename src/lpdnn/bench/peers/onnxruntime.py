"""ONNX Runtime on the CPU."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.bench.peers import Run
    from lpdnn.ir import Array

PACKAGES = ("onnxruntime",)
READS = (".onnx",)


def load(model: Path, folder: Path) -> Run:
    """Return a session of one thread."""
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = runtime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(x: Array) -> list[Array]:
        outputs: list[Array] = session.run(None, {name: x})
        return outputs

    return run
