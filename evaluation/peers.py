"""LPDNN beside other runtimes on one core: twelve networks in ONNX, all runtimes in turns.

    python evaluation/peers.py [NETWORK ...] > docs/evaluation/peers.md

Prepares and measures the networks that are named, or all, and prints the page of everything measured so far:
the run can be done in parts, a network at a time. --page measures nothing; --again prepares LPDNN anew;
--skip=lpdnn-tuned-avx2,tract leaves runtimes out. With the right to, run it under `nice -n -20`.

$LPDNN_PEERS is the folder of the harness (bench_peers.py, default $LPDNN_SHARED/peers) with its virtual
environment in venv/ and its networks in models/; results are kept there, in lpdnn.json. Let the computer have
nothing else to do; $LPDNN_LOCK is a file to lock while something is timed.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from statistics import geometric_mean, median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HERE = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("LPDNN_SHARED", HERE.parent.parent / "shared"))
HARNESS = Path(os.environ.get("LPDNN_PEERS", SHARED / "peers"))
RESULTS = HARNESS / "lpdnn.json"
PEERS = ("onnxruntime", "openvino", "ncnn", "mnn", "tflite-xnnpack", "opencv-dnn", "tract")
CLASSES = ("Lpdnn", "LpdnnTuned", "LpdnnAvx2", "LpdnnTunedAvx2", "OpenVinoAvx2")
TUNED, DEFAULT = "lpdnn-tuned", "lpdnn"
TUNED_AVX2, DEFAULT_AVX2 = "lpdnn-tuned-avx2", "lpdnn-avx2"
OURS = (TUNED, DEFAULT, TUNED_AVX2, DEFAULT_AVX2)
AVX2 = (TUNED_AVX2, DEFAULT_AVX2, "openvino-avx2")
SECONDS = 8
"""Timed seconds of a runtime and network, at most."""
WRONG, FAR = 1e-2, 1e-4
"""Errors from which on a result does not count, and is marked."""

Row = dict[str, Any]


@contextmanager
def quiet() -> Iterator[None]:
    """Hold the lock of those who time something on this computer."""
    lock = os.environ.get("LPDNN_LOCK")
    if not lock:
        yield
        return
    with Path(lock).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def harness(command: str, network: str, *words: str, variant: str = "fp32") -> None:
    """Call the harness for a network, in fp32 or int8; what it says goes to stderr."""
    adapters = [
        w for name in CLASSES for w in ("--adapter", f"{HERE.parent / 'bench' / 'adapter.py'}:{name}")
    ]
    call = [
        HARNESS / "venv" / "bin" / "python",
        HARNESS / "bench_peers.py",
        command,
        "-m",
        network,
        "-v",
        variant,
    ]
    subprocess.run([*map(str, call), *adapters, *words], stdout=sys.stderr, check=False)


def measure(network: str, *, again: bool, skip: Sequence[str]) -> None:
    """Prepare all runtimes for a network, and run them."""
    others = [name for name in (*PEERS, DEFAULT, DEFAULT_AVX2, "openvino-avx2") if name not in skip]
    tuned = [name for name in (TUNED, TUNED_AVX2) if name not in skip]
    if again:
        for name in OURS:
            shutil.rmtree(HARNESS / "cache" / name / "fp32" / network, ignore_errors=True)
    harness("prepare", network, "--core", "0", "-r", *others)
    if tuned:
        with quiet():
            harness("prepare", network, "-r", *tuned)
    with quiet():
        harness("run", network, "-r", *others, *tuned, "--seconds", str(SECONDS), "--out", str(RESULTS))


class Results:
    """What was measured: by network, then by runtime."""

    def __init__(self, told: dict[str, Any], wrong: float = WRONG) -> None:
        self.wrong = wrong
        self.machine, self.stats = told["machine"], told["stats"]
        self.rows: dict[str, dict[str, Row]] = {}
        for row in told["results"]:
            if "median_ms" in row and row["model"] != "null":
                self.rows.setdefault(row["model"], {})[row["runtime"]] = row

    @property
    def ours(self) -> str:
        """Which of ours is compared: the tuned one, where there is one for every network."""
        return TUNED if all(TUNED in rows for rows in self.rows.values()) else DEFAULT

    def measured(self, names: Sequence[str]) -> list[str]:
        """Return those of the runtimes that ran at least one network."""
        return [name for name in names if any(name in rows for rows in self.rows.values())]

    @property
    def peers(self) -> list[str]:
        """The other runtimes, those that are fastest on most networks first."""
        names = {name for rows in self.rows.values() for name in rows if name not in {*OURS, *AVX2}}
        relative = {
            name: median(
                rows[name]["median_ms"] / self.best(network)["median_ms"]
                for network, rows in self.rows.items()
                if name in rows
            )
            for name in names
        }
        return sorted(names, key=relative.__getitem__)

    def best(self, network: str) -> Row:
        """Return the fastest of the others on a network whose result is right."""
        rows = [
            row
            for name, row in self.rows[network].items()
            if name not in {*OURS, *AVX2} and row["max_rel_diff"] <= self.wrong
        ]
        return min(rows, key=lambda row: float(row["median_ms"]))

    def ratios(self, ours: str) -> dict[str, float]:
        """Return how many times ours the best other one takes, by network."""
        return {
            network: self.best(network)["median_ms"] / rows[ours]["median_ms"]
            for network, rows in self.rows.items()
            if ours in rows
        }

    def share(self, network: str, name: str) -> float:
        """Return the share of the core's peak that was reached."""
        row = self.rows[network][name]
        peak = row["peak"].get("fp32_avx512_gflops") or row["peak"]["fp32_avx2_gflops"]
        return float(row["gflops"] / peak)


def number(value: float) -> str:
    """Return a number with three digits that count."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table in markdown."""
    return [
        f"| {' | '.join(heads)} |",
        "|---" * len(heads) + "|",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]


def by_network(found: Results, asked: Sequence[str], cell: Callable[[str, Row], str]) -> list[str]:
    """Return a table of a cell for each network and runtime that was measured."""
    names = found.measured(asked)
    rows = [
        [network, *(cell(network, there[name]) if name in there else "-" for name in names)]
        for network, there in found.rows.items()
    ]
    return table(["", *names], rows)


def times(found: Results) -> list[str]:
    """Return the table of medians."""
    names = found.measured([TUNED, DEFAULT, *found.peers])
    rows = []
    for network, there in found.rows.items():
        best = found.best(network)["runtime"]
        cells = []
        for name in names:
            row = there.get(name)
            mark = "" if row is None else "!" if row["max_rel_diff"] > WRONG else ""
            text = "-" if row is None else number(row["median_ms"]) + mark
            cells.append(f"**{text}**" if name in {best, found.ours} else text)
        ratio = found.ratios(found.ours).get(network)
        share = f"{found.share(network, found.ours):.0%}" if found.ours in there else "-"
        rows.append([network, *cells, "-" if ratio is None else f"{ratio:.2f}", share])
    return table(["ms", *names, "best other / ours", "ours, of peak"], rows)


def checks(found: Results) -> tuple[list[str], bool]:
    """Return what was to be shown, and whether it was."""
    ours, tuned, default = (found.ratios(name) for name in (found.ours, TUNED, DEFAULT))
    slower = [network for network, ratio in ours.items() if ratio < 1]
    mean = geometric_mean(ours.values())
    beside = f"of `{DEFAULT}` {geometric_mean(default.values()):.3f}"
    late = [n for n in tuned if n in default and tuned[n] / default[n] > 1.15]
    errors = {n: max(rows[o]["max_rel_diff"] for o in OURS if o in rows) for n, rows in found.rows.items()}
    far = [f"{n} {error:.1e}" for n, error in errors.items() if error > FAR]
    sizes = [
        min(rows[p]["runtime_bytes"] for p in found.peers if p in rows) / rows[found.ours]["runtime_bytes"]
        for rows in found.rows.values()
        if found.ours in rows
    ]
    lines = [
        (not slower, f"slower than the best other runtime: {', '.join(slower) or 'none'}"),
        (
            mean >= 1.4,
            f"geometric mean over the best other of each network: {mean:.3f} (at least 1.4); {beside}",
        ),
        (
            len(tuned) == len(found.rows) and not late,
            f"default more than 15 % behind tuned: {', '.join(late) or 'none'} of {len(tuned)} that were tuned",
        ),
        (not far, f"outputs further than {FAR:g} from ONNX Runtime's: {', '.join(far) or 'none'}"),
        (min(sizes) >= 10, f"program smaller than the smallest other: {min(sizes):.0f} times (at least 10)"),
    ]
    return [f"- {'ok' if good else '**missed**'}: {text}" for good, text in lines], all(
        good for good, _ in lines
    )


def page(found: Results) -> tuple[list[str], bool]:
    """Return the page, and whether all was shown that was to be."""
    everyone = [TUNED, DEFAULT, *found.peers]
    peaks = [row["peak"] for rows in found.rows.values() for row in rows.values()]
    known = {name: median(peak[name] for peak in peaks) for name in peaks[0]}
    versions = {name: row["version"] for rows in found.rows.values() for name, row in rows.items()}
    verdict, good = checks(found)
    return [
        "# Beside other runtimes",
        "",
        "Made by `python evaluation/peers.py > docs/evaluation/peers.md`. fp32, batch 1, one thread on one core of",
        f"{found.machine['cpu']}; each runtime in a fresh process, all of a network in turns, medians of the clock",
        "on the wall. The peak is that of multiply-adds in registers, in the same runs:",
        f"{number(known['fp32_avx512_gflops'])} GFLOP/s. `{TUNED}`: after `lpdnn tune`; `{DEFAULT}`: the selection",
        "without any measurement here. Winograd F(6x6) is not used. Bold: ours, and the best other;",
        f"`!`: wrong by more than {WRONG:g}.",
        "",
        "Versions: " + "; ".join(versions[name] for name in found.peers) + ".",
        "",
        *times(found),
        *verdict,
        "",
        "## AVX2 alone",
        "Ours without AVX-512, in ms, beside OpenVINO that is told so (`ONEDNN_MAX_CPU_ISA=AVX2`). The others cannot be",
        "held to AVX2 where the CPU has more.",
        "",
        *by_network(found, AVX2, lambda _, row: number(row["median_ms"])),
        "## Largest error",
        "Of an output from ONNX Runtime's, relative to its largest value.",
        "",
        *by_network(found, [*OURS, *found.peers], lambda _, row: f"{row['max_rel_diff']:.0e}"),
        "## Peak memory, MB",
        "Of the process after loading and one run, beyond Python and numpy; weights included.",
        "",
        *by_network(found, everyone, lambda _, row: f"{row['rss_mb'] - row['base_mb']:.1f}"),
        "## Program, MB",
        "On disk, without weights: ours is runtime and kernels; the others' installed package.",
        "",
        *by_network(found, everyone, lambda _, row: number(row["runtime_bytes"] / 1e6)),
        "## Loading, ms",
        "",
        *by_network(found, everyone, lambda _, row: number(row["load_ms"])),
    ], good


def main(words: Sequence[str]) -> int:
    """Measure, and print the page; return 1 where something was missed."""
    known = HARNESS / "models" / "stats.json"
    if not known.exists() or not (HARNESS / "venv").exists():
        print(f"{HARNESS} has no networks or no virtual environment; see its README, and set LPDNN_PEERS")
        return 2
    networks = [name for name in json.loads(known.read_text()) if name != "null"]
    wanted = [word for word in words if not word.startswith("--")] or networks
    skip = [n for word in words if word.startswith("--skip=") for n in word.partition("=")[2].split(",")]
    for network in [] if "--page" in words else wanted:
        if network not in networks:
            print(f"there is no network {network}; there are {', '.join(networks)}")
            return 2
        measure(network, again="--again" in words, skip=skip)
    lines, good = page(Results(json.loads(RESULTS.read_text())))
    print("\n".join(lines).rstrip())
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
