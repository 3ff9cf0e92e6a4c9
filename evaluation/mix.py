"""The best mix of primitives against single plugins, end to end: eight networks, seeded weights, one image.

    python evaluation/mix.py [NETWORK ...] > docs/evaluation/mix.md

Tunes each network, chooses, and runs the choice in turns with the best single plugins and cpu_vanilla. What
was measured is kept in the cache folder (LPDNN_CACHE), so that the same command goes on after a stop;
--again begins anew. The prototxts are in $LPDNN_SHARED/models/caffe_prototxts (default ../shared). Let the
computer have nothing else to do.
"""

from __future__ import annotations

import json
import math
import os
import shlex
import shutil
import sys
import time
from pathlib import Path
from statistics import geometric_mean, median
from typing import Any

import lpdnn
from lpdnn.bench.network import MIX, PLAIN, Contender, contenders, priced, race
from lpdnn.bench.reports import measured_on
from lpdnn.bench.subjects import subjects
from lpdnn.selection import CostTable, implementation_key, load_costs
from lpdnn.selection.milp import milp
from lpdnn.selection.model import EXACT
from lpdnn.selection.optimum import optimum
from lpdnn.selection.searches import single_plugin
from lpdnn.targets import find
from lpdnn.toolchain.compilers import cache_folder

HERE = Path(__file__).parent
PROTOTXTS = Path(os.environ.get("LPDNN_SHARED", HERE.parent.parent / "shared")) / "models" / "caffe_prototxts"
NETWORKS = {
    "AlexNet": PROTOTXTS / "bvlc_alexnet.deploy.prototxt",
    "VGG-16": HERE / "vgg16.prototxt",
    "GoogLeNet": PROTOTXTS / "bvlc_googlenet.deploy.prototxt",
    "MobileNetV1": PROTOTXTS / "mobilenet_v1_shicai.deploy.prototxt",
    "SqueezeNet 1.1": PROTOTXTS / "squeezenet_v1.1.deploy.prototxt",
    "ResNet-50": PROTOTXTS / "ResNet-50-deploy.prototxt",
    "SphereFace-20": PROTOTXTS / "sphereface20.deploy.prototxt",
    "MobileNet-SSD": PROTOTXTS / "mobilenet_ssd_chuanqi.deploy.prototxt",
}
DOCUMENT = ("cpu_vanilla", "cpu_blas", "cpu_nnpack", "cpu_sparse")
"""The plugins of the document that asks for this."""
SINGLES = 2
"""Single plugins that run, of those that are predicted to be fastest."""
ENOUGH = 0.1
"""Seconds for the rounds of a layer; the best choice is measured again in the network."""
INEXACT = ", inexact too"
"""Marks a plugin that may use what is not chosen unasked: algorithms of a larger error than the mix has."""


def simplified(path: Path) -> lpdnn.Graph:
    """Return a network with seeded weights that takes one image."""
    graph = lpdnn.load(path, fill="random")
    shapes = {name: (1, *graph.types[name].shape[1:]) for name in graph.inputs}
    return lpdnn.simplify(lpdnn.load(path, fill="random", shapes=shapes))


def plugin_of(name: str) -> str:
    """Return the plugin of a contender."""
    return name.removesuffix(INEXACT)


def inexact(graph: lpdnn.Graph, table: CostTable, plugin: str) -> list[Contender]:
    """Return a plugin with all of its algorithms, where some that are not chosen unasked are its fastest."""
    use = []
    for subject in subjects(graph, find("native")):
        times = {
            one: seconds
            for one in subject.implementations
            if one.plugin.name == plugin and (seconds := table.seconds(subject.key, implementation_key(one)))
        }
        best = min(times, key=times.__getitem__, default=None)
        if best is not None and best.primitive.tolerance > EXACT:
            use += [f"{node}={plugin}:{best.how}" for node in subject.nodes]
    if not use:
        return []
    given = priced(graph, table, use)
    found = single_plugin(given.problem, plugin)
    return [Contender(plugin + INEXACT, given.selection(found.picks), found.cost, len(use))]


def runners(all_of_them: list[Contender]) -> list[Contender]:
    """Return who runs: the mix, the best single plugins, the best of the document's, cpu_vanilla."""
    mix, *singles = all_of_them
    ordered = sorted(singles, key=lambda one: one.predicted)
    wanted = [one.name for one in ordered if INEXACT not in one.name][:SINGLES]
    wanted += [one.name for one in ordered if plugin_of(one.name) in DOCUMENT][:1]
    return [mix, *(one for one in ordered if one.name in {*wanted, PLAIN})]


def same(one: Contender, other: Contender) -> bool:
    """Tell whether two are the same program."""
    return (one.selection.nodes, one.selection.conversions) == (
        other.selection.nodes,
        other.selection.conversions,
    )


def progress(name: str):  # noqa: ANN201
    """Return what tells how far it is, a line every few seconds."""
    last = [0.0]

    def tell(done: float, total: float, what: str) -> None:
        if time.monotonic() - last[0] > 5:
            last[0] = time.monotonic()
            print(f"{name}: {done / total:.0%}, {what}", file=sys.stderr, flush=True)

    return tell


def evaluate(name: str, folder: Path) -> dict[str, Any]:
    """Return what there is to tell of a network."""
    start = time.monotonic()
    graph = simplified(NETWORKS[name])
    alone, costs = folder / "layers.json", folder / "costs.json"
    table = lpdnn.tune(
        graph, costs=alone, simplified=False, confirm=False, enough=ENOUGH, tell=progress(name)
    )
    by_layers = optimum(priced(graph, table).problem).proof.cost
    if not costs.exists():
        shutil.copy(alone, costs)
    table = lpdnn.tune(graph, costs=costs, simplified=False, enough=ENOUGH, tell=progress(name))
    tuned = time.monotonic()
    given = priced(graph, table)
    begun = time.perf_counter()
    best = optimum(given.problem)
    proof = time.perf_counter() - begun
    oracle = given.problem.cost(milp(given.problem))
    found = runners([*contenders(given), *(one for name in DOCUMENT for one in inexact(graph, table, name))])
    racing = [found[0], *(one for one in found[1:] if not same(one, found[0]))]
    race(graph, racing, tell=progress(name))
    for one in found:
        if not one.samples:
            one.samples = found[0].samples
    return {
        "nodes": len(graph.nodes),
        "alone": by_layers,
        "conversions": sum(map(len, found[0].selection.conversions.values())),
        "proven": best.proof.proven,
        "proof_ms": proof * 1e3,
        "milp_agrees": math.isclose(oracle, best.proof.cost, rel_tol=1e-9),
        "seconds": {one.name: one.measured for one in found},
        "times": {one.name: one.times(found[0]) for one in found},
        "spread": {one.name: one.spread for one in found},
        "predicted": {one.name: one.predicted for one in found},
        "tuning": tuned - start,
        "all": time.monotonic() - start,
        "about": measured_on(load_costs(costs, find("native"))),
    }


def row(name: str, found: dict[str, Any]) -> str:
    """Return a network's row of the table."""
    seconds, predicted, times = found["seconds"], found["predicted"], found["times"]
    mix = seconds[MIX]
    single, documents = rivals(found)
    cells = [name, f"{found['nodes']} + {found['conversions']}"]
    cells += [f"{time * 1e3:.2f} ({time / mix - 1:+.1%})" for time in (found["alone"], predicted[MIX])]
    cells += [f"**{mix * 1e3:.2f}**", f"{found['spread'][MIX]:.1%}"]
    cells += [f"{one} {seconds[one] * 1e3:.2f} ({times[one]:.3f}x)" for one in (single, documents, PLAIN)]
    cells += [f"{'proven' if found['proven'] else 'not proven'} in {found['proof_ms']:.0f} ms"]
    cells += ["same" if found["milp_agrees"] else "**differs**", f"{found['tuning']:.0f} s"]
    return f"| {' | '.join(cells)} |"


def rivals(found: dict[str, Any]) -> tuple[str, str]:
    """Return the fastest single plugin, and the fastest of the document's."""
    seconds = {name: s for name, s in found["seconds"].items() if name != MIX}
    single = min((name for name in seconds if INEXACT not in name), key=seconds.__getitem__)
    document = (name for name in seconds if plugin_of(name) in DOCUMENT)
    return single, min(document, key=seconds.__getitem__)


def verdict(results: dict[str, dict[str, Any]]) -> tuple[list[str], bool]:
    """Return what was to be shown, and whether it was."""
    over_single, over_document, errors = [], [], []
    for found in results.values():
        single, documents = rivals(found)
        over_single.append(found["times"][single])
        over_document.append(found["times"][documents])
        errors.append(abs(found["predicted"][MIX] / found["seconds"][MIX] - 1))
    slower = [
        name
        for (name, found), times in zip(results.items(), over_single, strict=True)
        if times < 1 - max(found["spread"][MIX], found["spread"][rivals(found)[0]])
    ]
    even = [f"{name} {times:.3f}x" for name, times in zip(results, over_single, strict=True) if times < 1]
    comparison = (
        f"the mix is slower than the best single plugin for: {', '.join(slower) or 'none'} (by less than runs of"
        f" one program differ: {', '.join(even) or 'none'})"
    )
    gain = geometric_mean(over_document)
    checks = [
        (not slower, comparison),
        (gain >= 1.25, f"geometric mean over the document's best plugin: {gain:.2f}x (at least 1.25)"),
        (median(errors) <= 0.05, f"median error of the prediction: {median(errors):.1%} (at most 5 %)"),
        (all(f["milp_agrees"] for f in results.values()), "the MILP has the same answers"),
        (all(f["proven"] and f["proof_ms"] <= 50 for f in results.values()), "each proven within 50 ms"),
    ]
    if "MobileNetV1" in results:
        times = results["MobileNetV1"]["times"][PLAIN]
        checks.append((times >= 80, f"MobileNetV1 over cpu_vanilla: {times:.0f}x (at least 80)"))
    return [f"- {'ok' if good else '**missed**'}: {text}" for good, text in checks], all(
        good for good, _ in checks
    )


def main(arguments: list[str]) -> int:
    """Print the report; return 1 where something was missed."""
    again = "--again" in arguments
    wanted = [name for name in arguments if name != "--again"] or list(NETWORKS)
    home = cache_folder() / "mix"
    if again and home.exists():
        shutil.rmtree(home)
    results: dict[str, dict[str, Any]] = {}
    for name in wanted:
        folder = home / name.replace(" ", "-")
        folder.mkdir(parents=True, exist_ok=True)
        kept = folder / "result.json"
        if not kept.exists():
            kept.write_text(json.dumps(evaluate(name, folder)))
        results[name] = json.loads(kept.read_text())
    print("# The best mix against single plugins\n")
    named = shlex.join(
        ["python", "evaluation/mix.py", *(name for name in wanted if wanted != list(NETWORKS))]
    )
    print(
        f"Made by `{named} > docs/evaluation/mix.md`. Milliseconds of processor time of one core, end to end, one\n"
        "image, seeded weights; medians of runs in turns. In brackets: times the mix, and how far predictions are\n"
        "off: by the times of layers alone, and by those confirmed in the network (see\n"
        f"[selection](../selection.md)). The document's plugins are {', '.join(DOCUMENT)};\n"
        "what a plugin lacks the fastest other one does. How far cpu_vanilla is away, built as compilers may:\n"
        "[plain_c](plain_c.md).\n"
    )
    print("\n".join(next(iter(results.values()))["about"]) + "\n")
    print(
        "| network | nodes + conversions | predicted by layers | predicted, confirmed | mix | spread"
        " | best single plugin | best of the document's | cpu_vanilla | proof | MILP | tuning |"
    )
    print("|---|" + "---|" * 11)
    for name, found in results.items():
        print(row(name, found))
    lines, good = verdict(results)
    print("\n" + "\n".join(lines))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
