"""Who measures: this process, processes on each core, or the workers of a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lpdnn.ir import LpdnnError
from lpdnn.quantizer.examples import untold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from lpdnn.quantizer.examples import Tell
    from lpdnn.quantizer.experiment import Choice, Experiment, Outcome
    from lpdnn.quantizer.journal import Journal

_LOCK = threading.Lock()
"""A program has one memory: of a worker's threads, one measures at a time."""
_inherited: Experiment | None = None


def measured(experiment: Experiment, choice: Choice, part: str) -> Outcome:
    """Measure a choice; what runs on a worker of a cluster, whose experiment builds its program there once."""
    with _LOCK:
        return experiment.measure(choice, part)


def _measured_here(choice: Choice, part: str) -> Outcome:
    assert _inherited is not None
    return _inherited.measure(choice, part)


class Crew:
    """Measures many choices, in any order, and keeps each outcome as it comes."""

    def __init__(
        self,
        experiment: Experiment,
        journal: Journal,
        submit: Callable[[Choice, str], Any] | None,
        tell: Tell,
    ) -> None:
        self.experiment, self.journal, self.tell = experiment, journal, tell
        self._submit = submit

    def measure(self, choices: Sequence[Choice], part: str, what: str) -> list[Outcome]:
        """Return what comes of each choice."""
        known = self.journal.known
        missing = {choice.key: choice for choice in choices if (choice.key, part) not in known}
        if self._submit is None:
            for done, choice in enumerate(missing.values()):
                self.tell(done, len(missing), what)
                self.journal.note(choice, part, self.experiment.measure(choice, part))
        elif missing:
            pending = {self._submit(choice, part): choice for choice in missing.values()}
            for done, future in enumerate(self._completed(list(pending)), 1):
                self.journal.note(pending[future], part, future.result())
                self.tell(done, len(missing), what)
        return [known[choice.key, part] for choice in choices]

    def _completed(self, futures: Sequence[Any]) -> Iterator[Any]:
        if hasattr(futures[0], "key"):  # one of Dask's
            from distributed import as_completed as completed  # noqa: PLC0415  # an extra

            yield from completed(futures, loop=futures[0].client.loop)
        else:
            yield from as_completed(futures)


@contextmanager
def crew(
    experiment: Experiment,
    journal: Journal,
    *,
    workers: int | None = None,
    cluster: str = "",
    tell: Tell = untold,
) -> Iterator[Crew]:
    """Give a crew: the workers of the cluster at an address, or so many processes here, one a core by default."""
    if cluster:
        with _cluster(experiment, cluster) as submit:
            yield Crew(experiment, journal, submit, tell)
        return
    count = workers or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else workers or 1
    if count == 1:
        yield Crew(experiment, journal, None, tell)
        return
    global _inherited  # noqa: PLW0603  # what a forked process finds
    experiment.simulation  # noqa: B018  # built once, before the processes part
    _inherited = experiment
    try:
        with ProcessPoolExecutor(count, multiprocessing.get_context("fork")) as pool:

            def submit(choice: Choice, part: str) -> Future[Outcome]:
                return pool.submit(_measured_here, choice, part)

            yield Crew(experiment, journal, submit, tell)
    finally:
        _inherited = None


@contextmanager
def _cluster(experiment: Experiment, address: str) -> Iterator[Callable[[Choice, str], Any]]:
    try:
        from distributed import Client  # noqa: PLC0415  # an extra
    except ImportError:
        message = 'a cluster needs Dask: pip install "lpdnn[cluster]" (or pip install distributed)'
        raise LpdnnError(message) from None
    try:
        client = Client(address, timeout="5s", set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        message = f"{address}: no Dask scheduler answers there; start one with `dask scheduler`"
        raise LpdnnError(message) from error
    with client:
        if not client.scheduler_info()["workers"]:
            message = f"{address}: the scheduler has no workers; start some with `dask worker {address} --nthreads 1`"
            raise LpdnnError(message)
        held = client.scatter(experiment, broadcast=True, hash=False)

        def submit(choice: Choice, part: str) -> Any:
            return client.submit(measured, held, choice, part, pure=False)

        yield submit
