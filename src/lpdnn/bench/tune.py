"""Tuning: every implementation of every layer of a network timed on the target, into a cost table.

What the figures mean, so that their sum is what a network takes: a call is timed alone, in processor time of
one core. Before it, as many bytes are read as the rest of the network has weights (at most twice the largest
cache), so that this layer's weights come from where they would come from in the network; then its output,
scratch memory and input are touched, in this order, as they lie in an arena that is in use all the time. All
pages are of the usual size.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lpdnn.bench.confirm import confirm as confirmed
from lpdnn.bench.measure import ENOUGH, Work, core, measure
from lpdnn.bench.objects import Job, load_jobs, timer
from lpdnn.bench.subjects import subjects
from lpdnn.compiler import simplify
from lpdnn.ir import LpdnnError
from lpdnn.primitives import discover
from lpdnn.selection import CostTable, implementation_key, load_costs, model, parse
from lpdnn.targets import find
from lpdnn.toolchain.compilers import compiler, identity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from lpdnn.bench.objects import Loadable
    from lpdnn.bench.subjects import Subject
    from lpdnn.ir import Graph
    from lpdnn.primitives import Plugin
    from lpdnn.selection import Implementation, Measurement
    from lpdnn.targets import Target

OFTEN = 2.0
"""Seconds between two savings of the table."""
COMPILING = 0.1
"""Seconds that a kernel takes to be compiled, about."""
MEASURING = 0.03
"""Seconds that a job takes besides what its estimate says, about."""


@dataclass
class _Open:
    """What is still to be measured of a subject."""

    subject: Subject
    missing: list[Implementation]
    jobs: list[Job] = field(default_factory=list)
    loadables: list[Loadable] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.jobs = [Job.of(one, self.subject.op, self.subject.inputs) for one in self.missing]

    @property
    def what(self) -> str:
        """The first node and the operator, for people."""
        return f"{self.subject.nodes[0]} ({self.subject.op.NAME})"

    def weight(self, target: Target) -> list[float]:
        """Return about how many seconds each job takes."""
        known = (
            job.implementation.primitive.seconds(job.op, job.inputs, job.outputs, target) for job in self.jobs
        )
        return [MEASURING + 3 * seconds for seconds in known]


@dataclass
class _Progress:
    """How far it is, in seconds of about: what is told of it."""

    tell: Callable[[float, float, str], None]
    total: float
    done: float = 0.0

    def step(self, seconds: float, what: str) -> None:
        self.done += seconds
        self.tell(self.done, self.total, what)


def last_level_cache() -> int:
    """Return the bytes of the largest cache that the system tells of, or 32 MiB."""
    sizes = []
    for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        text = path.read_text().strip()
        sizes.append(int(text[:-1]) * {"K": 1 << 10, "M": 1 << 20}.get(text[-1], 1))
    return max(sizes, default=32 << 20)


def table_for(target: Target, path: Path | None, plugins: Sequence[Plugin]) -> CostTable:
    """Return the table to go on with: what a file has that was measured by what is here, or an empty one."""
    versions = {
        library.name: here.version
        for plugin in plugins
        for library in plugin.libraries
        if (here := library.found()) is not None
    }
    cc = identity(compiler(target)).partition("\n")[0]
    fresh = replace(CostTable.of(target), compiler=cc)
    if path is None or not path.exists():
        return replace(fresh, libraries=versions)
    known = load_costs(path, target)
    if known.compiler != cc:
        message = (
            f"{path} was measured with {known.compiler or 'an unknown compiler'}, and here is {cc}; "
            "give another file, or remove this one"
        )
        raise LpdnnError(message)
    changed = {name for name, version in known.libraries.items() if versions.get(name, version) != version}
    over = {
        (plugin.name, primitive.name)
        for plugin in plugins
        for primitive in plugin.primitives
        if primitive.library is not None and primitive.library.name in changed
    }
    layers = {
        layer: {key: m for key, m in entries.items() if tuple(key.split(":")[:2]) not in over}
        for layer, entries in known.layers.items()
    }
    return replace(known, libraries={**known.libraries, **versions}, layers=layers)


def _open(subject: Subject, table: CostTable) -> _Open:
    there = table.layers.get(subject.key, {})
    return _Open(subject, [one for one in subject.implementations if implementation_key(one) not in there])


def _constants_of(one: Implementation, subject: Subject) -> dict[str, int]:
    job = Job.of(one, subject.op, subject.inputs)
    return one.primitive.defines(job.op, job.inputs, job.outputs)


def _varied(subject: Subject, table: CostTable) -> _Open:
    """Return what is to be tried of the parameters of a subject's fastest implementations of each layout.

    Not of parameters that come to the same for the subject's shape.
    """
    best: dict[tuple[str, str], tuple[float, Implementation]] = {}
    for one in subject.implementations:
        seconds = table.seconds(subject.key, implementation_key(one))
        layouts = one.layout, one.out_layout
        if seconds is not None and (layouts not in best or seconds < best[layouts][0]):
            best[layouts] = seconds, one
    winners = {(one.plugin.name, *layouts, one.primitive.how): one for layouts, (_, one) in best.items()}
    there = table.layers.get(subject.key, {})
    tried: list[Implementation] = []
    for one in subject.variants:
        winner = winners.get((one.plugin.name, one.layout, one.out_layout, one.primitive.varies))
        if winner is None or implementation_key(one) in there:
            continue
        known = [_constants_of(other, subject) for other in (winner, *tried)]
        if _constants_of(one, subject) not in known:
            tried.append(one)
    return _Open(subject, tried)


def _best(subject: Subject, table: CostTable) -> dict[tuple[str, str], float]:
    """Return the best times that the table has for the layouts of a subject."""
    best: dict[tuple[str, str], float] = {}
    for one in subject.implementations:
        seconds = table.seconds(subject.key, implementation_key(one))
        if seconds is not None:
            layouts = one.layout, one.out_layout
            best[layouts] = min(seconds, best.get(layouts, seconds))
    return best


def _compiled(opened: Sequence[_Open], target: Target, folder: Path, progress: _Progress) -> None:
    jobs = [job for one in opened for job in one.jobs]
    loadables = iter(
        load_jobs(jobs, target, folder, lambda count: progress.step(count * COMPILING, "compiling"))
    )
    for one in opened:
        one.loadables = [next(loadables) for _ in one.jobs]


@dataclass
class _Measuring:
    """The measurements of a network: the table in the making, and when it was saved."""

    board: Target
    path: Path | None
    end: float | None
    constants: int
    enough: float
    table: CostTable
    tell: Callable[[float, float, str], None]
    peaks: list[float] = field(default_factory=list)
    saved: float = field(default_factory=time.monotonic)

    @property
    def late(self) -> bool:
        """Whether the budget is spent."""
        return self.end is not None and time.monotonic() > self.end

    def all(self, opened: Sequence[_Open], folder: Path) -> None:
        """Compile and measure what is missing of each subject, in an empty folder that is made."""
        left = [one for one in opened if one.missing]
        weights = [one.weight(self.board) for one in left]
        total = sum(len(one.jobs) for one in left) * COMPILING + sum(map(sum, weights))
        progress = _Progress(self.tell, total)
        if not left or (self.late and self.peaks):
            return
        folder.mkdir()
        clock = timer(self.board, folder)
        _compiled(left, self.board, folder, progress)
        for one, seconds in zip(left, weights, strict=True):
            if self.late:
                break
            self._one(one, str(clock), lambda n, s=seconds, w=one.what: progress.step(s[n], w))  # type: ignore[misc]

    def _one(self, one: _Open, clock: str, tell: Callable[[int], None]) -> None:
        own = sum(c.nbytes for c in one.subject.constants if c is not None)
        others = max(min(self.constants - own, 2 * last_level_cache()), 0)
        best = _best(one.subject, self.table)
        constants = one.subject.constants
        work = Work(one.jobs, one.loadables, constants, clock, others, core(), best, enough=self.enough)
        outcome = measure(work, tell)
        self.peaks += outcome.peaks
        self.table = self.table.with_measurements({one.subject.key: _measurements(one, outcome.measurement)})
        if self.path is not None and time.monotonic() - self.saved > OFTEN:
            self.finish()
            self.saved = time.monotonic()

    def finish(self) -> CostTable:
        """Return the table so far, saved where it has a file."""
        table = _with_peak(self.table, self.peaks)
        if self.path is not None:
            table.save(self.path)
        return table


def tune(
    net: Graph,
    *,
    target: str = "native",
    costs: str | Path | None = None,
    use: Sequence[str] = (),
    budget: float | None = None,
    simplified: bool = True,
    operators: Collection[str] = (),
    confirm: bool = True,
    plugins: Sequence[Plugin] | None = None,
    enough: float = ENOUGH,
    tell: Callable[[float, float, str], None] = lambda _done, _total, _what: None,
) -> CostTable:
    """Return the cost table of a network on this computer; what is in the file `costs` already is kept.

    The file is written every few seconds, so that an interrupted run can go on. `use` are directives that
    leave out what they do not wish, and `operators` the only ones that are measured; `budget` is in seconds,
    `enough` those of each layer. After all primitives, the fastest of each layer is tried with other parameters
    (`Primitive.varies`). With `confirm`, where all was measured, what the best choice consists of is
    measured again in the network itself (see `bench.confirm`). `tell` hears of the seconds done and of all,
    about, and what is being done.
    """
    board = find(target)
    if not board.runs_here:
        message = f"target {target} does not run on this computer: nothing can be measured; tune with native"
        raise LpdnnError(message)
    end = None if budget is None else time.monotonic() + budget
    graph = simplify(net) if simplified else net
    there = discover() if plugins is None else plugins
    path = None if costs is None else Path(costs)
    table = table_for(board, path, there)
    if path is not None:
        table.save(path)  # what cannot be written is told before anything is measured
    found = subjects(graph, board, tuple(map(parse, use)), there)
    found = [one for one in found if not operators or one.op.NAME in operators]
    measuring = _Measuring(
        board, path, end, sum(array.nbytes for array in graph.constants.values()), enough, table, tell
    )
    try:
        with TemporaryDirectory(prefix="lpdnn-tune-") as folder:
            measuring.all([_open(subject, table) for subject in found], Path(folder) / "usual")
            measuring.all([_varied(subject, measuring.table) for subject in found], Path(folder) / "varied")
    finally:
        table = measuring.finish()
    if confirm and not operators and (end is None or time.monotonic() < end):
        wishes = tuple(map(parse, use))
        table = confirmed(graph, table, lambda known: model(graph, board, known, wishes, there), target, tell)
        if path is not None:
            table.save(path)
    return table


def _measurements(one: _Open, measurement: Callable[[int], Measurement]) -> dict[str, Measurement]:
    return {implementation_key(missing): measurement(n) for n, missing in enumerate(one.missing)}


def _with_peak(table: CostTable, peaks: Sequence[float]) -> CostTable:
    return replace(table, peak=float(f"{median(peaks) / 1e9:.4g}")) if peaks else table
