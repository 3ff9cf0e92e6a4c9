"""Seeded weights: the same every time, of a size that keeps activations in range."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from caffe_files import inputs_for, layer, network, run_random, write
from lpdnn.frontends.caffe import import_caffe, random_weights, write_caffemodel
from lpdnn.interpreter import interpret
from shared_data import shared

if TYPE_CHECKING:
    from pathlib import Path


CONVOLUTION = "convolution_param { num_output: 3 kernel_size: 3 }"
FIRST = layer("Convolution", CONVOLUTION, top=("a",))
SECOND = layer("Convolution", CONVOLUTION, ("x",), ("b",))


def test_the_order_of_layers_does_not_matter(tmp_path: Path) -> None:
    one = random_weights(write(tmp_path, network((1, 2, 5, 5), layers=FIRST + SECOND)))
    other = random_weights(write(tmp_path, network((1, 2, 5, 5), layers=SECOND + FIRST)))
    assert all(np.array_equal(p, q) for name in "ab" for p, q in zip(one[name], other[name], strict=True))
    assert not np.array_equal(one["a"][0], one["b"][0])


def test_the_seed_matters(tmp_path: Path) -> None:
    path = write(tmp_path, network((1, 2, 5, 5), layers=FIRST))
    assert not np.array_equal(random_weights(path)["a"][0], random_weights(path, seed=1)["a"][0])
    digest = hashlib.sha256(random_weights(path)["a"][0].tobytes()).hexdigest()
    assert digest.startswith("327185cab992ec92"), (
        "seeded weights must never change: results elsewhere are kept with them"
    )


def test_fillers_state_the_middle(tmp_path: Path) -> None:
    layers = (
        layer(
            "Normalize",
            'norm_param { channel_shared: false scale_filler { type: "constant" value: 20 } }',
            top=("a",),
        )
        + layer("Normalize", "norm_param { scale_filler { value: 20 } }", top=("b",))
        + layer("PReLU", top=("c",))
        + layer(
            "Convolution",
            CONVOLUTION.replace("kernel", 'bias_filler { type: "constant" value: 2 } kernel'),
            top=("d",),
        )
        + layer("Scale", top=("e",))
        + layer("BatchNorm", top=("f",))
    )
    made = random_weights(write(tmp_path, network((1, 64, 5, 5), layers=layers)))
    assert np.abs(made["a"][0] - 20).max() < 4
    assert made["b"][0] == 20
    assert 0.1 < made["c"][0].min() < made["c"][0].max() < 0.4
    assert np.abs(made["d"][1] - 2).max() < 0.2
    assert np.abs(made["e"][0] - 1).max() < 0.2
    mean, variance, factor = made["f"]
    assert variance.min() > 0.5 * factor
    assert np.abs(mean).max() < 0.2 * factor


@pytest.mark.parametrize("name", ["ResNet-152-deploy", "mobilenet_v2_shicai.deploy", "sphereface64.deploy"])
def test_activations_keep_their_size(name: str) -> None:
    graph = import_caffe(shared(f"models/caffe_prototxts/{name}.prototxt"), fill="random")
    values = interpret(graph, inputs_for(graph))
    for node in graph.nodes:
        if node.op.NAME in ("conv2d", "batch_norm", "eltwise", "fc"):
            size = float(np.sqrt(np.mean(values[node.outputs[0]].astype(np.float64) ** 2)))
            assert 0.1 < size < 20, (node.name, size)


def test_written_weights_are_the_same_network(tmp_path: Path) -> None:
    path = write(tmp_path, network((1, 4, 5, 5), layers=layer("BatchNorm", top=("x",), name="bn") + FIRST))
    graph, inputs, values = run_random(tmp_path, path.read_text(), seed=7)
    write_caffemodel(tmp_path / "w", random_weights(path, seed=7))
    again = import_caffe(path, tmp_path / "w")
    assert np.array_equal(interpret(again, inputs)["a"], values["a"])
    assert graph.nodes == again.nodes
