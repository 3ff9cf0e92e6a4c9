"""Layers linked by the names of their blobs become nodes linked by values."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from lpdnn.frontends.caffe import inputs
from lpdnn.frontends.caffe.context import Context, Names
from lpdnn.frontends.caffe.layers import CONVERTERS
from lpdnn.frontends.caffe.report import Problem, UnsupportedError, UnsupportedLayersError, about, plain
from lpdnn.ir import GraphBuilder, LpdnnError, TensorType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lpdnn.frontends.caffe.context import Converter
    from lpdnn.frontends.caffe.definition import Definition, Layer
    from lpdnn.frontends.caffe.parameters import Parameters
    from lpdnn.ir import Graph

_REASONS: Final = {
    "Embed": "a table looked up by index",
    "LSTM": "a recurrent layer",
    "Proposal": "a result whose size depends on the data",
    "Python": "runs code of its own",
    "RNN": "a recurrent layer",
    "ROIPooling": "regions that depend on the data",
}

FORBIDDEN: Final = re.compile(r"""["'`\\;{}\x00-\x1f\x7f]|/\*|\*/|//|\?\?""")
"""What no name has by honest means: quotes, control characters, and what ends a comment or a statement in C."""


class _Step(NamedTuple):
    """A layer that computes, the name of its node and of the values it makes."""

    layer: Layer
    name: str
    tops: tuple[str, ...]


class Network:
    """The layers of a network at inference, on their way into a graph."""

    def __init__(
        self,
        definition: Definition,
        layers: Sequence[Layer],
        parameters: Parameters,
        shapes: Mapping[str, Sequence[int]],
        report: Callable[[str], None],
    ) -> None:
        self.definition = definition
        self.parameters = parameters
        self.report = report
        self.builder = GraphBuilder(definition.net.name or Path(definition.source).stem)
        self.names = Names()
        self.problems: list[Problem] = []
        self.failure: LpdnnError | None = None
        self.values: dict[str, str | None] = {}  # of a blob, as the layers so far left it; None is unknown
        self.read: set[str | None] = set()
        computing = [layer for layer in layers if not inputs.is_source(layer)]
        sources = inputs.declared(definition, layers)
        self.steps = self._named(computing, set(sources))
        self._add_inputs(sources, {blob for layer in computing for blob in layer.param.bottom}, shapes)

    def graph(self) -> Graph:
        """Return the graph, or tell everything that is unsupported."""
        for position, step in enumerate(self.steps):
            self._convert(step, position)
        if self.problems:
            raise UnsupportedLayersError(self.definition.source, self.problems)
        failure = self.failure or self.parameters.failure
        if failure is not None:
            raise failure
        outputs = [
            v
            for v in self.values.values()
            if v is not None and v not in self.read and v not in self.builder.inputs
        ]
        if not outputs:
            raise about(
                self.definition.source, "the network has no output: it computes nothing, or silences all"
            )
        graph = self.builder.finish(outputs)
        return graph.rebuilt(graph.nodes)

    def _named(self, layers: Sequence[Layer], sources: set[str]) -> list[_Step]:
        """Name nodes after layers and values after blobs: the last maker's value has the blob's name.

        Values of earlier, in-place makers are called blob/layer; an input keeps its name.
        """
        last = {top: position for position, layer in enumerate(layers) for top in layer.param.top}
        nodes = Names()
        names = [
            nodes.fresh(layer.param.name or "/".join(layer.param.top) or layer.param.type) for layer in layers
        ]
        self.names.taken.update(last, sources, names)
        steps = []
        for position, (layer, name) in enumerate(zip(layers, names, strict=True)):
            tops = (
                top if last[top] == position and top not in sources else self.names.fresh(f"{top}/{name}")
                for top in layer.param.top
            )
            steps.append(_Step(layer, name, tuple(tops)))
        return steps

    def _add_inputs(
        self, sources: Mapping[str, inputs.Source], read: set[str], shapes: Mapping[str, Sequence[int]]
    ) -> None:
        for name in shapes:
            if name not in sources:
                known = ", ".join(plain(source) for source in sources) or "none"
                raise about(
                    self.definition.source,
                    f"has no input '{plain(name)}' to give a shape; its inputs: {known}",
                )
        for name, source in sources.items():
            if name in read:
                shape = inputs.resolved(name, source, shapes.get(name))
                self.values[name] = self.builder.input(name, TensorType(shape))
                for remark in source.remarks:
                    self.report(remark)

    def _convert(self, step: _Step, position: int) -> None:
        layer = step.layer
        self._check_links(layer, position)
        bottoms = [self.values[blob] for blob in layer.param.bottom]
        self.read.update(bottoms)
        converter = CONVERTERS.get(layer.param.type)
        reason = self._obstacle(layer, converter)
        if converter is not None and not reason and None not in bottoms:
            reason = self._add(step, converter, tuple(str(value) for value in bottoms))
        if reason:
            self.problems.append(Problem(layer.line, layer.param.name, layer.param.type, reason))
        stand_in = bottoms[0] if bottoms else None
        for blob, value in zip(layer.param.top, step.tops, strict=True):
            self.values[blob] = value if value in self.builder.types else stand_in

    def _obstacle(self, layer: Layer, converter: Converter | None) -> str:
        """Return why a layer cannot be converted whatever its inputs; tell of fields that are not known."""
        if converter is None:
            kind = layer.param.type
            alike = {name.lower(): name for name in CONVERTERS}
            near = difflib.get_close_matches(kind.lower(), alike, 1, 0.8)
            hint = f"; did you mean {alike[near[0]]}?" if near else ""
            return _REASONS.get(
                kind, f"no layer of this type is known here{hint}" if kind else "it has no type"
            )
        for note in layer.notes:
            if note.value is not None:
                return f"{note.path} '{plain(note.value)}' is not known"
            self.report(f"{layer.source}:{note.line}: the field {plain(note.path)} is unknown, and not used")
        return ""

    def _add(self, step: _Step, converter: Converter, bottoms: tuple[str, ...]) -> str:
        """Add a layer's nodes; return the reason if it is not supported."""
        context = Context(
            step.layer, step.name, bottoms, step.tops, self.builder, self.parameters, self.names, self.report
        )
        try:
            context.check_counts(converter)
            converter.convert(context)
        except UnsupportedError as error:
            return str(error)
        except LpdnnError as error:
            # From here on shapes are guesses: later errors may follow from this, or from what is unsupported.
            if not self.problems and self.failure is None:
                self.failure = error
        if self.parameters.fill is not None:
            self.parameters.fill.carry(step.layer.param, bottoms, step.tops)
        return ""

    def _check_links(self, layer: Layer, position: int) -> None:
        name = plain(layer.param.name)
        for given in (layer.param.name, *layer.param.bottom, *layer.param.top):
            found = FORBIDDEN.search(given)
            if found:
                raise about(
                    layer.place,
                    f"the name '{plain(given)}' has {plain(found[0])!r} in it, which no name of a layer or blob "
                    "may have; rename it",
                )
        for blob in layer.param.bottom:
            if blob not in self.values:
                later = next((s.layer for s in self.steps[position:] if blob in s.layer.param.top), None)
                made = f"is made only later ({later.place})" if later else "no layer makes"
                raise about(layer.place, f"the layer '{name}' reads '{plain(blob)}', which {made}")
        if len(set(layer.param.top)) < len(layer.param.top):
            raise about(layer.place, f"the layer '{name}' makes one blob twice")
        for blob in layer.param.top:
            if blob in self.values and blob not in layer.param.bottom:
                raise about(
                    layer.place, f"the layer '{name}' makes '{plain(blob)}', which another made before"
                )
