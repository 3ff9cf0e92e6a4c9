"""Model files -> graphs. A frontend is a module or folder here with `accepts(path)` and `read(...)`."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from lpdnn.ir import Graph, LpdnnError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lpdnn.frontends._supported import Supported


def read_model(
    model: Path, weights: Path | None, *, shapes: Mapping[str, tuple[int, ...]], fill: str | None, seed: int
) -> Graph:
    """Return the network in a file of any kind that a frontend accepts."""
    for path in (model, weights):
        if path is not None and not path.is_file():
            message = f"{path}: there is no such file"
            raise LpdnnError(message)
    names = sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))
    for name in names:
        frontend = importlib.import_module(f"{__name__}.{name}")
        if frontend.accepts(model):
            graph: Graph = frontend.read(model, weights, shapes=shapes, fill=fill, seed=seed)
            return graph
    kinds = ".prototxt, .caffemodel, .onnx, .tflite and .lpdnn"
    message = f"{model}: not a model that LPDNN reads; it reads {kinds} files"
    raise LpdnnError(message)


FRAMEWORKS = ("caffe", "onnx", "tflite")


def supported(framework: str) -> list[Supported]:
    """Return what can be imported from a framework: operators or layers, with their settings there."""
    if framework not in FRAMEWORKS:
        message = f"{framework!r} is no framework that networks are imported from: {', '.join(FRAMEWORKS)}"
        raise LpdnnError(message)
    try:
        module = importlib.import_module(f"{__name__}.{framework}.supported")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("lpdnn"):
            raise
        message = f"{framework} needs the {error.name} package: pip install 'lpdnn[{framework}]'"
        raise LpdnnError(message) from error
    found: list[Supported] = module.supported()
    return found


__all__ = ["FRAMEWORKS", "read_model", "supported"]
