"""OpenCV's Caffe reader as an oracle: every layer's results of a Caffe network.

OpenCV 4 reads Caffe files; OpenCV 5 does not any more.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lpdnn.frontends.caffe import random_weights, write_caffemodel
from lpdnn.frontends.caffe.weights import open_weights
from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpdnn.ir import Array

_HDF5 = b"\x89HDF"


def obstacle(model: Path) -> str:
    """Return why OpenCV cannot be asked about a network, "" where it can."""
    try:
        import cv2  # noqa: PLC0415  # not a dependency: who has it can use it
    except ImportError:
        return "OpenCV is not installed (pip install opencv-python-headless==4.14.0.94)"
    if not hasattr(cv2.dnn, "readNetFromCaffe"):
        return f"OpenCV {cv2.__version__} does not read Caffe files; version 4 does"
    if model.suffix != ".prototxt":
        return f"OpenCV reads Caffe's files, and {model.name} is not a .prototxt"
    return ""


def layer_values(
    model: Path,
    weights: Path | None,
    inputs: Mapping[str, Array],
    *,
    shapes: Mapping[str, tuple[int, ...]],
    fill: str | None,
    seed: int,
) -> dict[str, list[Array]]:
    """Return the results of every layer that OpenCV computes, in its order."""
    import cv2  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        binary = Path(folder) / "weights.caffemodel"
        if fill is not None:
            write_caffemodel(binary, random_weights(model, shapes=shapes, seed=seed))
        elif weights is not None and _is_hdf5(weights):
            with open_weights(weights) as layers:
                write_caffemodel(binary, {name: [b.load() for b in blobs] for name, blobs in layers.items()})
        elif weights is not None:
            binary = weights
        else:
            write_caffemodel(binary, {})
        try:
            net = cv2.dnn.readNetFromCaffe(str(model), str(binary))
            # Fusion would give a layer the value of the one that is melted into it.
            net.enableFusion(False)  # OpenCV's signature
            net.enableWinograd(False)  # it is less exact
            for name, array in inputs.items():
                net.setInput(array, name)
            names = list(net.getLayerNames())
            results = net.forwardAndRetrieve(names)
        except cv2.error as error:
            message = f"OpenCV cannot compute {model}: {str(error).strip().splitlines()[-1]}"
            raise LpdnnError(message) from error
    return {name: list(values) for name, values in zip(names, results, strict=True)}


def _is_hdf5(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_HDF5)) == _HDF5
