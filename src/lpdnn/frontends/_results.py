"""The results of a network under the names that the model has for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lpdnn.ir import Graph


def with_names(graph: Graph, names: Mapping[str, str], outputs: Iterable[str]) -> Graph:
    """Return a graph in which some computed values have other names, with these outputs, each once."""

    def named(values: tuple[str | None, ...]) -> tuple[Any, ...]:
        return tuple(None if value is None else names.get(value, value) for value in values)

    formats = {names.get(value, value): known for value, known in graph.formats.items()}
    nodes = [replace(n, inputs=named(n.inputs), outputs=named(n.outputs)) for n in graph.nodes]
    return replace(graph, formats=formats).rebuilt(nodes, outputs=tuple(dict.fromkeys(outputs)))
