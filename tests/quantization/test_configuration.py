"""The configuration file: written, read back, edited by hand, and refused where it cannot be."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lpdnn.ir import Graph, GraphBuilder, LpdnnError, TensorType
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.pool import Pool
from lpdnn.quantization import (
    Configuration,
    Format,
    Histogram,
    Statistics,
    Tensor,
    load_configuration,
    rounded,
    save_configuration,
    source,
    structure,
    weights_mark,
)

if TYPE_CHECKING:
    from pathlib import Path


def net(filters: int = 4, seed: int = 0) -> Graph:
    rng = np.random.default_rng(seed)
    graph = GraphBuilder("small")
    x = graph.input("x", TensorType((1, 3, 8, 8)))
    w = graph.constant("w", rng.standard_normal((filters, 3, 3, 3)).astype(np.float32))
    v = graph.constant("v", rng.standard_normal((5, filters * 9)).astype(np.float32))
    conv = graph.apply(Conv2d(), x, w, None, name="conv")
    pool = graph.apply(Pool(kind="max", kernel=(2, 2), stride=(2, 2)), conv, name="pool")
    return graph.finish([graph.apply(FullyConnected(), pool, v, None, name="fc")])


def configuration(graph: Graph) -> Configuration:
    shapes = {"conv": graph.types["w"].shape, "fc": graph.types["v"].shape}
    d8, pc8 = Format("D", 8, il=2, fl=6, mse=1e-4, sqnr=30.5), Format("PC", 8, scale=(0.5,))
    weights = {
        name: Tensor(shape, "D8", {"D8": d8}, Statistics(-1, 1), Histogram(-1, 1, (3, 4)))
        for name, shape in shapes.items()
    }
    activations = {
        name: Tensor(graph.types[name].shape, "PC8", {"PC8": pc8, "D8": d8}) for name in ("x", "conv", "fc")
    }
    return Configuration(
        "small",
        structure(graph),
        weights_mark(graph),
        weights,
        activations,
        {"equalize": True},
        {"images": 3},
    )


def test_values_with_a_format_of_their_own() -> None:
    graph = net()
    assert rounded(graph) == ("x", "conv", "fc")
    assert source(graph, "pool") == "conv"


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    graph = net()
    one = configuration(graph)
    save_configuration(one, tmp_path / "q.json")
    found = load_configuration(tmp_path / "q.json")
    assert found == one
    assert found.weight("conv").sqnr == 30.5
    found.check(graph)
    assert "[3, 4]" in (tmp_path / "q.json").read_text()


def test_another_choice_is_a_word() -> None:
    one = configuration(net()).choosing({"conv": "float"}, {"x": "D8"})
    assert one.weight("conv").method == "float"
    assert one.activation("x").label == "D8"


def edited(tmp_path: Path, **changes: Any) -> Path:
    """Write a configuration with parts changed, named by their path."""
    path = tmp_path / "q.json"
    save_configuration(configuration(net()), path)
    document = json.loads(path.read_text())
    for where, value in changes.items():
        *parts, last = where.split("__")
        place = document
        for part in parts:
            place = place[part]
        if value is None:
            del place[last]
        else:
            place[last] = value
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"weights__conv__chosen": "D4"},
            "weights of 'conv': 'D4' is chosen, and the candidates are D8, float",
        ),
        ({"weights__conv__candidates__D8__bits": 99}, "weights of 'conv': 99 bits cannot be"),
        ({"weights__conv__candidates__D8__bits": "8"}, "bits is '8', and must be of type int"),
        ({"weights__conv__candidates__D8__wat": 8}, "'wat', which no format has"),
        ({"weights__conv__candidates__D8": 8}, "which is no format"),
        ({"weights__conv__shape": "abc"}, "not described as a tensor is"),
        ({"activations__x__candidates__PC8__scale": [1, 2]}, "an activation has one"),
        ({"activations__x__candidates__PC8__scale": 1}, "no list of numbers"),
        ({"lpdnn_quantization": 9}, "version 9 of the format"),
        ({"steps": {"dance": True}}, "no step 'dance'"),
        ({"weights": None}, "is not a quantization, or damaged"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    path = edited(tmp_path, **changes)
    with pytest.raises(LpdnnError, match=reason) as caught:
        load_configuration(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"weights__conv": None}, "layer 'conv' of the network is missing"),
        ({"activations__fc": None}, "value 'fc' of the network is missing"),
        ({"weights_mark": "0"}, "its weights differ"),
    ],
)
def test_a_missing_layer_is_named(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    found = load_configuration(edited(tmp_path, **changes))
    with pytest.raises(LpdnnError, match=reason):
        found.check(net())


def test_a_network_that_it_was_not_made_for_is_refused() -> None:
    one = configuration(net())
    with pytest.raises(LpdnnError, match="layer 'conv' has another shape"):
        one.check(net(filters=6))
    with pytest.raises(LpdnnError, match="its weights differ"):
        one.check(net(seed=1))
    one.check(net(seed=1), weights=False)
    stranger = replace(one, weights={**one.weights, "conv9": one.weights["conv"]})
    with pytest.raises(LpdnnError, match="has no layer 'conv9'"):
        stranger.check(net())
