"""Wishes: what they match, which counts, and what is said of those that cannot be met."""

from __future__ import annotations

import pytest

from lpdnn.ir import LpdnnError
from lpdnn.selection import Model, Selection, fastest, model, parse
from lpdnn.targets import find
from selection.with_kernels import PLUGINS, branching

GRAPH = branching()
NATIVE = find("native")


def _model(*use: str) -> Model:
    return model(GRAPH, NATIVE, use=[parse(text) for text in use], plugins=PLUGINS)


def _chosen(*use: str) -> Selection:
    return fastest(_model(*use))


def test_patterns_match_names_operators_and_plugins() -> None:
    by_name = _chosen("head*=test_layouts:test:nhwc")
    assert {str(by_name.nodes[f"head{i}"]) for i in range(3)} == {"test_layouts:test:nhwc"}
    by_operator = _chosen("op:conv2d=cpu_vanilla")
    convolutions = [node.name for node in GRAPH.nodes if node.op.NAME == "conv2d"]
    assert {by_operator.nodes[name].plugin.name for name in convolutions} == {"cpu_vanilla"}
    everything = _chosen("*=cpu_vanilla")
    assert {one.plugin.name for one in everything.nodes.values()} == {"cpu_vanilla"}
    assert not everything.conversions
    assert _chosen("*=cpu_van*").nodes == everything.nodes


def test_the_last_directive_about_a_node_counts() -> None:
    found = _chosen("*=cpu_vanilla", "head1=test_layouts:test:nchw8c")
    assert str(found.nodes["head1"]) == "test_layouts:test:nchw8c"
    assert found.nodes["head0"].plugin.name == "cpu_vanilla"
    assert _chosen("head1=test_layouts", "*=cpu_vanilla").nodes["head1"].plugin.name == "cpu_vanilla"


def test_layouts_and_files_can_be_wished_for() -> None:
    assert str(_chosen("left=test_layouts:nchw>nhwc").nodes["left"]) == "test_layouts:test:nchw>nhwc"
    assert _chosen("left=test_layouts:*>nchw8c").nodes["left"].layouts == "nhwc>nchw8c"
    by_file = _chosen("left=test_layouts:conv2d_f32_nhwc__test")
    assert str(by_file.nodes["left"]) == "test_layouts:test:nhwc"


def test_words_of_a_primitives_way_of_working_can_be_wished_for() -> None:
    one = _model().problem.sites[0].alternatives[0].implementation
    assert one is not None
    many = [type(one)(one.plugin, type(one.primitive)(one.primitive.op, how)) for how in
            ("im2row_openblas", "im2row_blis", "im2row")]  # fmt: skip
    assert parse("x=*:im2row:openblas").narrow(many) == [0]
    assert parse("x=*:im2row").narrow(many) == [2]  # the very name goes before words of longer ones
    assert parse("x=*:blis").narrow(many) == [1]
    assert parse("x=*:im2*").narrow(many) == [0, 1, 2]


def test_conversions_can_be_wished_for_by_operator_and_by_name() -> None:
    for text in ("op:convert=cpu_vanilla:ref", "stem@nhwc=cpu_vanilla"):
        _chosen(text, "stem=cpu_vanilla", "left=test_layouts:test:nhwc")
    with pytest.raises(LpdnnError, match="test_layouts has no convert"):
        _chosen("stem@nhwc=test_layouts")


def test_nodes_for_which_a_wide_wish_has_nothing_stay_free_and_are_told() -> None:
    found = _chosen("*=test_layouts")
    assert found.nodes["pool"].plugin.name == "cpu_vanilla"
    assert found.nodes["left"].plugin.name == "test_layouts"
    (note,) = found.notes
    assert "'*=test_layouts' has nothing that fits 3 of its nodes: concat, pool, fc" in note


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("conv1", "is not of the form"),
        ("=cpu_vanilla", "is not of the form"),
        ("conv1=", "is not of the form"),
        ("conv1=cpu_vanilla:", "is not of the form"),
        ("stem=cpu_vanila", "no plugin 'cpu_vanila'; nearest: cpu_vanilla"),
        ("stemm=cpu_vanilla", "no node is called 'stemm'; nearest: stem"),
        ("op:conv=cpu_vanilla", "no operator is called 'conv'; nearest: conv2d"),
        ("stem=test_layouts:tast", "fits 'tast'; nearest: test"),
        ("stem=test_layouts:test:nhwc8", "fits 'test:nhwc8'; nearest: "),
        ("pool=test_layouts", "test_layouts has no pool"),
        ("stam@nhwc=cpu_vanilla", "no image to convert called so; nearest: stem"),
    ],
)
def test_what_cannot_be_met_is_said_with_the_nearest_names(text: str, words: str) -> None:
    with pytest.raises(LpdnnError, match="directive") as error:
        _model(text)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_primitive_that_refuses_a_node_is_quoted() -> None:
    other = branching(coefficients=(1.0, 2.0, 1.0))
    with pytest.raises(LpdnnError, match="it is no plain sum"):
        model(other, NATIVE, use=[parse("sum=test_layouts")], plugins=PLUGINS)
