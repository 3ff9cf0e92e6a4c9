"""The best mix against single plugins, on a network of a few layers: what is run, not how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.plugins_that_fail import two_functions
from lpdnn.bench.convolutions import markdown, rows
from lpdnn.bench.gemm import as_network, products
from lpdnn.bench.network import MIX, contenders, race
from lpdnn.bench.reports import command_line, contenders_table, slug
from lpdnn.bench.subjects import subjects
from lpdnn.ir import LpdnnError
from lpdnn.selection import CostTable, Measurement, implementation_key, layer_key, model
from lpdnn.targets import find
from selection.with_kernels import PLUGINS, branching

if TYPE_CHECKING:
    from lpdnn.ir import Graph

NATIVE = find("native")


def _table(graph: Graph) -> CostTable:
    """Return a table in which each implementation takes a millisecond more than the one before."""
    layers = {
        one.key: {implementation_key(use): Measurement(1.0 + n) for n, use in enumerate(one.implementations)}
        for one in subjects(graph, NATIVE, plugins=PLUGINS)
    }
    return CostTable("native", libraries={}, layers=layers)


def test_the_mix_and_each_plugin_run_in_turns() -> None:
    graph = branching()
    given = model(graph, NATIVE, _table(graph), plugins=PLUGINS)
    assert not given.estimated
    found = contenders(given)
    assert [one.name for one in found] == [MIX, "cpu_vanilla", "test_layouts"]
    assert all(found[0].predicted <= one.predicted for one in found)
    assert {one.plugin.name for one in found[1].selection.nodes.values()} == {"cpu_vanilla"}
    race(graph, found, rounds=3)
    assert all(len(one.samples) == 3 and min(one.samples) >= 0 for one in found)
    assert len(contenders_table(found)) == 2 + 3


def test_a_plugin_that_has_nothing_is_refused() -> None:
    graph = branching()
    given = model(graph, NATIVE, _table(graph), plugins=PLUGINS)
    with pytest.raises(LpdnnError, match="plugin 'cpu_other' has nothing"):
        contenders(given, ["cpu_other"])


def test_each_convolution_has_the_best_of_each_plugin() -> None:
    graph = branching()
    table = _table(graph)
    found = rows(graph, NATIVE, table)
    names = [name for row in found for name in row.nodes]
    assert names == [node.name for node in graph.nodes if node.op.NAME == "conv2d"]
    for row in found:
        vanilla = row.best["cpu_vanilla"]
        node = next(n for n in graph.nodes if n.name == row.nodes[0])
        key = layer_key(node.op, graph.input_types(node), graph.output_types(node))
        assert vanilla.seconds == table.seconds(key, implementation_key(vanilla.implementation))
    assert sum("**" in line for line in markdown(found)) == len(found)


def test_products_are_those_of_the_convolutions() -> None:
    some = products(branching())
    assert (some[0].m, some[0].n, some[0].k) == (16, 63, 27)
    assert len(set(some)) == len(some)
    net = as_network(some)
    cost = {node.name: node.op.cost(net.input_types(node), net.output_types(node)) for node in net.nodes}
    for one in some:
        assert cost[str(one)].multiplications == one.m * one.n * one.k
    with pytest.raises(LpdnnError, match="no convolution"):
        products(two_functions())


def test_names_of_files_and_commands_are_safe() -> None:
    assert slug("VGG 16/../x") == "vgg-16-..-x"
    assert command_line("lpdnn", "a b") == "lpdnn 'a b'"
