"""Whole networks: all that are in the shared data import, and compute what OpenCV's reader computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from caffe_files import in_opencv, inputs_for, relative_error
from lpdnn.frontends.caffe import import_caffe
from lpdnn.interpreter import interpret
from lpdnn.ir import verify
from lpdnn.ops.detection_output import DetectionOutput
from shared_data import shared

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.ir import Array, Graph

SHAPES = {  # of files that do not tell
    "cifar10_full_train_test": {"data": (1, 3, 32, 32)},
    "cifar10_m4_train_test": {"data": (1, 3, 32, 32)},
    "cifar10_m7_train_test": {"data": (1, 3, 32, 32)},
    "lenet_train_test": {"data": (1, 1, 28, 28)},
    "reshape_and_slice_routines": {"input": (2, 3, 4, 5)},
}


def test_every_network_imports() -> None:
    models = shared("models")
    paths = [path for path in sorted(models.glob("**/*.prototxt")) if "solver" not in path.name]
    assert len(paths) == 39
    for path in paths:
        graph = import_caffe(path, fill="random", shapes=SHAPES.get(path.stem), report=lambda _: None)
        verify(graph, "import")
        assert all(node.origin.startswith(f"{path.name}:") for node in graph.nodes)


def rows(boxes: Array) -> Array:
    """Return the boxes there are, in an order of their own: padding is -1 here and 0 in OpenCV."""
    boxes = boxes.reshape(-1, 7)
    boxes = boxes[boxes[:, 2] > 0]
    return boxes[np.lexsort(np.round(boxes, 4).T)]


def compare(graph: Graph, model: Path, copy: Path, weights: Path | None = None) -> int:
    """Compare every layer; return how many there were."""
    copy.write_bytes(model.read_bytes())
    inputs = inputs_for(graph)
    values = interpret(graph, inputs)
    nodes = {node.name: node for node in graph.nodes}
    names = list(nodes)
    for name, theirs in zip(names, in_opencv(copy, inputs, names, weights), strict=True):
        ours = values[nodes[name].outputs[0]]
        if isinstance(nodes[name].op, DetectionOutput):
            assert rows(ours).shape == rows(theirs).shape
            assert np.allclose(rows(ours), rows(theirs), atol=1e-4)
        else:
            assert relative_error(ours.reshape(-1), theirs.reshape(-1)) < 1e-5, name
    return len(names)


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("MobileNetSSD_voc_deploy", 119),
        ("ResNet-50-deploy", 228),
        ("bvlc_alexnet.deploy", 23),
        ("bvlc_googlenet.deploy", 142),
        ("mobilenet_v2_shicai.deploy", 208),
        ("sphereface20.deploy", 49),
        ("squeezenet_v1.1.deploy", 66),
    ],
)
def test_architectures_with_seeded_weights_layer_by_layer(tmp_path: Path, name: str, layers: int) -> None:
    model = shared(f"models/caffe_prototxts/{name}.prototxt")
    shape = import_caffe(model, fill="random").types["data"].shape
    graph = import_caffe(model, fill="random", shapes={"data": (1, *shape[1:])})
    assert compare(graph, model, tmp_path / "deploy.prototxt") == layers


@pytest.mark.parametrize(
    ("model", "weights"),
    [
        ("squeezenet_v1.0_dc/SqueezeNet_deploy", "squeezenet_v1.0_dc/squeezenet_v1.0_dc"),
        ("face_ssd_yufacedetect/yufacedetectnet-open-v1", "face_ssd_yufacedetect/yufacedetectnet-open-v1"),
        ("cifar10_bvlc/cifar10_full", "cifar10_bvlc/cifar10_full_iter_70000"),
        ("lenet_bvlc/lenet", "lenet_bvlc/lenet_iter_10000"),
        ("mobilenet_v1_0.75_224/mobilenet_v1_0.75_224", "mobilenet_v1_0.75_224/mobilenet_v1_0.75_224"),
    ],
)
def test_trained_networks_layer_by_layer(tmp_path: Path, model: str, weights: str) -> None:
    text, binary = shared(f"models/{model}.prototxt"), shared(f"models/{weights}.caffemodel")
    graph = import_caffe(text, binary)
    assert compare(graph, text, tmp_path / "deploy.prototxt", binary) == len(graph.nodes)
