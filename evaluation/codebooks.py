"""Codebooks: bytes of trained networks, what they answer, and their time beside float weights.

    python evaluation/codebooks.py [accuracy | time | layers | NETWORK ...] > docs/evaluation/codebooks.md

The models and data are in $LPDNN_SHARED (default ../shared; see classifiers.py). $LPDNN_IMAGES is how many
images each network sees at most, instead of 1000. What is timed wants a computer that does nothing else.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from classifiers import CAFFE_PIXELS, SHARED, TORCH_PIXELS, Labelled, cifar10

import lpdnn
from lpdnn.bench.network import one_core
from lpdnn.bench.objects import Job, load_jobs, timer
from lpdnn.bench.stopwatch import Clock, Timed
from lpdnn.compiler import lower, random_inputs
from lpdnn.data import Preprocessing, read_image
from lpdnn.ir import TensorType
from lpdnn.ops._codebooks import decode, sample
from lpdnn.ops.conv2d_codebook import Conv2dCodebook
from lpdnn.ops.fc_codebook import FcCodebook
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.primitives import discover
from lpdnn.quantization import Scheme, apply_codebooks, lossless
from lpdnn.quantization.apply_codebooks import layers
from lpdnn.selection import Implementation
from lpdnn.targets import find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lpdnn.ir import Array, Graph, Operator

IMAGES = int(os.environ.get("LPDNN_IMAGES", "1000"))
MODELS = SHARED / "models"
SCHEMES = {
    "8 bits": Scheme(8),
    "4 bits, factors": Scheme(4, scaled=True),
    "8 bits a pair, factors": Scheme(8, vector=2, scaled=True, iterations=10),
    "4 bits, factors, entries [3.5]": Scheme(4, scaled=True, fixed=(3, 5)),
    "2 bits, factors": Scheme(2, scaled=True),
}
ROUNDS = 11
"""Turns that layers alone are timed in."""
TIMED = 25
"""Turns that networks are timed in."""
OTHERS = 64 << 20
"""Bytes that are read between two calls of a layer, so that its weights come from memory."""


def sampled(preprocessing: Preprocessing) -> Callable[[tuple[int, ...]], Labelled]:
    """Return the images of one a class of ImageNet."""

    def images(shape: tuple[int, ...]) -> Labelled:
        folder = SHARED / "data" / "imagenet_sample_1000"
        for line in (folder / "labels.txt").read_text().splitlines():
            name, label = line.split()[:2]
            yield preprocessing(read_image(folder / "images" / name), shape)[None], int(label)

    return images


@dataclass(frozen=True)
class Network:
    """A trained network and its data."""

    definition: str
    weights: str
    data: Callable[[tuple[int, ...]], Labelled]


NETWORKS = {
    "SqueezeNet v1.0": Network(
        "squeezenet_v1.0_dc/SqueezeNet_deploy.prototxt",
        "squeezenet_v1.0_dc/squeezenet_v1.0_dc.caffemodel",
        sampled(CAFFE_PIXELS),
    ),
    "MobileNetV2": Network(
        "mobilenet_v2_torchvision/mobilenet_v2.prototxt",
        "mobilenet_v2_torchvision/mobilenet_v2.caffemodel",
        sampled(TORCH_PIXELS),
    ),
    "CIFAR-10 quick": Network(
        "cifar10_bvlc/cifar10_quick.prototxt", "cifar10_bvlc/cifar10_quick_iter_5000.caffemodel", cifar10
    ),
    "CIFAR-10 full": Network(
        "cifar10_bvlc/cifar10_full.prototxt", "cifar10_bvlc/cifar10_full_iter_70000.caffemodel", cifar10
    ),
    "CIFAR-10 of CMSIS-NN, M7": Network(
        "cifar10_arm_cmsisnn/cifar10_m7_deploy.prototxt",
        "cifar10_arm_cmsisnn/cifar10_m7_iter_300000.caffemodel.h5",
        cifar10,
    ),
    "CIFAR-10 of CMSIS-NN, M4": Network(
        "cifar10_arm_cmsisnn/cifar10_m4_deploy.prototxt",
        "cifar10_arm_cmsisnn/cifar10_m4_iter_70000.caffemodel.h5",
        cifar10,
    ),
}


def simplified(network: Network) -> Graph:
    """Return a network for one image."""
    definition, weights = MODELS / network.definition, MODELS / network.weights
    graph = lpdnn.load(definition, weights)
    shapes = {name: (1, *graph.types[name].shape[1:]) for name in graph.inputs}
    return lpdnn.simplify(lpdnn.load(definition, weights, shapes=shapes))


def variants(graph: Graph, *, quickly: bool = False) -> Iterator[tuple[str, Graph]]:
    """Yield the network in float weights, in codebooks that lose nothing, and by each scheme.

    `quickly` takes any entries, where only time matters.
    """
    yield "float", graph
    exact = lossless(graph)
    if exact and not quickly:
        yield "lossless", apply_codebooks(graph, exact)
    for name, scheme in SCHEMES.items():
        if quickly and scheme.fixed:
            continue
        chosen = replace(scheme, iterations=1) if scheme.vector > 1 else replace(scheme, method="uniform")
        fitting = {
            layer: (chosen if quickly else scheme) if weight[0].size % scheme.vector == 0 else Scheme(4)
            for layer, weight in layers(graph).items()
        }
        yield name, apply_codebooks(graph, fitting)


def looked_up(graph: Graph, float_graph: Graph) -> Graph:
    """Return the float network with the weights that codebooks stand for."""
    constants = dict(float_graph.constants)
    originals = {node.name: node for node in float_graph.nodes}
    for node in graph.nodes:
        if isinstance(node.op, Conv2dCodebook | FcCodebook):
            indices, book, scale = (graph.constants.get(value or "") for value in node.inputs[1:4])
            assert indices is not None
            assert book is not None
            weight = decode(indices, book, scale, node.op.shape, node.op.bits)
            constants[str(originals[node.name].inputs[1])] = weight
    return float_graph.rebuilt(float_graph.nodes, constants)


def stored(graph: Graph, folder: Path) -> tuple[int, int]:
    """Return the bytes of the file of weights in the bundle, and those of the arena."""
    plan = lower(graph, find("native"), simplified=False)
    (file,) = lpdnn.generate(plan, folder, weights="file").glob("*.bin")
    return file.stat().st_size, plan.arena_bytes


def answers(name: str, network: Network) -> Iterator[str]:
    """Yield the rows of what a network answers, and what it takes."""
    graph = simplified(network)
    weights = sum(weight.size for weight in layers(graph).values())
    sizes, programs = {}, {}
    with TemporaryDirectory(prefix="lpdnn-codebooks-") as home:
        for number, (variant, there) in enumerate(variants(graph)):
            sizes[variant] = stored(there, Path(home) / str(number))
            programs[variant] = lpdnn.build(looked_up(there, graph), simplified=False)
    right = dict.fromkeys(programs, 0)
    count = 0
    for x, label in network.data(graph.types[graph.inputs[0]].shape):
        if count == IMAGES:
            break
        count += 1
        for variant, program in programs.items():
            right[variant] += int(np.argmax(np.asarray(program(x)))) == label
    for variant, (file, arena) in sizes.items():
        change = 100 * (right[variant] - right["float"]) / count
        yield (
            f"| {name} | {variant} | {file:,} | {8 * file / weights:.2f} | {right[variant]} of {count} "
            f"| {change:+.1f} | {arena:,} |"
        )


def times(name: str, network: Network) -> Iterator[str]:
    """Yield the row of a network's times, all variants in turns."""
    graph = simplified(network)
    with one_core():
        programs = {v: lpdnn.build(there, simplified=False) for v, there in variants(graph, quickly=True)}
        x = random_inputs(graph)
        taken: dict[str, list[float]] = {variant: [] for variant in programs}
        for _ in range(TIMED):
            for variant, program in programs.items():
                program.seconds(x)
                taken[variant].append(program.seconds(x))
    ratios = [
        f"{median(own / base for own, base in zip(samples, taken['float'], strict=True)):.2f}"
        for variant, samples in taken.items()
        if variant != "float"
    ]
    yield f"| {name} | {median(taken['float']) * 1e3:.2f} | {' | '.join(ratios)} |"


def _timed(kind: str, op: Operator, arrays: tuple[Array | None, ...]) -> tuple[Job, tuple[Array | None, ...]]:
    plugin, primitive = next(
        (plugin, primitive)
        for plugin in discover()
        for primitive in plugin.primitives
        if primitive.name == kind
    )
    types = tuple(None if x is None else TensorType.of(x) for x in arrays)
    return Job.of(Implementation(plugin, primitive, primitive.layout), op, types), (None, *arrays[1:])


def streams(shape: tuple[int, int], folder: Path) -> Iterator[str]:
    """Yield the rows of a fully connected layer whose weights come from memory."""
    rng = np.random.default_rng(0)
    x, bias = rng.random((1, shape[1]), np.float32), rng.random(shape[0], np.float32)
    weight = rng.standard_normal(shape).astype(np.float32)
    jobs = {
        f"float, {isa}": _timed(f"fc_f32_nchw__stream_{isa}", FullyConnected(), (x, weight, bias))
        for isa in ("avx512", "avx2")
    }
    for bits, vector in ((8, 1), (6, 1), (5, 1), (4, 1), (3, 1), (2, 1), (1, 1), (4, 2), (8, 4)):
        indices, book = sample(shape, bits, 1, vector)
        for isa in ("avx512vbmi", "avx2") if bits == 8 else ("avx512", "avx2"):
            name = f"{bits} bits" + (f" for {vector} weights" if vector > 1 else "") + f", {isa}"
            operands = (x, indices, book, None, bias)
            jobs[name] = _timed(f"fc_codebook_f32_nchw__stream_{isa}", FcCodebook(shape, bits), operands)
    target = find("native")
    clock = Clock(str(timer(target, folder)), OTHERS)
    loaded = load_jobs([job for job, _ in jobs.values()], target, folder)
    timed = [Timed(clock, one, *job) for one, job in zip(loaded, jobs.values(), strict=True)]
    seconds = [[one.seconds() for one in timed] for _ in range(ROUNDS)]
    for number, name in enumerate(jobs):
        ratio = median(row[0] / row[number] for row in seconds)
        time = median(row[number] for row in seconds)
        yield f"| {shape[0]} x {shape[1]} | {name} | {time * 1e6:.0f} | {ratio:.2f} |"


def table(head: Sequence[str], rows: Iterable[str]) -> None:
    """Print a table, each row as soon as it is known."""
    print(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}", flush=True)
    for row in rows:
        print(row, flush=True)


def main(wanted: list[str]) -> int:
    """Print the page, or the parts that are wanted."""
    parts = {"accuracy", "time", "layers"} & set(wanted) or {"accuracy", "time", "layers"}
    networks = {name: one for name, one in NETWORKS.items() if name in wanted} or NETWORKS
    if not wanted:
        print(TITLE)
    if "accuracy" in parts:
        head = ("network", "weights", "bytes", "bits", "right", "points", "arena")
        table(head, (row for name, one in networks.items() for row in answers(name, one)))
    if "time" in parts:
        print(TIME)
        head = ("network", "float, ms", *(name for name, scheme in SCHEMES.items() if not scheme.fixed))
        table(head, (row for name, one in networks.items() for row in times(name, one)))
    if "layers" in parts:
        print(LAYERS)
        with TemporaryDirectory() as folder, one_core():
            shapes = ((1000, 1280), (4096, 9216))
            for shape in shapes:
                (Path(folder) / str(shape[0])).mkdir()
            rows = (row for shape in shapes for row in streams(shape, Path(folder) / str(shape[0])))
            table(("layer", "weights", "us", "times"), rows)
    return 0


TITLE = """# Codebooks

Made by `python evaluation/codebooks.py > docs/evaluation/codebooks.md`.

One codebook a layer; with *factors*, one for each filter too. *Bytes* are those of the file of weights in the
bundle: indices as the chosen kernels want them, tables, factors, biases; *bits* are these by the weights that
can have codebooks (float kernels that transform weights, Winograd's, have more than 32). *Right* are the best
answers, *points* their change in percent. Nothing was done to rescue accuracy here: `lpdnn quantize` does that.
The answers are those of float kernels with the weights that the codebooks stand for. *Arena* is the RAM, of
which a buffer for looked-up weights is part."""
TIME = """
Time of a network as a part of that with float weights, all in turns on one core: medians; below 1 is faster.
Where float convolution is Winograd's, codebooks lose: they are convolved directly."""
LAYERS = """
A fully connected layer alone, whose weights come from memory: microseconds, and how many times as fast as with
float weights by AVX-512; medians, in turns."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
