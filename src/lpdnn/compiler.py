"""The pipeline, read top to bottom: the only file that orders stages."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from lpdnn.codegen import Form, write_bundle, write_dispatch_bundle
from lpdnn.codegen.golden import made_input
from lpdnn.frontends import read_model
from lpdnn.frontends.lpdnn_file import write
from lpdnn.interpreter import interpret
from lpdnn.ir import Array, Graph, LpdnnError
from lpdnn.ir import verify as legal
from lpdnn.passes import PASSES
from lpdnn.planning import Plan, footprint, lay_out, plan
from lpdnn.primitives import on_threads
from lpdnn.selection import (
    CostTable,
    Model,
    Objective,
    Selection,
    fastest,
    load_costs,
    load_selection,
    model,
    parse,
    smallest,
    within,
)
from lpdnn.targets import Target, find
from lpdnn.toolchain import LayerCheck, Program, Verification, opencv
from lpdnn.toolchain.verification import against_interpreter, against_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


@dataclass
class Trace:
    """What each stage took, in seconds; `tell` hears of each stage as it begins."""

    tell: Callable[[str], None] = lambda _stage: None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Announce and time a stage."""
        self.tell(name)
        start = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


def load(
    model: str | Path,
    weights: str | Path | None = None,
    *,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    fill: Literal["random"] | None = None,
    seed: int = 0,
    trace: Trace | None = None,
) -> Graph:
    """Return the network in a model file, as it is there.

    `shapes` fixes inputs whose shape the file does not tell; `fill="random"` gives seeded weights to a
    network without any.
    """
    with (trace or Trace()).stage("import"):
        graph = read_model(
            Path(model), None if weights is None else Path(weights), shapes=shapes or {}, fill=fill, seed=seed
        )
    return legal(graph, "import")


def save(graph: Graph, path: str | Path) -> None:
    """Write a network to an .lpdnn file, which `load` reads."""
    write(graph, Path(path))


def simplify(graph: Graph, trace: Trace | None = None) -> Graph:
    """Return a graph that computes the same with less: the passes in order, each checked."""
    trace = trace or Trace()
    for change in PASSES:
        with trace.stage(change.__name__):
            graph = legal(change(graph), change.__name__)
    return graph


def options(
    graph: Graph,
    *,
    target: str = "native",
    costs: CostTable | str | Path | None = None,
    use: Sequence[str] = (),
    selection: str | Path | None = None,
    error: float | None = None,
    simplified: bool = True,
    trace: Trace | None = None,
) -> Model:
    """Return all that there is to choose from for a network: what can compute each node, and at what cost.

    `costs` is what was measured on the target; without it there are estimates. `use` are directives such as
    `conv*=cpu_blas:im2row`, and `selection` a file that chooses for some nodes, or all. Algorithms that may be
    wrong by more than `error` of a layer's largest value are left out where no directive names them.
    """
    trace = trace or Trace()
    board = find(target)
    if simplified:
        graph = simplify(graph, trace)
    with trace.stage("price"):
        locked = load_selection(Path(selection), graph) if selection else []
        table = load_costs(Path(costs), board) if isinstance(costs, str | Path) else costs
        return model(graph, board, table, [*locked, *map(parse, use)], error=error)


def select(
    net: Graph | Model,
    *,
    target: str = "native",
    costs: CostTable | str | Path | None = None,
    use: Sequence[str] = (),
    selection: str | Path | None = None,
    error: float | None = None,
    ram: int | None = None,
    objective: Objective = "time",
    simplified: bool = True,
    trace: Trace | None = None,
) -> Selection:
    """Return who best computes each node: the fastest, within so many bytes of RAM, or the smallest.

    See `options` for the rest, which is of no matter where those were asked for before.
    """
    if ram is not None and objective != "time":
        message = f"a budget of RAM goes with the objective time, not {objective}"
        raise LpdnnError(message)
    trace = trace or Trace()
    given = (
        net
        if isinstance(net, Model)
        else options(
            net,
            target=target,
            costs=costs,
            use=use,
            selection=selection,
            error=error,
            simplified=simplified,
            trace=trace,
        )
    )
    with trace.stage("select"):
        if ram is not None:
            return within(given, ram, lambda one: footprint(given.graph, one)).selection
        return smallest(given) if objective == "size" else fastest(given)


def lower(
    graph: Graph,
    target: Target,
    trace: Trace | None = None,
    *,
    simplified: bool = True,
    melted: bool = True,
    selection: Selection | None = None,
    threads: int = 1,
) -> Plan:
    """Return the plan of a network on a target: primitives chosen, every byte placed.

    Without `simplified` every node of the model is computed as it is there: slower, and each can be seen;
    without `melted` no kernel stores what the next node makes of its result. A selection is of the nodes as
    they are then; without one the fastest is chosen, by estimates. On several `threads` layers are shared
    whose kernels can be.
    """
    if threads < 1 or (threads > 1 and not target.threads):
        message = f"{target.name} cannot run {threads} threads"
        raise LpdnnError(message)
    trace = trace or Trace()
    if simplified:
        graph = simplify(graph, trace)
    with trace.stage("select"):
        selection = selection or fastest(model(graph, target))
    with trace.stage("lay out"):
        graph, choice = lay_out(graph, selection, melted=melted)
        legal(graph, "lay out")
    with trace.stage("plan"):
        return plan(graph, {node: (p, on_threads(one, threads)) for node, (p, one) in choice.items()})


def generate(
    net: Graph | Plan,
    folder: str | Path,
    *,
    target: str = "native",
    weights: Form = "c",
    symbol: str = "lpdnn",
    simplified: bool = True,
    melted: bool = True,
    selection: Selection | None = None,
    threads: int = 1,
    dispatch: Sequence[str] = (),
    use: Sequence[str] = (),
    error: float | None = None,
    trace: Trace | None = None,
) -> Path:
    """Write the bundle of a network: a folder of C that builds without Python. Return the folder.

    With `dispatch`, names of instruction sets, the bundle has a variant for each, of which the program takes
    the best that its CPU can run; who computes what is chosen for each by estimates, and by `use` and `error`
    (see `options`).
    """
    trace = trace or Trace()
    board = find(target)
    if dispatch:
        if isinstance(net, Plan) or selection is not None:
            message = "a selection is for one instruction set; with several, give directives"
            raise LpdnnError(message)
        graph = simplify(net, trace) if simplified else net
        variants = {}
        for name in dispatch:
            variant = find(f"{target}-{name}")
            chosen = select(graph, target=variant.name, use=use, error=error, simplified=False, trace=trace)
            plan = lower(graph, variant, trace, simplified=False, selection=chosen, threads=threads)
            variants[name] = variant, plan
        with trace.stage("generate"):
            return write_dispatch_bundle(variants, board, Path(folder), symbol=symbol, weights=weights)
    lowered = (
        net
        if isinstance(net, Plan)
        else lower(
            net, board, trace, simplified=simplified, melted=melted, selection=selection, threads=threads
        )
    )
    with trace.stage("generate"):
        return write_bundle(lowered, board, Path(folder), symbol=symbol, weights=weights)


def build(
    net: Graph | str | Path,
    *,
    target: str = "native",
    folder: str | Path | None = None,
    weights: Form = "binary",
    simplified: bool = True,
    melted: bool = True,
    selection: Selection | None = None,
    threads: int = 1,
    trace: Trace | None = None,
) -> Program:
    """Return a network, or a bundle that is there, as a program that can be called on this computer.

    The bundle is kept where a folder is given.
    """
    trace = trace or Trace()
    if not find(target).runs_here:
        message = f"target {target} does not run on this computer; generate a bundle and build that"
        raise LpdnnError(message)
    if isinstance(net, Graph):
        with TemporaryDirectory() as temporary:
            bundle = generate(
                net,
                folder or Path(temporary) / "bundle",
                target=target,
                weights=weights,
                simplified=simplified,
                melted=melted,
                selection=selection,
                threads=threads,
                trace=trace,
            )
            with trace.stage("build"):
                return Program.load(bundle)
    with trace.stage("build"):
        return Program.load(Path(net))


def verify(
    model: Graph | str | Path,
    weights: str | Path | None = None,
    x: Mapping[str, Array] | None = None,
    *,
    target: str = "native",
    against: Literal["interpreter", "opencv", "all"] = "interpreter",
    tolerance: float = 1e-4,
    simplified: bool = True,
    costs: CostTable | str | Path | None = None,
    use: Sequence[str] = (),
    selection: str | Path | None = None,
    error: float | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    fill: Literal["random"] | None = None,
    seed: int = 0,
    trace: Trace | None = None,
) -> Verification:
    """Return how far every layer of a network, computed in C, is from what it should be.

    `x` are the inputs by name; without them they are seeded random values. The oracle is the interpreter on
    the network as imported, or OpenCV's Caffe reader on the files; "all" asks both, OpenCV where that can be.
    Without `simplified` no layer is melted into another: all are computed in C, and compared.
    `costs`, `use`, `selection` and `error` are those of `options`.
    """
    trace = trace or Trace()
    graph = (
        model
        if isinstance(model, Graph)
        else load(model, weights, shapes=shapes, fill=fill, seed=seed, trace=trace)
    )
    reason = "only a network in files can be shown to OpenCV" if isinstance(model, Graph) else ""
    if against != "interpreter":
        reason = reason or opencv.obstacle(Path(str(model)))
    if against == "opencv" and reason:
        raise LpdnnError(reason)
    inputs = dict(x) if x is not None else random_inputs(graph, seed)
    choice = None
    if costs is not None or use or selection is not None or error is not None:
        given = options(
            graph,
            target=target,
            costs=costs,
            use=use,
            selection=selection,
            error=error,
            simplified=simplified,
            trace=trace,
        )
        choice = select(given, trace=trace)
    program = build(
        graph, target=target, trace=trace, simplified=simplified, melted=simplified, selection=choice
    )
    with trace.stage("run"):
        traced = program.trace(inputs)
    with trace.stage("interpret"):
        interpreted = interpret(graph, inputs)
    checks: list[LayerCheck] = []
    remarks: list[str] = []
    if against != "opencv":
        checks += against_interpreter(graph, traced, interpreted, tolerance)
        made = [value for node in graph.nodes for value in node.outputs]
        melted = sum(value not in traced for value in made)
        if melted:
            remarks.append(
                f"melted into others, without a value of their own in C: {melted} of {len(made)} values"
            )
    if against != "interpreter" and reason:
        remarks.append(f"not compared with OpenCV: {reason}")
    elif against != "interpreter":
        with trace.stage("opencv"):
            layers = opencv.layer_values(
                Path(str(model)),
                None if weights is None else Path(weights),
                inputs,
                shapes=shapes or {},
                fill=fill,
                seed=seed,
            )
        checks += against_layers(graph, traced, interpreted, layers, tolerance)
    order = {value: index for index, value in enumerate(graph.types)}
    return Verification(
        graph.name, tuple(sorted(checks, key=lambda check: order[check.value])), tuple(remarks)
    )


def random_inputs(graph: Graph, seed: int = 0) -> dict[str, Array]:
    """Return inputs by name for a network, the same for the same seed: from -1 to 1, or any integers."""
    return {name: made_input(graph.types[name], seed + i + 1) for i, name in enumerate(graph.inputs)}
