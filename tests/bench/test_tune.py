"""What is measured, what is not again, and what does not stop it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import lpdnn
from bench.plugins_that_fail import PLUGINS, two_functions
from lpdnn.bench.subjects import subjects
from lpdnn.ir import LpdnnError
from lpdnn.selection import CostTable, Measurement, fastest, layer_key, load_costs, model
from lpdnn.targets import find
from selection.with_kernels import PLUGINS as LAYOUT_PLUGINS
from selection.with_kernels import branching

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.ir import Graph
    from lpdnn.primitives import Primitive

NATIVE = find("native")
FAST = 0.01


def _tuned(path: Path, graph: Graph | None = None, **options: object) -> CostTable:
    options = {"confirm": False, "enough": FAST, **options}
    return lpdnn.tune(graph or two_functions(), costs=path, plugins=PLUGINS, simplified=False, **options)


def _entries(table: CostTable, node: str = "first") -> dict[str, Measurement]:
    graph = two_functions()
    (found,) = [n for n in graph.nodes if n.name == node]
    layer = table.layers[layer_key(found.op, graph.input_types(found), graph.output_types(found))]
    return {key.split("__")[1].split(":")[0]: entry for key, entry in layer.items()}


def test_kernels_that_fail_are_noted_with_the_reason_and_the_rest_is_measured(tmp_path: Path) -> None:
    table = _tuned(tmp_path / "costs.json")
    entries = _entries(table)
    assert "SIGSEGV" in entries["crash"].failed
    assert "refused" in entries["refuse"].failed
    assert "does not compile" in entries["uncompiled"].failed
    assert "no weights for you" in entries["unprepared"].failed
    assert entries["good"].ms > 0
    assert not entries["good"].failed
    assert entries["ref"].ms > 0
    assert entries["slow"].dominated
    assert entries["slow"].samples == 1
    assert not entries["late_loaded"].failed
    assert entries["late_loaded"].ms < entries["slow"].ms / 10, "its first call says nothing"
    assert table == load_costs(tmp_path / "costs.json", NATIVE)
    assert table.peak > 0.1
    assert table.compiler
    assert table.features


def test_what_failed_is_not_chosen_and_says_why(tmp_path: Path) -> None:
    table = _tuned(tmp_path / "costs.json")
    given = model(two_functions(), NATIVE, table, plugins=PLUGINS)
    assert "SIGSEGV" in given.refused["first"]["test_failures:crash:nchw"]
    chosen = fastest(given)
    assert chosen.nodes["first"].how in {"good", "ref", "late_loaded"}
    assert chosen.nodes["first"] == chosen.nodes["second"]


def test_what_is_in_the_table_is_not_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "costs.json"
    _tuned(path, use=["first=cpu_vanilla", "second=cpu_vanilla"])
    document = json.loads(path.read_text())
    (key,) = [k for k in document["layers"] if "relu" in k]
    (one,) = document["layers"][key]
    document["layers"][key][one] = {"ms": 12345.0, "spread": 0.0, "samples": 1}
    path.write_text(json.dumps(document))
    steps: list[float] = []
    table = _tuned(path, tell=lambda done, total, _what: steps.append(done / total))
    entries = _entries(table)
    assert entries["ref"].ms == 12345.0
    assert set(entries) == {
        "ref",
        "good",
        "crash",
        "refuse",
        "uncompiled",
        "unprepared",
        "slow",
        "late_loaded",
    }
    assert steps == sorted(steps)
    assert steps[-1] == pytest.approx(1.0)
    before = path.read_text()
    _tuned(path)
    assert path.read_text() == before


def test_an_interrupted_run_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "costs.json"

    def stop(_done: float, _total: float, what: str) -> None:
        if what.startswith("other"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _tuned(path, tell=stop)
    assert len(load_costs(path, NATIVE).layers) <= 1
    assert len(_tuned(path).layers) == 2


def test_a_budget_of_no_time_measures_nothing(tmp_path: Path) -> None:
    assert not _tuned(tmp_path / "costs.json", budget=0.0).layers


def test_a_table_of_another_compiler_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "costs.json"
    _tuned(path, budget=0.0)
    path.write_text(path.read_text().replace('"compiler": "', '"compiler": "other '))
    with pytest.raises(LpdnnError, match="was measured with other"):
        _tuned(path)


def test_boards_are_refused_with_a_sentence() -> None:
    with pytest.raises(LpdnnError, match="does not run on this computer"):
        lpdnn.tune(two_functions(), target="cortex-m4")


def test_layers_and_conversions_are_found_each_once() -> None:
    graph = branching()
    found = subjects(graph, NATIVE, plugins=LAYOUT_PLUGINS)
    assert len({one.key for one in found}) == len(found)
    nodes = {node for one in found if one.op.NAME != "convert" for node in one.nodes}
    assert nodes >= {"stem", "left", "sum", "head0", "small", "pool", "fc"}
    conversions = {(one.op.source, one.op.target) for one in found if one.op.NAME == "convert"}
    assert ("nchw", "nhwc") in conversions
    assert ("nhwc", "nchw8c") in conversions
    assert not any("nchw16c" in pair for pair in conversions), "nobody reads or writes that"
    for one in found:
        assert all(use.layout != "nchw16c" for use in one.implementations)


def test_a_mix_of_layouts_is_measured_whole(tmp_path: Path) -> None:
    path = tmp_path / "costs.json"
    graph = branching()
    table = lpdnn.tune(graph, costs=path, plugins=LAYOUT_PLUGINS, simplified=False, enough=FAST)
    given = model(graph, NATIVE, table, plugins=LAYOUT_PLUGINS)
    assert not given.estimated
    assert not given.notes
    assert not [one for some in table.layers.values() for one in some.values() if one.failed]


def test_the_best_choice_is_measured_again_in_the_network(tmp_path: Path) -> None:
    path = tmp_path / "costs.json"
    _tuned(path)
    # as if by chance: too good to be true
    text = path.read_text()
    document = json.loads(text)
    (key,) = [k for k in document["layers"] if "relu" in k]
    document["layers"][key]["cpu_vanilla:activation_f32_nchw__ref:nchw"]["ms"] = 1e-9
    path.write_text(json.dumps(document))
    table = _tuned(path, confirm=True)
    given = model(two_functions(), NATIVE, table, plugins=PLUGINS)
    entries = _entries(table)
    assert entries["ref"].confirmed
    assert entries["ref"].ms > 1e-6
    assert not entries["slow"].confirmed
    chosen = fastest(given)
    assert entries[chosen.nodes["first"].how].confirmed
    assert table == load_costs(path, NATIVE)
    assert _tuned(path, confirm=True) == table, "what is confirmed is not measured again"


def test_parameters_of_the_fastest_are_tried_and_chosen_where_they_are_measured(tmp_path: Path) -> None:
    def varied(primitive: Primitive, how: str, way: int) -> Primitive:
        return replace(
            primitive, how=how, varies=primitive.how, defines=lambda _op, _inputs, _outputs: {"WAY": way}
        )

    (plugin,) = (one for one in PLUGINS if one.name == "test_failures")
    usual = next(one for one in plugin.primitives if one.how == "good")
    slow = next(one for one in plugin.primitives if one.how == "slow")
    more = (varied(usual, "good_crash", 1), varied(usual, "good_same", 0), varied(slow, "slow_good", 0))
    plugins = (PLUGINS[0], replace(plugin, primitives=(usual, slow, *more)))
    use = ["first=test_failures", "second=test_failures"]
    given = model(two_functions(), NATIVE, plugins=plugins)
    assert not fastest(given).nodes["first"].primitive.varies, "nobody measured it"
    table = lpdnn.tune(
        two_functions(), costs=tmp_path / "costs.json", plugins=plugins, simplified=False, enough=FAST,
        confirm=False, use=use,
    )  # fmt: skip
    entries = _entries(table)
    assert "SIGSEGV" in entries["good_crash"].failed
    assert "good_same" not in entries, "it comes to the same"
    assert "slow_good" not in entries, "what it varies is slow"
    (key,) = [k for k in table.layers if "relu" in k]
    known = table.with_measurements(
        {key: {"test_failures:activation_f32_nchw__good_same:nchw": Measurement(1e-6)}}
    )
    given = model(two_functions(), NATIVE, known, plugins=plugins)
    assert fastest(given).nodes["first"].how == "good_same"
