"""Measuring one layer: every implementation in turn, in a process of its own that may crash."""

from __future__ import annotations

import faulthandler
import math
import multiprocessing
import os
import signal
import time
from dataclasses import dataclass, field, replace
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from lpdnn.bench.stopwatch import Clock, Timed
from lpdnn.ir import LpdnnError
from lpdnn.selection import Measurement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

    from lpdnn.bench.objects import Job, Loadable
    from lpdnn.ir import Array

FAR = 2.0
"""Times the best of its layouts that an implementation may take at first, to be measured again."""
NEAR = 1.25
"""The same, after a few rounds."""
FEW, LEAST, MANY = 3, 5, 25
"""Rounds after which those that are not near are dropped; how many there are at least, and at most."""
ENOUGH = 0.35
"""Processor seconds of rounds for a layer, but for the first few."""
TOGETHER = 4 << 30
"""Bytes of operands that are in memory at once."""
PATIENCE = 120.0
"""Seconds without a word from the process, after which it hangs."""
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "MKL_NUM_THREADS")

Layouts = tuple[str, str]


def core() -> int | None:
    """Return the core to measure on: the last of those that we may use, the first being everybody's."""
    return max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


@dataclass
class Work:
    """Implementations of one layer to be measured, and what is known of it.

    `best` are seconds for layouts read and written, `firsts` first samples by the job's number.
    """

    jobs: Sequence[Job]
    loadables: Sequence[Loadable]
    constants: tuple[Array | None, ...]
    timer: str
    others: int
    core: int | None = None
    best: dict[Layouts, float] = field(default_factory=dict)
    firsts: dict[int, float] = field(default_factory=dict)
    enough: float = ENOUGH

    def layouts(self, number: int) -> Layouts:
        """Return the layouts that a job reads and writes: within these, only the fastest matters."""
        one = self.jobs[number].implementation
        return one.layout, one.out_layout

    def learn(self, number: int, seconds: float) -> None:
        """Note the first sample of a job."""
        self.firsts[number] = seconds
        layouts = self.layouts(number)
        self.best[layouts] = min(seconds, self.best.get(layouts, math.inf))

    def far(self, number: int) -> bool:
        """Tell whether a job cannot win."""
        return self.firsts[number] > FAR * self.best[self.layouts(number)]


@dataclass
class Outcome:
    """Samples in seconds by job, why jobs failed, and the core's peak in operations a second."""

    samples: dict[int, list[float]] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    peaks: list[float] = field(default_factory=list)

    def measurement(self, number: int) -> Measurement:
        """Return what goes into the cost table."""
        if number in self.failed:
            return Measurement(0.0, samples=0, failed=self.failed[number])
        return summary(self.samples[number], dominated=len(self.samples[number]) < FEW)


def summary(samples: Sequence[float], *, dominated: bool = False) -> Measurement:
    """Return the median of samples in milliseconds, and how they spread."""
    middle = median(samples)
    first, _, third = quantiles(samples, n=4, method="inclusive") if len(samples) > 1 else (0.0, 0.0, 0.0)
    spread = (third - first) / middle if middle else 0.0
    return Measurement(
        float(f"{middle * 1e3:.6g}"), float(f"{spread:.3g}"), len(samples), dominated=dominated
    )


class _Inside:
    """The measuring process."""

    def __init__(self, work: Work, pipe: Connection, current: Any) -> None:
        self.work, self.pipe, self.current = work, pipe, current
        faulthandler.disable()  # a crash is an answer here
        for variable in ONE_THREAD:
            os.environ[variable] = "1"
        if work.core is not None and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {work.core})
        self.clock = Clock(work.timer, work.others)

    def load(self, number: int) -> Timed | None:
        """Return a job ready to be called, None where it fails."""
        work = self.work
        self.current.value = number
        try:
            timed = Timed(self.clock, work.loadables[number], work.jobs[number], work.constants)
            self.warm = timed.seconds()
        except LpdnnError as error:
            self.pipe.send(("failed", number, str(error)))
        except Exception as error:  # noqa: BLE001  # a plugin's prepare, or a library, may fail in any way
            self.pipe.send(("failed", number, f"{type(error).__name__}: {error}"[:300]))
        else:
            return timed
        return None

    def first(self) -> None:
        """Take a first sample of each job; where the call before it is far off, that one counts.

        Not of kernels over libraries, whose first call opens the library, packs weights or compiles.
        """
        for number in range(len(self.work.jobs)):
            if number in self.work.firsts:
                continue
            timed = self.load(number)
            if timed is None:
                continue
            best = self.work.best.get(self.work.layouts(number), math.inf)
            library = self.work.jobs[number].implementation.primitive.library
            hopeless = self.warm > 2 * FAR * best and not (library and library.objects)
            taken = self.warm if hopeless else min(self.warm, timed.seconds())
            self.work.learn(number, taken)
            self.pipe.send(("first", number, taken))

    def rounds(self) -> None:
        """Measure those that may win, in turns."""
        left = sorted(n for n in self.work.firsts if not self.work.far(n))
        while left:
            group: list[tuple[int, Timed]] = []
            taken = 0
            while left and (not group or taken < TOGETHER):
                timed = self.load(left[0])
                number = left.pop(0)
                if timed is not None:
                    group.append((number, timed))
                    known = timed.operands
                    taken += sum(a.nbytes for a in (*known.inputs, *known.outputs) if a is not None)
            self._group(group)

    def _group(self, group: list[tuple[int, Timed]]) -> None:
        samples: dict[int, list[float]] = {number: [] for number, _ in group}
        start = time.process_time()
        for count in range(1, MANY + 1):
            peak = self.clock.peak()
            for number, timed in group:
                self.current.value = number
                samples[number].append(timed.seconds())
            self.pipe.send(("round", count, peak))
            if count == FEW:
                for number, some in samples.items():
                    self.work.learn(number, median(some))
                group = [
                    (number, timed)
                    for number, timed in group
                    if median(samples[number]) <= NEAR * self.work.best[self.work.layouts(number)]
                ]
            if count >= LEAST and time.process_time() - start > self.work.enough:
                break
        self.pipe.send(("samples", samples, None))


def _child(work: Work, pipe: Connection, current: Any) -> None:
    try:
        inside = _Inside(work, pipe, current)
        inside.first()
        inside.rounds()
        pipe.send(("done", None, None))
    except KeyboardInterrupt:
        os._exit(130)
    pipe.close()
    os._exit(0)


def _how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        return f"it crashed with {signal.Signals(-code).name}"
    return f"it ended the process with exit code {code}"


class _Hearing:
    """The outcome in the making: what the measuring processes of a layer say."""

    def __init__(self, work: Work, tell: Callable[[int], None]) -> None:
        self.work, self.tell, self.outcome = work, tell, Outcome()
        for number, loadable in enumerate(work.loadables):
            if loadable.failure:
                self.failed(number, loadable.failure)

    @property
    def left(self) -> list[int]:
        """The jobs that have not failed."""
        return [n for n in range(len(self.work.jobs)) if n not in self.outcome.failed]

    def first(self, number: int, seconds: float) -> None:
        """Note a first sample."""
        self.work.learn(number, seconds)
        self.outcome.samples[number] = [seconds]
        self.tell(number)

    def failed(self, number: int, reason: str) -> None:
        """Note that a job failed, now or after its first sample."""
        if self.work.firsts.pop(number, None) is None:
            self.tell(number)
        self.outcome.samples.pop(number, None)
        self.outcome.failed[number] = reason

    def part(self, left: Sequence[int]) -> Work:
        """Return what a process is given: the jobs that are left."""
        work = self.work
        firsts = {place: work.firsts[n] for place, n in enumerate(left) if n in work.firsts}
        jobs, loadables = [work.jobs[n] for n in left], [work.loadables[n] for n in left]
        return replace(work, jobs=jobs, loadables=loadables, best=dict(work.best), firsts=firsts)

    def listen(self, pipe: Connection, left: Sequence[int]) -> str:
        """Hear a process out; return "" or how it came to an end before it was done."""
        while pipe.poll(PATIENCE):
            try:
                kind, one, other = pipe.recv()
            except EOFError:
                return "end"
            if kind == "done":
                return ""
            if kind == "first":
                self.first(left[one], other)
            elif kind == "failed":
                self.failed(left[one], other)
            elif kind == "round":
                self.outcome.peaks.append(other)
            else:
                self.outcome.samples.update((left[n], some) for n, some in one.items())
        return f"it took longer than {PATIENCE:.0f} s"


def measure(work: Work, tell: Callable[[int], None] = lambda _number: None) -> Outcome:
    """Return the samples of all jobs; `tell` hears the number of each job that has its first one.

    A job that crashes, hangs or refuses ends as failed; the rest goes on without it.
    """
    context = multiprocessing.get_context("fork")
    hearing = _Hearing(work, tell)
    while left := hearing.left:
        inner, outer = context.Pipe(duplex=False)
        current = context.RawValue("i", -1)
        process = context.Process(target=_child, args=(hearing.part(left), outer, current), daemon=True)
        process.start()
        outer.close()
        reason = "it was interrupted"
        try:
            reason = hearing.listen(inner, left)
        finally:
            if reason in {"", "end"}:
                process.join(PATIENCE)
            process.kill()
            process.join()
            inner.close()
        if not reason:
            break
        if reason == "end":
            reason = _how_it_ended(process.exitcode)
        if current.value < 0:
            message = f"the measuring process could not start: {reason}"
            raise LpdnnError(message)
        hearing.failed(left[current.value], reason)
    return hearing.outcome
