"""ONNX: .onnx files -> Graph. The onnx package is needed only here, so it is loaded when a file is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lpdnn.ir import Graph


def accepts(path: Path) -> bool:
    """Tell whether a file is named as ONNX's are."""
    return path.suffix == ".onnx"


def read(
    model: Path, weights: Path | None, *, shapes: Mapping[str, tuple[int, ...]], fill: str | None, seed: int
) -> Graph:
    """Return the network in an ONNX file; its weights are inside, or beside it."""
    del seed
    if weights is not None or fill is not None:
        message = f"{model}: an ONNX model brings its weights along; give no other weights, and no fill"
        raise LpdnnError(message)
    try:
        from lpdnn.frontends.onnx.importer import import_onnx  # noqa: PLC0415  # needs an optional package
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"onnx", "ml_dtypes"}:
            raise
        message = f"{model}: reading ONNX needs the onnx package: pip install 'lpdnn[onnx]'"
        raise LpdnnError(message) from error
    return import_onnx(model, shapes=shapes)


__all__ = ["accepts", "read"]
