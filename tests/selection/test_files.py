"""Cost tables and selection files: written, read back, merged, and refused when they are not what they should be."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lpdnn.ir import LpdnnError
from lpdnn.selection import (
    CostTable,
    Measurement,
    choose,
    fastest,
    implementation_key,
    layer_key,
    load_costs,
    load_selection,
    model,
    parse,
    save_selection,
)
from lpdnn.targets import find
from selection.with_kernels import PLUGINS, branching

if TYPE_CHECKING:
    from pathlib import Path

GRAPH = branching()
NATIVE = find("native")
HERE = CostTable.of(NATIVE)


def _key(name: str) -> str:
    node = next(node for node in GRAPH.nodes if node.name == name)
    return layer_key(node.op, GRAPH.input_types(node), GRAPH.output_types(node))


def test_a_table_comes_back_as_it_was_and_the_same_bytes(tmp_path: Path) -> None:
    table = HERE.with_measurements(
        {"b(1)": {"p:x:nchw": Measurement(1.5, 0.1, 7)}, "a(2)": {"p:y:nhwc": Measurement(0.25, 0.0, 3)}}
    )
    path = tmp_path / "costs.json"
    table.save(path)
    assert load_costs(path, NATIVE) == table
    assert path.read_text() == load_costs(path).text()
    assert list(json.loads(path.read_text())["layers"]) == ["a(2)", "b(1)"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["costs.json"]


def test_the_newer_measurement_counts_when_tables_are_merged() -> None:
    old = HERE.with_measurements({"l": {"a": Measurement(1.0), "b": Measurement(2.0)}})
    new = replace(HERE, libraries={"openblas": "1"}).with_measurements({"l": {"a": Measurement(3.0)}})
    merged = old.merged(new)
    assert merged.seconds("l", "a") == pytest.approx(3e-3)
    assert merged.seconds("l", "b") == pytest.approx(2e-3)
    assert merged.seconds("l", "c") is None
    assert merged.libraries == {"openblas": "1"}


def test_tables_of_other_devices_or_libraries_are_not_merged() -> None:
    with pytest.raises(LpdnnError, match="different devices"):
        HERE.merged(replace(HERE, device="another"))
    one, other = (replace(HERE, libraries={"openblas": version}) for version in ("1", "2"))
    with pytest.raises(LpdnnError, match="openblas 1 and 2"):
        one.merged(other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "null",
        '{"format": 1}',
        '{"format": 1, "target": "native", "device": "", "flags": "", "libraries": {}, "layers": []}',
        '{"format": 1, "target": 3, "device": "", "flags": "", "libraries": {}, "layers": {}}',
        HERE.with_measurements({"l": {"a": Measurement(1.0)}}).text().replace("1.0", "-1.0"),
        HERE.with_measurements({"l": {"a": Measurement(1.0)}}).text().replace("1.0", "NaN"),
        HERE.with_measurements({"l": {"a": Measurement(1.0)}}).text().replace("1.0", '"fast"'),
        "[" * 100_000,
    ],
)
def test_a_damaged_table_is_refused_in_one_sentence(text: str, tmp_path: Path) -> None:
    path = tmp_path / "costs.json"
    path.write_text(text)
    with pytest.raises(LpdnnError, match="is not a cost table, or damaged") as error:
        load_costs(path)
    assert "\n" not in str(error.value)


def test_a_foreign_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "costs.json"
    for table, words in (
        (replace(HERE, target="cortex-m4"), "for target 'cortex-m4', and this is 'native'"),
        (replace(HERE, device="another CPU"), "for device 'another CPU'"),
        (replace(HERE, flags="-O0"), "for flags '-O0'"),
    ):
        table.save(path)
        with pytest.raises(LpdnnError, match=words):
            load_costs(path, NATIVE)
    path.write_text(HERE.text().replace('"format": 1', '"format": 99'))
    with pytest.raises(LpdnnError, match="format 99"):
        load_costs(path)
    with pytest.raises(LpdnnError, match="cannot be read"):
        load_costs(tmp_path / "missing.json")


def test_what_was_measured_decides_and_is_not_held_against_estimates() -> None:
    slow = {
        f"test_layouts:conv2d_f32_{layout}__test:{layout}": Measurement(900.0)
        for layout in ("nhwc", "nchw8c")
    }
    table = HERE.with_measurements({_key("left"): slow})
    given = model(GRAPH, NATIVE, table, plugins=PLUGINS)
    place = [site.name for site in given.problem.sites].index("left")
    offered = {
        implementation_key(a.implementation)
        for a in given.problem.sites[place].alternatives
        if a.implementation
    }
    assert offered == set(slow)
    chosen = fastest(given)
    assert chosen.nodes["left"].plugin.name == "test_layouts"
    assert chosen.seconds > 0.9
    assert any("the cost table lacks" in note for note in chosen.notes)
    wished = model(GRAPH, NATIVE, table, [parse("left=cpu_vanilla")], PLUGINS)
    assert fastest(wished).nodes["left"].plugin.name == "cpu_vanilla"


def test_a_selection_comes_back_as_it_was(tmp_path: Path) -> None:
    use = [
        parse("stem=cpu_vanilla"),
        parse("left=test_layouts:test:nhwc"),
        parse("head*=test_layouts:test:nchw8c"),
    ]
    chosen = fastest(model(GRAPH, NATIVE, use=use, plugins=PLUGINS))
    path = tmp_path / "selection.json"
    save_selection(chosen, GRAPH, path)
    again = fastest(model(GRAPH, NATIVE, use=load_selection(path, GRAPH), plugins=PLUGINS))
    assert again.nodes == chosen.nodes
    assert again.conversions == chosen.conversions
    assert json.loads(path.read_text())["conversions"]


def test_a_partial_selection_decides_what_it_names_and_may_be_written_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "selection.json"
    path.write_text('{"format": 1, "nodes": {"left": "test_layouts:test:nchw8c"}}')
    chosen = fastest(model(GRAPH, NATIVE, use=load_selection(path, GRAPH), plugins=PLUGINS))
    assert str(chosen.nodes["left"]) == "test_layouts:test:nchw8c"


def test_directives_after_a_selection_go_before_it(tmp_path: Path) -> None:
    path = tmp_path / "selection.json"
    path.write_text('{"format": 1, "nodes": {"left": "test_layouts:test:nchw8c"}}')
    use = [*load_selection(path, GRAPH), parse("left=cpu_vanilla")]
    assert fastest(model(GRAPH, NATIVE, use=use, plugins=PLUGINS)).nodes["left"].plugin.name == "cpu_vanilla"


def test_a_selection_for_another_network_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "selection.json"
    save_selection(choose(GRAPH, NATIVE), GRAPH, path)
    good = path.read_text()
    other = branching(coefficients=(1.0, 2.0, 1.0))
    with pytest.raises(LpdnnError, match="made for another network"):
        load_selection(path, other)
    for text, words in (
        (good.replace('"left"', '"lefft"'), "it has 'lefft'; nearest: left"),
        (good.replace('"format": 1', '"format": 2'), "format 2"),
        ("[]", "is not a selection, or damaged"),
        ('{"format": 1, "nodes": {"left": 3}}', "is not a selection, or damaged"),
        ('{"format": 1, "nodes": {"left": ""}}', "is not of the form"),
        ('{"format": 1, "nodes": ["left"]}', "is not a selection, or damaged"),
    ):
        path.write_text(text)
        with pytest.raises(LpdnnError) as error:
            load_selection(path, GRAPH)
        assert words in str(error.value)
        assert "\n" not in str(error.value)
