"""From a network to the problem of choosing, with a cost for everything: measured, or else estimated."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from lpdnn.ir import LAYOUTS, LpdnnError
from lpdnn.ops.convert import Convert
from lpdnn.primitives import discover
from lpdnn.selection.bands import bands, joined, possible, saved
from lpdnn.selection.candidates import candidates
from lpdnn.selection.costs import implementation_key, layer_key
from lpdnn.selection.directives import Wishes
from lpdnn.selection.problem import Alternative, Problem, Site, Value
from lpdnn.selection.selection import Conversion, Implementation, Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lpdnn.ir import Array, Graph, Node, Operator, TensorType, Types
    from lpdnn.ops.convert import Layout
    from lpdnn.primitives import Plugin
    from lpdnn.selection.costs import CostTable
    from lpdnn.selection.directives import Directive
    from lpdnn.selection.selection import Proof
    from lpdnn.targets import Target


EXACT = 5e-5
"""The largest error, relative to a layer's largest value, of an algorithm that is chosen unasked."""


@dataclass(frozen=True)
class Price:
    """What an implementation of a layer costs, and how that is known."""

    implementation: Implementation
    seconds: float
    measured: bool
    workspace: int
    in_place: frozenset[int]

    def unasked(self, error: float) -> bool:
        """Whether it may be chosen unasked: it is exact, and the usual one of our own, or measured to be worth it."""
        primitive = self.implementation.primitive
        own = (primitive.library is None or not primitive.library.objects) and not primitive.varies
        return (own or self.measured) and self.implementation.primitive.tolerance <= error


@dataclass(frozen=True)
class Layer:
    """All that computes an operator on tensors of some types; equal layers of a network are priced once."""

    prices: tuple[Price, ...]
    refused: Mapping[str, str]

    def for_weights(self, op: Operator, constants: tuple[Array | None, ...]) -> Layer:
        """Return it without what a node's own weights are unfit for."""
        reasons = [price.implementation.primitive.unfit(op, constants) for price in self.prices]
        if not any(reasons):
            return self
        found = list(zip(self.prices, reasons, strict=True))
        unfit = {str(price.implementation): reason for price, reason in found if reason}
        return Layer(tuple(price for price, reason in found if not reason), {**self.refused, **unfit})


@dataclass
class Prices:
    """The cost table with the estimates behind it."""

    target: Target
    costs: CostTable | None
    plugins: Sequence[Plugin]
    error: float = EXACT
    """The largest error, relative to a layer's largest value, of an algorithm that is chosen unasked."""
    _known: dict[tuple[str, str, bool], Layer] = field(default_factory=dict)

    def layer(
        self,
        op: Operator,
        inputs: Types,
        outputs: tuple[TensorType, ...],
        constants: Sequence[Array | None] = (),
        *,
        packable: bool = True,
    ) -> Layer:
        """Return what computes a layer, and what cannot."""
        key = layer_key(op, inputs, outputs, constants)
        known = op.NAME, key, packable
        if known not in self._known:
            found = []
            refused = {}
            for one, reason in candidates(op, inputs, outputs, self.target, self.plugins, packable=packable):
                failure = "" if self.costs is None else self.costs.failure(key, implementation_key(one))
                if reason or failure:
                    refused[str(one)] = reason or f"it failed when it was measured: {failure}"
                else:
                    found.append(self._price(one, key, op, inputs))
            self._known[known] = Layer(tuple(found), refused)
        return self._known[known]

    def _price(self, one: Implementation, key: str, op: Operator, inputs: Types) -> Price:
        primitive = one.primitive
        reads = primitive.in_types(inputs, one.layout)
        writes = primitive.out_types(op, reads)
        seconds, measured = 0.0, True
        # What can be a view, or be made in place of its parts, has no step in the plan.
        if op.piece(reads, writes) is None and op.parts(reads, writes) is None:
            known = None if self.costs is None else self.costs.seconds(key, implementation_key(one))
            measured = known is not None
            seconds = primitive.seconds(op, reads, writes, self.target) if known is None else known
        places = primitive.in_place_positions(len(inputs))
        in_place = frozenset(place for place in places if inputs[place] is not None)
        return Price(one, seconds, measured, primitive.workspace(op, reads, writes), in_place)


def believed(prices: Sequence[Price]) -> list[int]:
    """Return which prices may be compared, by number: measured ones are not held against estimates.

    What takes no step costs nothing, which is certain and says nothing of how the others are known.
    """
    measured = [n for n, price in enumerate(prices) if price.measured]
    return measured if any(prices[n].seconds for n in measured) else list(range(len(prices)))


@dataclass(frozen=True)
class Model:
    """A network as a problem, and the way back.

    `refused` says for each node what cannot compute it, and why; `estimated` names nodes and conversions
    whose times nobody has measured.
    """

    graph: Graph
    target: Target
    problem: Problem
    converters: Mapping[tuple[str, int, int], Conversion]
    refused: Mapping[str, Mapping[str, str]]
    estimated: frozenset[str]
    notes: tuple[str, ...]

    def selection(
        self,
        picks: Sequence[int],
        proof: Proof | None = None,
        objective: str = "time",
        notes: Iterable[str] = (),
    ) -> Selection:
        """Return picks as a selection."""
        nodes = {}
        for site, pick in zip(self.problem.sites, picks, strict=True):
            chosen = site.alternatives[pick].implementation
            assert chosen is not None
            nodes[site.name] = chosen
        conversions = {}
        for value in self.problem.values:
            steps = self.problem.steps(value, picks)
            if steps:
                conversions[value.name] = tuple(self.converters[value.name, *step] for step in steps)
        return Selection(
            self.graph.name,
            self.target.name,
            nodes,
            conversions,
            objective,
            self.problem.cost(picks),
            proof,
            (*self.notes, *notes),
        )

    def conversion_seconds(self, value: Value, source: int, target: int) -> float:
        """Return what one step of converting a value takes."""
        return float(value.direct[source, target])


class _Building:
    """The parts of a model as they come."""

    def __init__(self, graph: Graph, prices: Prices, wishes: Wishes) -> None:
        self.graph, self.prices, self.wishes = graph, prices, wishes
        self.converters: dict[tuple[str, int, int], Conversion] = {}
        self.refused: dict[str, Mapping[str, str]] = {}
        self.estimated: set[str] = set()
        self.unsupported: list[str] = []
        self.layouts = frozenset(LAYOUTS)
        self.bands = bands(graph)
        self.joining = [one for plugin in prices.plugins for one in plugin.primitives if one.joins]

    def keep_usual_layouts(self, sites: tuple[Site, ...]) -> tuple[Site, ...]:
        """Return sites without layouts that only kernels for any order of elements could have.

        Nothing is gained there, and tune measures nothing for them: costs would be mixed with estimates.
        """
        bound = [a for s in sites for a in s.alternatives if a.implementation and a.implementation.bound]
        numbers = {LAYOUTS.index("nchw"), *(a.reads for a in bound), *(a.writes for a in bound)}
        self.layouts = frozenset(layout for number, layout in enumerate(LAYOUTS) if number in numbers)
        usual = (
            tuple(a for a in site.alternatives if {a.reads, a.writes} <= numbers) or site.alternatives
            for site in sites
        )
        return tuple(replace(site, alternatives=left) for site, left in zip(sites, usual, strict=True))

    def site(self, node: Node) -> Site:
        """Return a node with its alternatives."""
        parameters = [
            v for i, v in enumerate(node.inputs) if v and node.op.input_name(i) in node.op.PARAMETERS
        ]
        constants = self.graph.constants_of(node)
        layer = self.prices.layer(
            node.op,
            self.graph.input_types(node),
            self.graph.output_types(node),
            constants,
            packable=all(v in self.graph.constants for v in parameters),
        ).for_weights(node.op, constants)
        self.refused[node.name] = layer.refused
        layer = replace(layer, prices=(*layer.prices, *self.in_bands(node, layer.prices)))
        kept = self._kept(node.name, node.op.NAME, layer)
        if not kept:
            reasons = "; ".join(f"{text}: {reason}" for text, reason in list(layer.refused.items())[:4])
            origin = f", {node.origin}" if node.origin else ""
            self.unsupported.append(
                f"{node.name!r} ({node.op.NAME}{origin}){': ' if reasons else ''}{reasons}"
            )
        if not all(price.measured for price in kept):
            self.estimated.add(node.name)
        return Site(
            node.name,
            tuple(
                Alternative(
                    *self._layouts(price.implementation),
                    price.seconds,
                    price.workspace,
                    price.in_place,
                    price.implementation.primitive.alignment,
                    price.implementation,
                )
                for price in kept
            ),
        )

    def _layouts(self, one: Implementation) -> tuple[int, int]:
        """Return the numbers of the layouts that an implementation reads and writes; those in bands come last."""
        reads, writes = LAYOUTS.index(one.layout), LAYOUTS.index(one.out_layout)
        if one.joint is None:
            return reads, writes
        joined = len(LAYOUTS) + self.joining.index(one.joint.primitive)
        return joined if one.joint.reads else reads, joined if one.joint.writes else writes

    def in_bands(self, node: Node, prices: Sequence[Price]) -> Iterator[Price]:
        """Yield the prices of a convolution as part of a kernel of several: what it takes alone, less what that moves.

        Workspace is left out, which the kernel has once.
        """
        if self.bands.isdisjoint((node.inputs[0], node.outputs[0])):
            return
        types = self.graph.input_types(node), self.graph.output_types(node)
        for price in prices:
            for one in joined(price.implementation):
                if one.joint and possible(self.graph, node, self.bands, one.joint):
                    less = saved(self.prices.target.core, one.joint, *types)
                    seconds = max(price.seconds - less, price.seconds / 2)
                    yield Price(one, seconds, price.measured, 0, frozenset())

    def _kept(self, name: str, operator: str, layer: Layer) -> list[Price]:
        """Return the prices that the wishes and what was measured leave."""
        implementations = [price.implementation for price in layer.prices]
        wished = [layer.prices[n] for n in self.wishes.narrow(name, operator, implementations, layer.refused)]
        # Where a wish leaves nothing else, it has asked for it.
        unasked = [price for price in wished if price.unasked(self.prices.error)] or wished
        return [unasked[n] for n in believed(unasked)]

    def conversions(self, name: str, tensor: TensorType) -> Array:
        """Return what each single conversion of a value costs."""
        direct = np.full((len(LAYOUTS), len(LAYOUTS)), np.inf)
        np.fill_diagonal(direct, 0.0)
        for source, read in enumerate(LAYOUTS):
            for target, written in enumerate(LAYOUTS):
                if source == target or not {read, written} <= self.layouts:
                    continue
                op = Convert(cast("Layout", read), cast("Layout", written))
                layer = self.prices.layer(
                    op, (replace(tensor, layout=read),), (replace(tensor, layout=written),)
                )
                kept = self._kept(f"{name}@{written}", op.NAME, layer)
                if not kept:
                    continue
                best = min(kept, key=lambda price: price.seconds)
                if not best.measured:
                    self.estimated.add(f"{name}@{written}")
                chosen = best.implementation
                self.converters[name, source, target] = Conversion(
                    read, written, chosen.plugin, chosen.primitive
                )
                direct[source, target] = best.seconds
        if name in self.bands:
            direct = np.pad(direct, (0, len(self.joining)), constant_values=np.inf)
            np.fill_diagonal(direct, 0.0)
        return direct

    def values(self) -> tuple[Value, ...]:
        """Return the images between sites."""
        graph = self.graph
        number = {node.name: place for place, node in enumerate(graph.nodes)}
        producers = {value: number[node.name] for value, node in graph.producers().items()}
        readers: dict[str, list[int]] = {value: [] for value in graph.types}
        kept = set(graph.outputs)
        for place, node in enumerate(graph.nodes):
            for position, value in enumerate(node.inputs):
                if value is None:
                    continue
                if node.op.input_name(position) in node.op.PARAMETERS:
                    kept.add(value)  # what is read as weights is read as nchw
                elif place not in readers[value]:
                    readers[value].append(place)
        return tuple(
            Value(
                name, producers.get(name), tuple(readers[name]), name in kept, self.conversions(name, tensor)
            )
            for name, tensor in graph.types.items()
            if tensor.rank == 4 and name not in graph.constants and (readers[name] or name in kept)
        )


def model(
    graph: Graph,
    target: Target,
    costs: CostTable | None = None,
    use: Sequence[Directive] = (),
    plugins: Sequence[Plugin] | None = None,
    error: float | None = None,
) -> Model:
    """Return the problem of choosing for a network on a target, among what errs by at most `error` or is wished for."""
    there = discover() if plugins is None else plugins
    wishes = Wishes(tuple(use))
    everything: dict[str, list[Implementation]] = {}
    for plugin in there:
        for primitive in plugin.primitives:
            layouts = LAYOUTS if primitive.layout == "any" else (primitive.layout,)
            for alone in (Implementation(plugin, primitive, layout) for layout in layouts):
                everything.setdefault(primitive.op.NAME, []).extend((alone, *joined(alone)))
    operators = {node.name: node.op.NAME for node in graph.nodes}
    wishes.check([plugin.name for plugin in there], operators, everything)
    building = _Building(graph, Prices(target, costs, there, EXACT if error is None else error), wishes)
    sites = tuple(building.site(node) for node in graph.nodes)
    if building.unsupported:
        message = (
            f"no plugin implements {'; nor '.join(building.unsupported)} (lpdnn plugins says what there is)"
        )
        raise LpdnnError(message)
    if costs is not None:
        sites = building.keep_usual_layouts(sites)
    problem = Problem(sites, building.values())
    notes = list(wishes.finish())
    if costs is not None and building.estimated:
        guessed = [node.name for node in graph.nodes if node.name in building.estimated]
        notes.append(
            f"the cost table lacks {len(guessed)} of {len(graph.nodes)} nodes, and "
            f"{len(building.estimated) - len(guessed)} conversions; they are estimated (see lpdnn tune)"
        )
    needed = {f"needs {feature}" for feature in target.denied}
    if needed & {reason for refused in building.refused.values() for reason in refused.values()}:
        denied = ", ".join(sorted(target.denied))
        notes.append(
            f"this CPU has {denied}, which its system does not let programs use; other kernels are chosen"
        )
    return Model(
        graph,
        target,
        problem,
        building.converters,
        building.refused,
        frozenset(building.estimated),
        tuple(notes),
    )
