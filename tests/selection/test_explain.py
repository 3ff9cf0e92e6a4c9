"""The explanation says what the solver knows, in every form."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from lpdnn.ir import GraphBuilder, TensorType
from lpdnn.ops.activation import Activation
from lpdnn.selection import explain, explanation_html, explanation_text, fastest, model, parse
from lpdnn.selection.explain_text import duration
from lpdnn.selection.picture import picture, place
from lpdnn.targets import find
from selection.synthetic import plugins
from selection.with_kernels import PLUGINS, branching

GRAPH = branching()
NATIVE = find("native")
GIVEN = model(GRAPH, NATIVE, plugins=plugins())
CHOSEN = fastest(GIVEN)
EXPLAINED = explain(GIVEN, CHOSEN, episodes=40)


def test_times_add_up() -> None:
    assert EXPLAINED.computing + EXPLAINED.converting == pytest.approx(EXPLAINED.seconds)
    assert EXPLAINED.seconds == pytest.approx(CHOSEN.seconds)
    assert sum(node.share for node in EXPLAINED.nodes) == pytest.approx(
        EXPLAINED.computing / EXPLAINED.seconds
    )


def test_a_runner_up_costs_what_the_net_takes_when_it_is_forced() -> None:
    for story in EXPLAINED.nodes:
        for runner in story.runners_up[:2]:
            plugin, how, layouts = runner.implementation.split(":")
            use = [parse(f"{story.name}={plugin}:{how}:{layouts}")]
            again = fastest(model(GRAPH, NATIVE, use=use, plugins=plugins()))
            assert again.seconds == pytest.approx(runner.net_seconds)
        totals = [runner.net_seconds for runner in story.runners_up]
        assert totals == sorted(totals)
        assert all(total >= EXPLAINED.seconds * (1 - 1e-9) for total in totals)


def test_conversions_name_their_readers() -> None:
    use = [parse("sum=cpu_vanilla"), parse("head*=test_layouts:test:nhwc")]
    given = model(GRAPH, NATIVE, use=use, plugins=PLUGINS)
    (story,) = [c for c in explain(given, fastest(given)).conversions if c.value == "sum"]
    assert (story.source, story.target, story.readers) == ("nchw", "nhwc", ("head0", "head1", "head2"))


def test_json_has_no_infinities_and_all_nodes() -> None:
    document = json.loads(json.dumps(EXPLAINED.as_json(), allow_nan=False))
    assert [node["name"] for node in document["nodes"]] == [node.name for node in GRAPH.nodes]
    assert {rival["name"] for rival in document["single_plugins"]} == {
        "cpu_vanilla",
        "alpha",
        "beta",
        "gamma",
    }
    assert document["proof"]["proven"]


def test_text_says_what_was_chosen_and_that_it_is_proven() -> None:
    text = explanation_text(EXPLAINED)
    assert "Proven: nothing is better" in text
    for name, one in CHOSEN.nodes.items():
        assert any(line.startswith(name) and str(one) in line for line in text.splitlines())
    assert "Q-learning, 40 episodes" in text


def test_a_run_that_was_timed_shows_where_the_prediction_was_off() -> None:
    profile = {node.name: 2 * node.seconds for node in EXPLAINED.nodes if node.seconds}
    profile |= {f"{c.value}@{c.target}": c.seconds / 2 for c in EXPLAINED.conversions}
    again = explain(GIVEN, CHOSEN, profile=profile)
    assert again.ran == pytest.approx(sum(profile.values()))
    assert all(story.ran == profile.get(story.name) for story in again.nodes)
    assert all(story.ran == story.seconds / 2 for story in again.conversions)
    for text in (explanation_text(again), explanation_html(again)):
        assert "+100%" in text
        assert "it ran in" in text
    assert "+100%" not in explanation_text(EXPLAINED)


class _Page(HTMLParser):
    """Notes what a page asks of elsewhere, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [str(value) for name, value in attrs if name in {"src", "href"}]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_page_needs_nothing_from_elsewhere_and_shows_every_node() -> None:
    page = _Page()
    page.feed(explanation_html(EXPLAINED))
    assert not page.links
    assert "script" not in page.tags
    assert {"svg", "table", "style"} <= page.tags
    assert all(any(node.name in text for text in page.text) for node in GRAPH.nodes)


def test_picture_is_well_formed_and_draws_each_node_once() -> None:
    svg = ET.fromstring(picture(EXPLAINED))  # noqa: S314  # our own
    space = "{http://www.w3.org/2000/svg}"
    assert len(svg.findall(f"{space}g")) == len(GRAPH.nodes)
    assert len(svg.findall(f"{space}path")) == len(EXPLAINED.edges)


def test_nodes_are_drawn_below_what_they_read_and_apart() -> None:
    at = place([node.name for node in EXPLAINED.nodes], EXPLAINED.edges)
    for edge in EXPLAINED.edges:
        if edge.source:
            assert at.row[edge.source] < at.row[edge.target]
    spots = sorted((at.row[name], at.spot(name)) for name in at.row)
    for (row, x), (next_row, next_x) in pairwise(spots):
        assert row != next_row or next_x - x >= 190


def test_names_from_models_cannot_break_out_of_the_page() -> None:
    net = GraphBuilder("<script>alert(1)</script>")
    x = net.input('"><script>', TensorType((1, 2, 3, 3)))
    y = net.apply(Activation(), x, name="</svg><script>alert(2)</script>")
    given = model(net.finish([y]), NATIVE)
    page = _Page()
    page.feed(explanation_html(explain(given, fastest(given))))
    assert "script" not in page.tags


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0"),
        (2e-9, "2 ns"),
        (9.997e-4, "1 ms"),
        (1.5e-6, "1.5 us"),
        (0.25, "250 ms"),
        (1234.5, "1234 s"),
        (float("inf"), "-"),
    ],
)
def test_durations_read_well(seconds: float, text: str) -> None:
    assert duration(seconds) == text
