"""OpenVINO on the CPU, told to compute in fp32: else it takes bf16 where the CPU has it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.bench.peers import Run
    from lpdnn.ir import Array

PACKAGES = ("openvino",)
READS = (".onnx",)
SETTINGS = {
    "INFERENCE_PRECISION_HINT": "f32",
    "INFERENCE_NUM_THREADS": 1,
    "NUM_STREAMS": 1,
    "PERFORMANCE_HINT": "LATENCY",
}


def load(model: Path, folder: Path) -> Run:
    """Return a compiled model with one request."""
    runtime = import_module("openvino")
    compiled = runtime.Core().compile_model(str(model), "CPU", SETTINGS)
    request = compiled.create_infer_request()
    data = request.get_input_tensor().data
    outputs = [request.get_output_tensor(i) for i in range(len(compiled.outputs))]

    def run(x: Array) -> list[Array]:
        data[...] = x
        request.infer()
        return [output.data for output in outputs]

    return run
