"""Blobs linked by name: in place, shared, split, silenced, twice, too late, missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from caffe_files import layer, network, run_random, write
from lpdnn.frontends.caffe import UnsupportedLayersError, import_caffe, random_weights
from lpdnn.ir import LpdnnError, verify

if TYPE_CHECKING:
    from pathlib import Path


def test_in_place_layers_make_new_values(tmp_path: Path) -> None:
    text = network(
        (1, 4),
        layers=layer("Power", "power_param { shift: 1 }", top=("x",), name="shift")
        + layer("Power", "power_param { scale: 2 }", top=("a",), name="double")
        + layer("Power", "power_param { shift: 3 }", bottom=("a",), top=("a",), name="more")
        + layer("Power", "power_param { scale: -1 }", bottom=("a",), top=("a",), name="turn"),
    )
    graph, inputs, values = run_random(tmp_path, text)
    verify(graph, "import")
    assert graph.outputs == ("a",)
    assert [n.outputs[0] for n in graph.nodes] == ["x/shift", "a/double", "a/more", "a"]
    assert np.allclose(values["a"], -(2 * (inputs["x"] + 1) + 3))


def test_a_reader_before_the_change_sees_the_old_value(tmp_path: Path) -> None:
    text = network(
        (1, 4),
        layers=layer("Power", "power_param { shift: 1 }", top=("a",))
        + layer("Power", "power_param { scale: 10 }", bottom=("a",), top=("old",))
        + layer("Power", "power_param { scale: 0 }", bottom=("a",), top=("a",), name="zero")
        + layer("Eltwise", bottom=("old", "a"), top=("sum",)),
    )
    _, inputs, values = run_random(tmp_path, text)
    assert np.allclose(values["sum"], 10 * (inputs["x"] + 1), atol=1e-5)


def test_every_unread_result_is_an_output_unless_silenced(tmp_path: Path) -> None:
    layers = layer("Slice", "slice_param { axis: 1 }", top=("a", "b", "c")) + layer("TanH", bottom=("a",))
    silence = 'layer { name: "hush" type: "Silence" bottom: "b" }'
    graph, _, _ = run_random(tmp_path, network((1, 3), layers=layers + silence))
    assert graph.outputs == ("c", "out")
    assert "b" not in graph.types


def test_split_gives_one_value_several_names(tmp_path: Path) -> None:
    graph, inputs, values = run_random(tmp_path, network((2, 2), layers=layer("Split", top=("a", "b"))))
    assert graph.outputs == ("a", "b")
    assert all(np.array_equal(values[name], inputs["x"]) for name in graph.outputs)


def test_shared_parameters_are_one(tmp_path: Path) -> None:
    shared = 'param { name: "w" } inner_product_param { num_output: 3 bias_term: false }'
    layers = layer("InnerProduct", shared, top=("a",)) + layer(
        "InnerProduct", shared, bottom=("y",), top=("b",)
    )
    graph, _, _ = run_random(tmp_path, network((1, 5), (2, 5), layers=layers))
    first, second = graph.constants.values()
    assert np.array_equal(first, second)
    weights = random_weights(tmp_path / "deploy.prototxt")
    assert np.array_equal(weights["a"][0], weights["b"][0])
    wrong = layers + layer("InnerProduct", shared, bottom=("b",), top=("c",))
    with pytest.raises(LpdnnError, match=r":7: shares the parameter 'w' of shape 3x5, but needs 3x3"):
        run_random(tmp_path, network((1, 5), (2, 5), layers=wrong))


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        (
            layer("ReLU", bottom=("ghost",)),
            "deploy.prototxt:3: the layer 'out' reads 'ghost', which no layer makes",
        ),
        (
            layer("ReLU", bottom=("b",), top=("a",)) + layer("ReLU", bottom=("a",), top=("b",)),
            "deploy.prototxt:3: the layer 'a' reads 'b', which is made only later (deploy.prototxt:4)",
        ),
        (layer("ReLU", bottom=("out",)), "reads 'out', which is made only later (deploy.prototxt:3)"),
        (
            layer("ReLU") + layer("TanH"),
            "deploy.prototxt:4: the layer 'out' makes 'out', which another made before",
        ),
        (layer("Split", top=("a", "a")), "the layer 'a' makes one blob twice"),
        (layer("ReLU", bottom=("x", "x")), "the ReLU layer 'out' has 2 bottoms; it takes 1"),
        ('layer { name: "r" type: "ReLU" bottom: "x" }', "the ReLU layer 'r' has 0 tops; it takes 1"),
        (layer("Concat", bottom=()), "the Concat layer 'out' has 0 bottoms; it takes 1 or more"),
        ('layer { name: "s" type: "Silence" bottom: "x" }', "the network has no output"),
    ],
)
def test_links_that_lead_nowhere(tmp_path: Path, layers: str, sentence: str) -> None:
    with pytest.raises(LpdnnError) as caught:
        run_random(tmp_path, network((1, 2), layers=layers))
    assert sentence in str(caught.value)


def test_names_may_be_missing_or_used_twice(tmp_path: Path) -> None:
    layers = 'layer { type: "ReLU" bottom: "x" top: "a" }' + layer(
        "TanH", bottom=("a",), top=("b",), name="same"
    )
    graph, _, _ = run_random(
        tmp_path, network((1, 2), layers=layers + layer("TanH", bottom=("b",), name="same"))
    )
    assert [n.name for n in graph.nodes] == ["a", "same", "same#2"]
    product = "inner_product_param { num_output: 2 }"
    two = layer("InnerProduct", product, top=("b",), name="same") + layer(
        "InnerProduct", product, ("b",), name="same"
    )
    with pytest.raises(
        LpdnnError, match=r":4: the layer 'same' has the name of another layer with weights \(.*:3\)"
    ):
        run_random(tmp_path, network((1, 2), layers=two))


def test_everything_unsupported_is_told_at_once(tmp_path: Path) -> None:
    layers = (
        layer("Convolution", "convolution_param { num_output: 2 kernel_size: 1 }", top=("a",))
        + layer("Warp", "warp_param { strength: 3 }", bottom=("a",), top=("b",), name="[odd] name")
        + layer("Pooling", "pooling_param { pool: STOCHASTIC kernel_size: 2 }", bottom=("b",), top=("c",))
        + layer("Pooling", "pooling_param { pool: L2 kernel_size: 2 }", bottom=("c",), top=("d",))
        + layer("Pooling", "pooling_param { kernel_size: 2 }", bottom=("d",), top=("e", "mask"))
        + layer("LSTM", bottom=("e",), top=("f",))
        + layer("Relu", bottom=("f",), top=("g",))
        + layer("Upsample", bottom=("g", "mask"))
    )
    with pytest.raises(UnsupportedLayersError) as caught:
        import_caffe(write(tmp_path, network((1, 2, 8, 8), layers=layers)))
    lines = str(caught.value).split("\n")
    assert lines[0] == "deploy.prototxt: 7 layers are not supported"
    assert [line.split()[0] for line in lines[1:]] == ["line", "4", "5", "6", "7", "8", "9", "10"]
    assert "no layer of this type is known here" in lines[2]
    assert "stochastic" in lines[3]
    assert "'L2' is not known" in lines[4]
    assert "second top" in lines[5]
    assert "recurrent" in lines[6]
    assert "did you mean ReLU?" in lines[7]
    assert "mask of positions" in lines[8]
    assert str(caught.value).isprintable() or set(
        filter(lambda c: not c.isprintable(), str(caught.value))
    ) == {"\n"}
    assert [(p.line, p.type) for p in caught.value.problems][:2] == [(4, "Warp"), (5, "Pooling")]


def test_origin_and_names_stay_as_they_are(tmp_path: Path) -> None:
    name = "conv1/3x3 (reduced):0_<a>=[b]#%s"
    graph, _, _ = run_random(tmp_path, network((1, 2), layers=layer("ReLU", name=name)))
    (node,) = graph.nodes
    assert (node.name, node.origin) == (name, "deploy.prototxt:3 (ReLU)")


@pytest.mark.parametrize(
    "name", ['a"b', "a'b", "x; exit(1)", "*/ int main(){} /*", "a\\b", "a\x07b", "a//b", "a??/b"]
)
@pytest.mark.parametrize("where", ["name", "top"])
def test_quotes_and_c_syntax_in_names_are_refused(tmp_path: Path, name: str, where: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"').replace("\x07", "\\007")
    text = layer("ReLU", name=quoted) if where == "name" else layer("ReLU", top=(quoted,), name="relu")
    with pytest.raises(LpdnnError, match=r"^deploy.prototxt:3: the name '.*' has .* in it.*; rename it$"):
        run_random(tmp_path, network((1, 2), layers=text))
