"""Whole ONNX networks in generated C against ONNX Runtime.

    python evaluation/onnx_models.py [MODEL.onnx[@INPUT=1x3x48x320] ...] > docs/evaluation/onnx_models.md

Without arguments: the .onnx files of $LPDNN_SHARED/models (default ../shared/models) and the light models
that the onnx package brings along. Inputs are seeded normal values; the largest difference is relative to
the largest value of an output. Needs onnxruntime.
"""

from __future__ import annotations

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
LIMIT = 1e-4
"""Largest difference that passes, relative to the largest value."""


def models() -> Iterator[tuple[Path, dict[str, tuple[int, ...]]]]:
    """Yield the files, and shapes of inputs that are given."""
    for argument in sys.argv[1:]:
        path, _, shape = argument.partition("@")
        name, _, extents = shape.partition("=")
        yield Path(path), {name: tuple(map(int, extents.split("x")))} if shape else {}
    if not sys.argv[1:]:
        light = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
        yield from ((path, {}) for path in sorted((SHARED / "models").rglob("*.onnx")))
        yield from ((path, {}) for path in sorted(light.glob("*.onnx")))


def shapes_of(session: Any) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the inputs that leave something open, with 1 for a batch and 224 for a side."""
    return {
        value.name: tuple(
            n if isinstance(n, int) else 1 if axis == 0 else 224 for axis, n in enumerate(value.shape)
        )
        for value in session.get_inputs()
        if any(not isinstance(n, int) for n in value.shape)
    }


def compare(path: Path, given_shapes: dict[str, tuple[int, ...]]) -> str:
    """Return a row of the report."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    shapes = shapes_of(session) | given_shapes
    start = time.perf_counter()
    net = lpdnn.load(path, shapes=shapes)
    seconds = time.perf_counter() - start
    program = lpdnn.build(net)
    rng = np.random.default_rng(1)
    feeds = {name: rng.standard_normal(net.types[name].shape).astype(np.float32) for name in net.inputs}
    kinds = {value.name: value.type for value in session.get_inputs()}
    given = {name: x.astype(np.int64) if "int64" in kinds[name] else x for name, x in feeds.items()}
    expected = dict(zip((v.name for v in session.get_outputs()), session.run(None, given), strict=True))
    got = program.run(feeds)
    begin = f"| {path.name} | {len(net.nodes)} | {len(program.description['steps'])} | {seconds:.1f} |"
    worst = 0.0
    for name, want in expected.items():
        if name not in got or got[name].shape != want.shape:
            return f"{begin} output {name} differs in shape |"
        largest = float(np.max(np.abs(want))) or 1.0
        worst = max(worst, float(np.max(np.abs(got[name].astype(np.float64) - want))) / largest)
    verdict = f"{worst:.2g}" if worst <= LIMIT else f"**{worst:.2g}**"
    return f"{begin} {verdict} |"


def main() -> None:
    """Print the table."""
    print("# ONNX networks in generated C against ONNX Runtime\n")
    versions = f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}"
    print(f"{versions}; made by `python evaluation/onnx_models.py`.\n")
    print("| model | nodes as imported | kernel calls | s to import | largest difference, relative |")
    print("|---|---|---|---|---|")
    for path, shapes in models():
        print(f"\r{path.name}", end="", file=sys.stderr, flush=True)
        try:
            print(compare(path, shapes), flush=True)
        except LpdnnError as error:
            print(
                f"| {path.name} | - | - | - | {str(error).replace(chr(10), '; ').replace('|', '/')} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
