"""tract, which has one thread."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.bench.peers import Run
    from lpdnn.ir import Array

PACKAGES = ("tract",)
READS = (".onnx",)


def load(model: Path, folder: Path) -> Run:
    """Return a runnable model."""
    runnable = import_module("tract").onnx().load(str(model)).into_model().into_runnable()

    def run(x: Array) -> list[Array]:
        return [output.to_numpy() for output in runnable.run([x])]

    return run
