"""The pipeline, read top to bottom: the only file that orders stages."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from lpdnn.codegen import Form, write_bundle
from lpdnn.frontends import read_model
from lpdnn.ir import Graph, LpdnnError, verify
from lpdnn.passes import PASSES
from lpdnn.planning import Plan, lay_out, plan
from lpdnn.selection import choose
from lpdnn.targets import Target, find
from lpdnn.toolchain import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass
class Trace:
    """What each stage took, in seconds; `tell` hears of each stage as it begins."""

    tell: Callable[[str], None] = lambda stage: None
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

    `shapes` fixes inputs whose shape the file does not tell; `fill="random"` gives seeded weights to a network
    without any.
    """
    with (trace or Trace()).stage("import"):
        graph = read_model(
            Path(model), None if weights is None else Path(weights), shapes=shapes or {}, fill=fill, seed=seed
        )
    return verify(graph, "import")


def simplify(graph: Graph, trace: Trace | None = None) -> Graph:
    """Return a graph that computes the same with less: the passes in order, each checked."""
    trace = trace or Trace()
    for change in PASSES:
        with trace.stage(change.__name__):
            graph = verify(change(graph), change.__name__)
    return graph


def lower(graph: Graph, target: Target, trace: Trace | None = None) -> Plan:
    """Return the plan of a network on a target: primitives chosen, every byte placed."""
    trace = trace or Trace()
    graph = simplify(graph, trace)
    with trace.stage("select"):
        selection = choose(graph, target)
    with trace.stage("lay out"):
        graph, choice = lay_out(graph, selection)
        verify(graph, "lay out")
    with trace.stage("plan"):
        return plan(graph, choice)


def generate(
    net: Graph | Plan,
    folder: str | Path,
    *,
    target: str = "native",
    weights: Form = "c",
    symbol: str = "lpdnn",
    trace: Trace | None = None,
) -> Path:
    """Write the bundle of a network: a folder of C that builds without Python. Return the folder."""
    trace = trace or Trace()
    board = find(target)
    lowered = net if isinstance(net, Plan) else lower(net, board, trace)
    with trace.stage("generate"):
        return write_bundle(lowered, board, Path(folder), symbol=symbol, weights=weights)


def build(
    net: Graph | str | Path,
    *,
    target: str = "native",
    folder: str | Path | None = None,
    weights: Form = "binary",
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
                net, folder or Path(temporary) / "bundle", target=target, weights=weights, trace=trace
            )
            with trace.stage("build"):
                return Program.load(bundle)
    with trace.stage("build"):
        return Program.load(Path(net))
