"""Whole networks, end to end: the best mix against single plugins, in turns; predicted and measured."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lpdnn.bench.measure import ONE_THREAD, core, summary
from lpdnn.compiler import build, options, random_inputs, select
from lpdnn.ir import LpdnnError
from lpdnn.selection.searches import plugins_of, single_plugin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lpdnn.ir import Array, Graph
    from lpdnn.selection import CostTable, Model, Selection
    from lpdnn.toolchain import Program

MIX = "best mix"
PLAIN = "cpu_vanilla"
ROUNDS = 25
SLOW = 0.5
"""Seconds of a run, from which on it needs no run before it to warm up, and two samples are enough."""
FAR = 3.0
"""Times what the first runner takes, from which on three samples are enough."""
ENOUGH = 30.0
"""Seconds of rounds after which three are enough."""


@dataclass
class Contender:
    """A way to compute a network: what it should take, how many nodes its plugin has, and what it took."""

    name: str
    selection: Selection
    predicted: float
    nodes: int
    samples: list[float] = field(default_factory=list)

    @property
    def measured(self) -> float:
        """Median of the samples, in seconds."""
        return median(self.samples)

    def times(self, other: Contender) -> float:
        """Return how many times the other's time it took: the median over the rounds; drifts cancel."""
        return median(own / theirs for own, theirs in zip(self.samples, other.samples, strict=False))

    @property
    def spread(self) -> float:
        """The middle half of the samples, relative to the median."""
        return summary(self.samples).spread

    @property
    def error(self) -> float:
        """How far the prediction was off, relative to what was measured."""
        return self.predicted / self.measured - 1


def contenders(given: Model, plugins: Sequence[str] | None = None) -> list[Contender]:
    """Return the best mix, and the best that each plugin does; what a plugin lacks another one does."""
    problem = given.problem
    best = select(given)
    found = [Contender(MIX, best, best.seconds, len(problem.sites))]
    there = plugins_of(problem)
    unknown = [name for name in plugins or () if name not in there]
    if unknown:
        message = f"plugin {unknown[0]!r} has nothing for {given.graph.name}; there are {', '.join(there)}"
        raise LpdnnError(message)
    for name in there if plugins is None else plugins:
        single = single_plugin(problem, name)
        found.append(Contender(name, given.selection(single.picks), single.cost, there[name]))
    return found


@contextmanager
def one_core() -> Iterator[None]:
    """Stay on one core, and let libraries do so."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    here = core()
    if cores is not None and here is not None:
        os.sched_setaffinity(0, {here})
    try:
        yield
    finally:
        if cores is not None:
            os.sched_setaffinity(0, cores)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def programs(
    graph: Graph,
    runners: Sequence[Contender],
    home: Path,
    target: str = "native",
    tell: Callable[[Contender], None] = lambda _runner: None,
) -> list[Program]:
    """Build every contender of a simplified network in a folder."""
    built = []
    for number, runner in enumerate(runners):
        tell(runner)
        folder, selection = home / str(number), runner.selection
        built.append(
            build(graph, target=target, folder=folder, weights="file", simplified=False, selection=selection)
        )
    return built


def race(
    graph: Graph,
    runners: Sequence[Contender],
    *,
    rounds: int = ROUNDS,
    enough: float = ENOUGH,
    tell: Callable[[float, float, str], None] = lambda _done, _total, _what: None,
) -> None:
    """Build every contender of a simplified network, and run them in turns on one core."""
    x = random_inputs(graph)
    with TemporaryDirectory(prefix="lpdnn-bench-") as home, one_core():
        done = count()
        built = programs(
            graph,
            runners,
            Path(home),
            tell=lambda one: tell(next(done), 2 * len(runners), f"building {one.name}"),
        )
        start = time.monotonic()
        for number in range(1, rounds + 1):
            share = max(number / rounds, (time.monotonic() - start) / enough)
            tell(len(runners) * (1 + min(share, 1.0)), 2 * len(runners), f"running, round {number}")
            for runner, program in zip(runners, built, strict=True):
                if _needed(runner, runners[0]):
                    runner.samples.append(_turn(program, x, runner.samples))
            if number >= 3 and time.monotonic() - start > enough:
                break


def _needed(runner: Contender, first: Contender) -> bool:
    """Tell whether a runner needs another sample: what is slow, or far behind the first, needs few."""
    if len(runner.samples) < 2:
        return True
    if runner.measured >= SLOW:
        return False
    return len(runner.samples) < 3 or runner.measured < FAR * first.measured


def steps(given: Model, selection: Selection, rounds: int = ROUNDS) -> dict[str, float]:
    """Build a selection, run it on one core, and return the median seconds of each step, by its node's name."""
    graph, x = given.graph, random_inputs(given.graph)
    runner = Contender(MIX, selection, selection.seconds, len(graph.nodes))
    with TemporaryDirectory(prefix="lpdnn-bench-") as home, one_core():
        (program,) = programs(graph, [runner], Path(home), given.target.name)
        program.run(x)
        return {name: ms / 1e3 for name, ms in program.profile(x, rounds).items()}


def _turn(program: Program, x: dict[str, Array], samples: Sequence[float]) -> float:
    """Return the time of a run that comes after one of the same program, as in a stream of images."""
    if not samples or median(samples) < SLOW:
        program.seconds(x)
    return program.seconds(x)


def priced(graph: Graph, costs: CostTable | str | Path | None, use: Sequence[str] = ()) -> Model:
    """Return what there is to choose from for a simplified network on this computer."""
    return options(graph, costs=costs, use=use, simplified=False)
