"""TensorFlow Lite: .tflite files -> Graph. The tflite package is needed only here, so it is loaded late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lpdnn.ir import Graph


def accepts(path: Path) -> bool:
    """Tell whether a file is named as TensorFlow Lite's are."""
    return path.suffix == ".tflite"


def read(
    model: Path, weights: Path | None, *, shapes: Mapping[str, tuple[int, ...]], fill: str | None, seed: int
) -> Graph:
    """Return the network in a TensorFlow Lite file; its weights are inside."""
    del seed
    if weights is not None or fill is not None:
        message = f"{model}: a TFLite model brings its weights along; give no other weights, and no fill"
        raise LpdnnError(message)
    try:
        from lpdnn.frontends.tflite.importer import import_tflite  # noqa: PLC0415  # needs an optional package
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"tflite", "flatbuffers"}:
            raise
        message = f"{model}: reading TFLite needs the tflite package: pip install 'lpdnn[tflite]'"
        raise LpdnnError(message) from error
    return import_tflite(model, shapes=shapes)


__all__ = ["accepts", "read"]
