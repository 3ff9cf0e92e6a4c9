"""The cases that the onnx package brings along, and which of them can be asked of a device."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Sequence

IMPOSSIBLE = {"STRING", "COMPLEX64", "COMPLEX128"}
"""Element types that cannot occur on a device: text, and numbers that C89 does not have."""


@dataclass
class Outcome:
    """What became of a case. `frozen` inputs were made constants: shapes, axes and the like."""

    case: str
    operators: str
    status: str
    reason: str = ""
    frozen: tuple[str, ...] = ()
    known: bool = False


def operators_of(case: Any) -> str:
    """Return the operators of a case, each once."""
    return ", ".join(sorted({node.op_type for node in case.model.graph.node}))


def unsuitable(case: Any) -> str:
    """Return why a case's types cannot occur on a device, or nothing."""
    graph = case.model.graph
    for value in (*graph.input, *graph.output):
        form = value.type.WhichOneof("value")
        if form != "tensor_type":
            return f"{(form or 'untyped').removesuffix('_type')} instead of tensors"
        name = TensorProto.DataType.Name(value.type.tensor_type.elem_type)
        if name in IMPOSSIBLE:
            return f"elements of type {name.lower()}"
    for node in graph.node:
        if node.domain not in {"", "ai.onnx"}:
            return f"operators of the domain {node.domain}"
    return ""


def array_of(value: Any) -> np.ndarray[Any, Any]:
    """Return an input or result of a case."""
    return numpy_helper.to_array(value) if isinstance(value, TensorProto) else np.asarray(value)


SUITES = ("pytorch-converted", "pytorch-operator", "simple")


def collect_suites() -> list[Any]:
    """Return the models that the onnx package brings along with their data: the first data set of each."""
    from onnx.backend.test.loader import load_model_tests  # noqa: PLC0415  # with the cases

    cases = []
    for suite in SUITES:
        for test in sorted(load_model_tests(kind=suite), key=lambda test: test.name):
            folder = Path(test.model_dir)
            model = onnx.load(folder / "model.onnx")
            data = folder / "test_data_set_0"
            sets = []
            for kind, values in (("input", model.graph.input), ("output", model.graph.output)):
                paths = sorted(data.glob(f"{kind}_*.pb"), key=lambda path: int(path.stem.rpartition("_")[2]))
                tensors = []
                for path, _ in zip(paths, values, strict=False):
                    tensor = TensorProto()
                    tensor.ParseFromString(path.read_bytes())
                    tensors.append(tensor)
                sets.append(tensors)
            name = f"{suite}/{test.name}"
            cases.append(
                SimpleNamespace(name=name, model=model, data_sets=[tuple(sets)], rtol=1e-3, atol=1e-7)
            )
    return cases


def collect(wanted: Sequence[str] = ()) -> list[Any]:
    """Return the cases whose names have one of the substrings, or all."""
    warnings.filterwarnings("ignore")
    from onnx.backend.test.case.node import collect_testcases  # noqa: PLC0415  # takes ten seconds

    cases = [*collect_testcases(None), *collect_suites()]
    return [case for case in cases if not wanted or any(part in case.name for part in wanted)]
