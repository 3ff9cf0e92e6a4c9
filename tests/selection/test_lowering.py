"""Networks lowered to layouts compute the same, whatever is chosen where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lpdnn.codegen import write_bundle
from lpdnn.interpreter import interpret
from lpdnn.ir import LAYOUTS, LpdnnError, TensorType, same_bytes, to_memory, verify
from lpdnn.planning import lay_out, plan
from lpdnn.selection import Selection, fastest, model, parse
from lpdnn.targets import find
from lpdnn.toolchain import Program
from selection.with_kernels import PLUGIN, PLUGINS, branching

if TYPE_CHECKING:
    from pathlib import Path

NATIVE = find("native")
GRAPH = branching()


def _random_selection(seed: int) -> Selection:
    given = model(GRAPH, NATIVE, plugins=PLUGINS)
    rng = np.random.default_rng(seed)
    return given.selection([int(rng.integers(len(site.alternatives))) for site in given.problem.sites])


@pytest.mark.parametrize("seed", range(6))
def test_any_choice_computes_what_the_network_means(seed: int, tmp_path: Path) -> None:
    lowered, choice = lay_out(GRAPH, _random_selection(seed))
    verify(lowered, "lay out")
    x = np.random.default_rng(seed).standard_normal((1, 3, 9, 7)).astype(np.float32)
    program = Program.load(write_bundle(plan(lowered, choice), NATIVE, tmp_path / "bundle"))
    want = interpret(GRAPH, {"data": x})
    for name, got in program.run(x).items():
        np.testing.assert_allclose(got, want[name], rtol=2e-5, atol=2e-5)
    assert set(program.run(x)) == {"fc", "small"}
    for name, got in program.trace(x).items():
        value = name.partition("@")[0]
        np.testing.assert_allclose(got, want[value], rtol=2e-5, atol=2e-5)


def test_random_choices_cover_every_layout_and_primitive() -> None:
    used, converted = set(), set()
    for seed in range(6):
        selection = _random_selection(seed)
        used |= {one.primitive for one in selection.nodes.values() if one.plugin is PLUGIN}
        converted |= {(c.source, c.target) for steps in selection.conversions.values() for c in steps}
    assert used == set(PLUGIN.primitives)
    assert len(converted) >= 6


def test_a_conversion_that_readers_share_is_one_node() -> None:
    use = [parse("sum=cpu_vanilla"), parse("head*=test_layouts:test:nhwc")]
    lowered, _ = lay_out(GRAPH, fastest(model(GRAPH, NATIVE, use=use, plugins=PLUGINS)))
    readers = [node for node in lowered.nodes if node.name in {"head0", "head1", "head2"}]
    assert {node.inputs[0] for node in readers} == {"sum@nhwc"}
    into = [node for node in lowered.nodes if node.outputs == (readers[0].inputs[0],)]
    assert len(into) == 1


def test_inputs_and_outputs_of_the_network_stay_nchw() -> None:
    use = [parse("stem=test_layouts:test:nhwc"), parse("small=test_layouts:test:nhwc")]
    lowered, _ = lay_out(GRAPH, fastest(model(GRAPH, NATIVE, use=use, plugins=PLUGINS)))
    assert (lowered.inputs, lowered.outputs) == (GRAPH.inputs, GRAPH.outputs)
    assert {lowered.types[value].layout for value in (*lowered.inputs, *lowered.outputs)} == {"nchw"}
    small = next(node for node in lowered.nodes if node.name == "small")
    assert small.outputs == ("small@nhwc",)


def test_conversions_that_move_no_byte_have_no_step_in_the_plan() -> None:
    use = [parse("pool=cpu_vanilla"), parse("point=test_layouts:test:nchw8c")]
    lowered, choice = lay_out(GRAPH, fastest(model(GRAPH, NATIVE, use=use, plugins=PLUGINS)))
    views = {
        node.name
        for node in lowered.nodes
        if node.op.NAME == "convert" and lowered.types[node.inputs[0]].shape[2:] == (1, 1)
    }
    assert views
    assert views.isdisjoint(step.node.name for step in plan(lowered, choice).steps)


def test_same_bytes_is_said_of_just_the_conversions_that_move_none() -> None:
    shapes = [
        (n, c, h, w) for n in (1, 2) for c in (1, 3, 8, 16, 20, 24, 32) for h, w in ((1, 1), (1, 3), (2, 2))
    ]
    for shape in shapes:
        x = np.arange(1, np.prod(shape) + 1, dtype=np.float32).reshape(shape)
        for one in LAYOUTS:
            for other in LAYOUTS:
                bytes_of = [to_memory(x, TensorType(shape, layout=layout)) for layout in (one, other)]
                assert same_bytes(shape, one, other) == np.array_equal(*bytes_of), (shape, one, other)


def test_a_selection_that_lacks_something_is_refused_in_words() -> None:
    use = [parse("stem=cpu_vanilla"), parse("left=test_layouts:test:nhwc")]
    whole = fastest(model(GRAPH, NATIVE, use=use, plugins=PLUGINS))
    without = {name: one for name, one in whole.nodes.items() if name != "pool"}
    for nodes, conversions, words in (
        (without, whole.conversions, "nothing is chosen for node 'pool'"),
        (whole.nodes, {}, "reads 'stem' as nhwc, and nothing converts it"),
        (whole.nodes, {"data": whole.conversions["stem"] * 2}, "the order is wrong"),
    ):
        with pytest.raises(LpdnnError, match=words):
            lay_out(GRAPH, Selection("branching", "native", nodes, conversions))
