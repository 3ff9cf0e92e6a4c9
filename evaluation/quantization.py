"""Quantized networks over labelled data: int8, what rescues it, fixed point, mixed codebooks; simulated.

    python evaluation/quantization.py [NETWORK ...] > docs/evaluation/quantization.md

The models and data are in $LPDNN_SHARED (default ../shared). Calibration is by other examples than scores are
of. What was measured is kept in the cache folder (LPDNN_CACHE), so that the same command goes on after a stop;
--again begins anew. LPDNN_EXAMPLES sets how many ImageNet examples are evaluated, LPDNN_MIXED_EXAMPLES
how many for mixed widths, LPDNN_SMALL_EXAMPLES how many digits and CIFAR images.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from quantization_page import page

import lpdnn
from lpdnn.data import Preprocessing, metric, read_dataset
from lpdnn.quantization import Configuration, load_configuration, save_configuration
from lpdnn.quantizer.experiment import answers, noise, with_choice
from lpdnn.toolchain.compilers import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.quantizer import Exploration, Quantized
    from lpdnn.quantizer.experiment import Choice

SHARED = Path(os.environ.get("LPDNN_SHARED", Path(__file__).parent.parent.parent / "shared"))
KEPT = cache_folder() / "evaluation" / "quantization"
MODELS, DATA = SHARED / "models", SHARED / "data"
LARGE = int(os.environ.get("LPDNN_EXAMPLES", "500"))
SMALL = int(os.environ.get("LPDNN_SMALL_EXAMPLES", "1900"))
MIXED = int(os.environ.get("LPDNN_MIXED_EXAMPLES", "400"))
CALIBRATION = 100
NARROW = 5
"""Bits a weight that mixed widths are to have at most."""
STEPS = ("equalize", "clip", "rounding", "bias")


def _mean_image() -> np.ndarray[Any, Any]:
    return np.fromfile(DATA / "cifar10_test" / "train_mean_chw_rgb_f32.bin", np.float32).reshape(3, 32, 32)


@dataclass(frozen=True)
class Network:
    """A trained network, its data and its preprocessing; how many examples; whether widths are mixed."""

    folder: str
    definition: str
    weights: str
    data: str
    preprocessing: Callable[[], Preprocessing]
    examples: int
    ladder: bool = False
    mixed: bool = False


def _imagenet(folder: str, definition: str, weights: str, pixels: Preprocessing, **more: bool) -> Network:
    return Network(folder, definition, weights, "imagenet_sample_1000", lambda: pixels, LARGE, **more)


def _cifar(folder: str, definition: str, weights: str) -> Network:
    data, pixels = "cifar10_test/test_first2000.bin", Preprocessing(channels="rgb")
    return Network(
        folder, definition, weights, data, lambda: replace(pixels, mean_image=_mean_image()), SMALL
    )


TORCH = Preprocessing(
    channels="rgb", resize=256, crop=(224, 224), mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375)
)
CAFFE = Preprocessing(channels="bgr", resize=256, crop=(227, 227), mean=(104, 117, 123))
TENSORFLOW = Preprocessing(channels="rgb", resize=256, crop=(224, 224), mean=(127.5,), std=(127.5,))
NETWORKS = {
    "LeNet": Network(
        "lenet_bvlc",
        "lenet.prototxt",
        "lenet_iter_10000.caffemodel",
        "mnist_test/t10k-images-idx3-ubyte.gz",
        lambda: Preprocessing(channels="grey", scale=1 / 256),
        SMALL,
    ),
    "CIFAR-10 quick": _cifar("cifar10_bvlc", "cifar10_quick.prototxt", "cifar10_quick_iter_5000.caffemodel"),
    "CIFAR-10 full": _cifar("cifar10_bvlc", "cifar10_full.prototxt", "cifar10_full_iter_70000.caffemodel"),
    "CIFAR-10 of CMSIS-NN, M7": _cifar(
        "cifar10_arm_cmsisnn", "cifar10_m7_deploy.prototxt", "cifar10_m7_iter_300000.caffemodel.h5"
    ),
    "CIFAR-10 of CMSIS-NN, M4": _cifar(
        "cifar10_arm_cmsisnn", "cifar10_m4_deploy.prototxt", "cifar10_m4_iter_70000.caffemodel.h5"
    ),
    "SqueezeNet v1.0": _imagenet(
        "squeezenet_v1.0_dc", "SqueezeNet_deploy.prototxt", "squeezenet_v1.0_dc.caffemodel", CAFFE, mixed=True
    ),
    "MobileNetV1 0.75": _imagenet(
        "mobilenet_v1_0.75_224",
        "mobilenet_v1_0.75_224.prototxt",
        "mobilenet_v1_0.75_224.caffemodel",
        TENSORFLOW,
    ),
    "MobileNetV2": _imagenet(
        "mobilenet_v2_torchvision",
        "mobilenet_v2.prototxt",
        "mobilenet_v2.caffemodel",
        TORCH,
        ladder=True,
        mixed=True,
    ),
}


class Study:
    """One network and its measurements, each kept as it is done."""

    def __init__(self, name: str) -> None:
        self.network = NETWORKS[name]
        self.path = KEPT / f"{name.replace(' ', '_')}.json"
        self.found: dict[str, Any] = json.loads(self.path.read_text()) if self.path.exists() else {}
        self.name = name

    def forget(self) -> None:
        """Measure all anew."""
        self.found = {}
        for ending in (".config.json", ".config.journal"):
            self.path.with_suffix(ending).unlink(missing_ok=True)

    def load(self) -> lpdnn.Graph:
        """Return the network for one image."""
        folder = MODELS / self.network.folder
        files = folder / self.network.definition, folder / self.network.weights
        graph = lpdnn.load(*files)
        (name,) = graph.inputs
        return lpdnn.load(*files, shapes={name: (1, *graph.types[name].shape[1:])})

    def once(self, key: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what was measured, or measure it."""
        if key not in self.found:
            start = time.perf_counter()
            self.found[key] = {**measure(), "minutes": (time.perf_counter() - start) / 60}
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Another process may have measured other parts meanwhile.
            others = json.loads(self.path.read_text()) if self.path.exists() else {}
            self.path.write_text(json.dumps({**others, key: self.found[key]}))
        found: dict[str, Any] = self.found[key]
        return found

    def quantize(self, **options: Any) -> Quantized:
        """Quantize with these options."""
        graph = self.load()
        shape = graph.types[graph.inputs[0]].shape
        network = self.network
        data = read_dataset(DATA / network.data, shape, network.preprocessing())
        sizes = {"calibration": CALIBRATION, "evaluation": network.examples}
        return lpdnn.quantize(graph, data, **{**sizes, **options}, tell=_Teller(self.name))

    def explore(self, config: Path) -> Exploration:
        """Explore the formats of a configuration."""
        graph = self.load()
        shape = graph.types[graph.inputs[0]].shape
        network = self.network
        data = read_dataset(DATA / network.data, shape, network.preprocessing())
        return lpdnn.explore(
            graph,
            config,
            data,
            calibration=CALIBRATION,
            evaluation=MIXED,
            sensitivity=32,
            points=16,
            refine=3,
            workers=int(os.environ.get("LPDNN_WORKERS", "1")),
            journal=config.with_suffix(".journal"),
            tell=_Teller(self.name),
        )


class _Teller:
    """Tells on stderr what is being done."""

    def __init__(self, name: str) -> None:
        self.name, self.last = name, ""

    def __call__(self, done: float, total: float, what: str) -> None:
        text = f"{time.strftime('%H:%M:%S')} {self.name}: {what.split(maxsplit=1)[0]}"
        if text[9:] != self.last or (total and done % max(total // 4, 1) == 0):
            print(f"{text} {done:.0f}/{total:.0f}", file=sys.stderr, flush=True)
        self.last = text[9:]


def _ladder(found: Quantized) -> dict[str, Any]:
    return {
        "float": found.float_score,
        "score": found.score,
        "steps": dict(found.configuration.steps),
        "ladder": [asdict(rung) for rung in found.ladder],
        "examples": len(found.experiment.examples["evaluation"]),
    }


def _built(found: Quantized, tell: _Teller) -> dict[str, float]:
    """Return how good the program of integers is, how often it agrees with float, and how far it is from it."""
    program = lpdnn.build(found.stored().graph)
    examples, references = (
        some["evaluation"] for some in (found.experiment.examples, found.experiment.references)
    )
    outputs = answers(program, examples, tell)
    return {
        "built": metric("top1")(outputs, examples.labels, references),
        "agreement": metric("agreement")(outputs, examples.labels, references),
        "built_noise": noise(outputs, references),
    }


def int8(study: Study) -> dict[str, Any]:
    """8 bits with a scale a filter, and the steps that help."""

    def measure() -> dict[str, Any]:
        found = study.quantize(bits=(8,), methods=("PC",))
        return {**_ladder(found), **_built(found, _Teller(study.name))}

    return study.once("int8", measure)


def per_layer(study: Study) -> dict[str, Any]:
    """8 bits with one scale a layer, and the steps that help."""
    return study.once(
        "per_layer", lambda: _ladder(study.quantize(bits=(8,), methods=("PC",), per_filter=False))
    )


def fixed16(study: Study) -> dict[str, Any]:
    """Dynamic fixed point of 16 bits, of weights one a tensor and one a filter: agreement with float."""

    def measure() -> dict[str, Any]:
        asked = {"bits": (16,), "steps": dict.fromkeys(STEPS, False), "metric": "agreement"}
        found = {method: study.quantize(**asked, methods=(method,)) for method in ("D", "DC")}
        return {**_ladder(found["DC"]), "tensor": found["D"].score}

    return study.once("fixed16", measure)


def _over_others(study: Study, config: Path, found: Exploration, count: int) -> list[dict[str, Any]]:
    """Return what proposals lose over examples by which none was picked.

    Of two: the smallest within a point over those of the exploration, and the largest within NARROW bits a weight.
    """
    configuration = load_configuration(config)
    proposals = [one for one in found.points if one.origin == "knapsack"]
    within = [one for one in proposals if 8 * one.sizes.model <= NARROW * count]
    rows = []
    for why, point in (
        ("the smallest that loses a point at most", found.smallest_within(0.01)),
        (f"the largest of {NARROW} bits a weight at most", max(within, key=lambda one: one.sizes.model)),
    ):
        if point is not None and study.network.examples > MIXED:
            whole = study.quantize(formats=with_choice(configuration, point.choice))
            every, rest = study.network.examples, study.network.examples - MIXED
            others = [
                (every * over_all - MIXED * over_some) / rest
                for over_all, over_some in (
                    (whole.float_score, found.float_score),
                    (whole.score, point.score),
                )
            ]
            rows.append(
                {
                    "why": why,
                    "bits": 8 * point.sizes.model / count,
                    "examples": rest,
                    "float": others[0],
                    "score": others[1],
                    "float_of_all": whole.float_score,
                    "score_of_all": whole.score,
                }
            )
    return rows


def _candidates(study: Study) -> Configuration:
    """Return a configuration with integers of 3 to 8 bits and codebooks of 3 to 6."""
    steps = dict.fromkeys(STEPS, True) | {"equalize": False}
    asked = {"activation_bits": (8,), "evaluation": 8, "steps": steps}
    integers, books = (
        study.quantize(bits=bits, methods=(method,), **asked).configuration
        for bits, method in (((8, 6, 5, 4, 3), "PC"), ((6, 5, 4, 3), "KC"))
    )
    return replace(
        integers,
        weights={
            name: replace(one, candidates=one.candidates | books.weights[name].candidates)
            for name, one in integers.weights.items()
        },
    )


def mixed(study: Study) -> dict[str, Any]:
    """Weights of several widths with a scale a filter, mixed; activations of 8 bits."""

    def measure() -> dict[str, Any]:
        config = study.path.with_suffix(".config.json")
        if not config.exists():
            config.parent.mkdir(parents=True, exist_ok=True)
            save_configuration(_candidates(study), config)
        found = study.explore(config)
        count = _weights(study.load())
        points = [
            {**_point(one), "bits": 8 * one.sizes.model / count, "front": one in found.front}
            for one in found.points
        ]
        groups = [asdict(one) for one in found.groups]
        tensors = [asdict(one) for one in found.tensors]
        return {
            "float": found.float_score,
            "examples": MIXED,
            "count": count,
            "points": points,
            "groups": groups,
            "tensors": tensors,
            "others": _over_others(study, config, found, count),
        }

    return study.once("mixed", measure)


def _weights(graph: lpdnn.Graph) -> int:
    simple = lpdnn.simplify(graph)
    return sum(array.size for array in simple.constants.values())


def _point(one: Any) -> dict[str, Any]:
    choice: Choice = one.choice
    labels = sorted({*choice.weights.values()})
    share = {label: sum(v == label for v in choice.weights.values()) for label in labels}
    return {"origin": one.origin, "score": one.score, "noise": one.noise, **asdict(one.sizes), "share": share}


def main(wanted: list[str]) -> int:
    """Measure, and print the page; return 1 where int8 loses more than it may."""
    again = "--again" in wanted
    only = [part.removeprefix("--only=") for part in wanted if part.startswith("--only=")]
    names = [name for name in wanted if not name.startswith("--")] or list(NETWORKS)
    parts = {"int8": int8, "per_layer": per_layer, "fixed16": fixed16, "mixed": mixed}
    for name in names:
        study = Study(name)
        if again:
            study.forget()
        for key, measure in parts.items():
            asked = {"per_layer": study.network.ladder, "mixed": study.network.mixed}.get(key, True)
            if asked and (not only or key in only):
                measure(study)
    studies = [Study(name) for name in NETWORKS]
    asked = {"LPDNN_EXAMPLES": LARGE, "LPDNN_MIXED_EXAMPLES": MIXED, "LPDNN_SMALL_EXAMPLES": SMALL}
    print(page(studies, asked))
    allowed = dict.fromkeys(NETWORKS, 0.005) | {"MobileNetV1 0.75": 0.01, "MobileNetV2": 0.01}
    found = [(study.name, study.found["int8"]) for study in studies if "int8" in study.found]
    return int(any(one["float"] - one["built"] > allowed[name] + 1e-9 for name, one in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
