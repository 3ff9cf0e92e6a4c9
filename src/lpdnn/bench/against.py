"""A network of ours and other runtimes that are installed, in turns on one core.

Each is a fresh process with one thread. All are loaded, then take turns in rounds whose order rotates; only one
works at a time. Before its timed runs each runs for a while untimed, so that caches and clock are its own
again. Runs of less than a millisecond are timed in batches. Times are those of the clock on the wall.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from lpdnn.bench import peers
from lpdnn.bench.harness import Harness, harness
from lpdnn.bench.network import one_core
from lpdnn.compiler import generate, random_inputs
from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from multiprocessing.connection import Connection

    from lpdnn.ir import Array, Graph
    from lpdnn.selection import Selection

OURS = "lpdnn"
TOLERANCE = 1e-4
"""Of the largest value of an output, that ours may be away from the reference."""
WARM = 0.015
"""Seconds that each runs untimed before its turn; nothing where one run takes longer than SLOW."""
SLOW = 0.3
BATCH = 1e-3
"""Seconds that a timed batch of runs takes at least."""
TURN = 3
"""Timed batches in a turn."""
ENOUGH = 20.0
"""Seconds for each contender, after which its rounds end, but for the first two."""
PATIENCE = 600.0
"""Seconds without a word from a process, after which it hangs."""


@dataclass
class Rival:
    """A runtime with the network: what is known of it, and what its runs took in seconds."""

    name: str
    version: str = ""
    program_bytes: int = 0
    load_seconds: float = 0.0
    memory_bytes: int = 0
    error: float = 0.0
    samples: list[float] = field(default_factory=list)

    @property
    def measured(self) -> float:
        """Median of the samples, in seconds."""
        return median(self.samples)

    def times(self, other: Rival) -> float:
        """Return how many times the other's time it takes, by the medians."""
        return self.measured / other.measured


def _resident(what: str) -> int:
    """Return bytes of this process by a line of /proc/self/status; 0 where there is none."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(what)), 0)


def _forget_peak() -> None:
    """Let the largest memory in use be what is in use now, where the system can."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")


def _child(name: str, model: Path, folder: Path, x: Array, pipe: Connection) -> None:
    """Load and run a network as one runtime, at the word of the parent."""
    os.dup2(2, 1)  # what libraries print is no result
    try:
        peer = None if name.startswith(OURS) else peers.find(name, model)
        _forget_peak()
        before = _resident("VmRSS")
        start = time.perf_counter()
        run = Harness(model) if peer is None else peer.load(model, folder)
        loaded = time.perf_counter() - start
        outputs = [np.array(y, np.float64) for y in run(x)]
        memory = _resident("VmHWM") - before
        run(x)
        start = time.perf_counter()
        run(x)
        single = time.perf_counter() - start
    except Exception as error:  # noqa: BLE001  # a runtime may fail in any way
        pipe.send(f"{type(error).__name__}: {error}"[:300])
        return
    pipe.send((outputs, loaded, memory))
    gc.disable()
    calls = max(1, int(BATCH / single)) if single < BATCH else 1
    while pipe.recv():
        start = time.perf_counter()
        while single < SLOW and time.perf_counter() - start < WARM:
            run(x)
        samples = []
        for _ in range(TURN if single < SLOW else 1):
            start = time.perf_counter()
            for _ in range(calls):
                run(x)
            samples.append((time.perf_counter() - start) / calls)
        pipe.send(samples)


class _Process:
    """The process of a rival."""

    def __init__(self, rival: Rival, model: Path, folder: Path, x: Array) -> None:
        context = multiprocessing.get_context("spawn")
        self.rival = rival
        self.pipe, outer = context.Pipe()
        folder.mkdir()
        self.process = context.Process(target=_child, args=(rival.name, model, folder, x, outer), daemon=True)
        self.process.start()
        outer.close()

    def hear(self) -> Any:
        """Return what it says next; an LpdnnError where it failed."""
        try:
            word = self.pipe.recv() if self.pipe.poll(PATIENCE) else f"no word for {PATIENCE:.0f} s"
        except EOFError:
            self.process.join(1)
            word = f"its process ended with {self.process.exitcode}"
        if isinstance(word, str):
            message = f"{self.rival.name} cannot run this network: {word}"
            raise LpdnnError(message)
        return word

    def turn(self) -> None:
        """Let it take its turn."""
        self.pipe.send(True)  # noqa: FBT003
        self.rival.samples += self.hear()

    def end(self) -> None:
        """End it."""
        self.process.kill()
        self.process.join()


def difference(outputs: Sequence[Array], reference: Sequence[Array]) -> float:
    """Return the largest difference of any output relative to its largest value; infinity for other shapes."""
    if [y.size for y in outputs] != [y.size for y in reference]:
        return float("inf")
    return max(
        float(np.abs(y.ravel() - z.ravel()).max() / (np.abs(z).max() + 1e-30))
        for y, z in zip(outputs, reference, strict=True)
    )


def _the_input(graph: Graph) -> Array:
    if len(graph.inputs) != 1 or graph.types[graph.inputs[0]].dtype != "f32":
        message = f"{graph.name} has several inputs, or one that is not fp32; only others can be compared"
        raise LpdnnError(message)
    return next(iter(random_inputs(graph).values()))


def race_against(
    graph: Graph,
    model: Path,
    names: Sequence[str],
    selections: Mapping[str, Selection | None],
    *,
    rounds: int,
    tell: Callable[[float, float, str], None] = lambda _done, _total, _what: None,
) -> list[Rival]:
    """Return what ours, one for each selection, and the named runtimes took for a simplified network.

    The first of those named is the reference of `error`, the largest difference of an output relative to its
    largest value. A runtime that is not installed or cannot run the model is an LpdnnError.
    """
    found = {name: peers.find(name, model) for name in names}
    x = _the_input(graph)
    total = float(len(selections) + len(names) + rounds)
    rivals = [
        *(Rival(f"{OURS}{f', {how}' if how else ''}") for how in selections),
        *(Rival(name, peers.version(peer), peers.installed_bytes(peer)) for name, peer in found.items()),
    ]
    with TemporaryDirectory(prefix="lpdnn-bench-") as home:
        files = {}
        for number, (rival, choice) in enumerate(zip(rivals, selections.values(), strict=False)):
            tell(number, total, f"building {rival.name}")
            bundle = Path(home) / f"bundle{number}"
            generate(graph, bundle, weights="file", simplified=False, selection=choice)
            files[rival.name] = harness(bundle)
            rival.program_bytes = (bundle / "build" / "liblpdnn.so").stat().st_size
        with one_core():
            processes: list[_Process] = []
            try:
                outputs = {}
                for number, rival in enumerate(rivals):
                    tell(len(selections) + number, total, f"loading {rival.name}")
                    one = _Process(rival, files.get(rival.name, model), Path(home) / str(number), x)
                    processes.append(one)
                    outputs[rival.name], rival.load_seconds, rival.memory_bytes = one.hear()
                for rival in rivals:
                    rival.error = difference(outputs[rival.name], outputs[names[0]])
                for done, one in _turns(processes, rounds):
                    tell(total - rounds + done, total, f"running {one.rival.name}")
                    one.turn()
            finally:
                for one in processes:
                    one.end()
    return rivals


def _turns(processes: Sequence[_Process], rounds: int) -> Iterator[tuple[int, _Process]]:
    """Yield who is next, by rounds; those that had enough time drop out."""
    start = time.monotonic()
    for count in range(rounds):
        first = count % len(processes)
        for one in (*processes[first:], *processes[:first]):
            if count < 2 or sum(one.rival.samples) < ENOUGH:
                yield count, one
        if count >= 2 and time.monotonic() - start > ENOUGH * len(processes):
            break


def against_table(rivals: Sequence[Rival]) -> list[str]:
    """Return the comparison as a table, ours first."""
    lines = [
        "| | version | ms | times ours | error | memory MB | program MB | load ms |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.name} | {r.version or '-'} | {r.measured * 1e3:.4g} | {r.times(rivals[0]):.2f} | {r.error:.1e} | "
        f"{r.memory_bytes / 1e6:.1f} | {r.program_bytes / 1e6:.3g} | {r.load_seconds * 1e3:.1f} |"
        for r in rivals
    ]
    return lines
