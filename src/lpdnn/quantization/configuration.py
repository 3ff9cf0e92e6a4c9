"""The configuration of a quantized network: one JSON file that people read, edit, compare and commit.

{
 "lpdnn_quantization": 1,
 "network": "lenet", "structure": "5e1ec7ed...", "weights_mark": "0ff1ce...",
 "steps": {"equalize": true, "clip": true, "bias": true, "rounding": false},
 "calibration": {"data": "mnist", "images": 200, "seed": 0},
 "weights": {
  "conv1": {
   "shape": [20, 1, 5, 5], "chosen": "PC8",
   "statistics": {"least": -0.4, "greatest": 0.5, "mean": 0.0, "sigma": 0.1},
   "histogram": {"from": -0.4, "to": 0.5, "counts": [1, 5, 3]},
   "candidates": {
    "D8": {"method": "D", "bits": 8, "il": 0, "fl": 8, "mse": 1e-06, "sqnr": 40.1},
    "PC8": {"method": "PC", "bits": 8, "scale": [0.003, ...], "mse": 1e-07, "sqnr": 44.0}
   }
  }
 },
 "activations": {"data": {...}, "conv1": {...}}
}
Weights go by the node, activations by the value. "chosen" is one of the candidates, or "float". "steps" says
what was done to the float network before (see equalize.py and its neighbours), so that it can be done again.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, get_type_hints

from lpdnn.ir import Graph, LpdnnError
from lpdnn.quantization.format import FLOAT, Format
from lpdnn.quantization.places import rounded, structure, weighted, weights_mark

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION = 1
STEPS = ("equalize", "clip", "rounding", "bias")
"""What may be done to the float network before its numbers are stored, in order."""


@dataclass(frozen=True)
class Statistics:
    """The numbers of a tensor: extremes, mean and deviation."""

    least: float = 0.0
    greatest: float = 0.0
    mean: float = 0.0
    sigma: float = 0.0


@dataclass(frozen=True)
class Histogram:
    """How many numbers lie in each of equal parts of a range."""

    start: float = 0.0
    stop: float = 0.0
    counts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Tensor:
    """What is known of one tensor, the formats that it may have by their labels, and which is chosen."""

    shape: tuple[int, ...]
    chosen: str = "float"
    candidates: Mapping[str, Format] = field(default_factory=dict)
    statistics: Statistics = Statistics()
    histogram: Histogram = Histogram()

    @property
    def format(self) -> Format:
        """The chosen format."""
        return FLOAT if self.chosen == "float" else self.candidates[self.chosen]


@dataclass(frozen=True)
class Configuration:
    """Formats of all tensors of a network: weights by node, activations by value."""

    network: str
    structure: str
    weights_mark: str
    weights: Mapping[str, Tensor]
    activations: Mapping[str, Tensor]
    steps: Mapping[str, bool] = field(default_factory=dict)
    calibration: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scaled(self) -> bool:
        """Tell whether weights have a scale for each filter."""
        return any(len(tensor.format.scale) > 1 for tensor in self.weights.values())

    def weight(self, node: str) -> Format:
        """Return how the weights of a node are stored."""
        return self.weights[node].format

    def activation(self, value: str) -> Format:
        """Return how a value is stored."""
        return self.activations[value].format

    def choosing(self, weights: Mapping[str, str], activations: Mapping[str, str]) -> Configuration:
        """Return the configuration with other choices, by labels; what is not named stays."""
        return replace(
            self,
            weights={n: replace(t, chosen=weights.get(n, t.chosen)) for n, t in self.weights.items()},
            activations={
                n: replace(t, chosen=activations.get(n, t.chosen)) for n, t in self.activations.items()
            },
        )

    def check(self, graph: Graph, where: str = "the quantization", *, weights: bool = True) -> None:
        """Refuse a network that this was not made for; without `weights`, its weights may have changed since."""
        for what, known, wanted in (
            ("layer", self.weights, weighted(graph)),
            ("value", self.activations, rounded(graph)),
        ):
            missing = [name for name in wanted if name not in known]
            strange = [name for name in known if name not in wanted]
            if missing or strange:
                why = (
                    f"{what} {missing[0]!r} of the network is missing"
                    if missing
                    else f"the network has no {what} {strange[0]!r}"
                )
                raise LpdnnError(self._made_for_another(graph, where, why))
        for node, value in weighted(graph).items():
            if self.weights[node].shape != graph.types[value].shape:
                raise LpdnnError(self._made_for_another(graph, where, f"layer {node!r} has another shape"))
        if self.structure != structure(graph):
            raise LpdnnError(self._made_for_another(graph, where, "its layers differ"))
        if weights and self.weights_mark != weights_mark(graph):
            raise LpdnnError(self._made_for_another(graph, where, "its weights differ"))

    def _made_for_another(self, graph: Graph, where: str, why: str) -> str:
        return (
            f"{where} does not fit network {graph.name!r} (it was made for {self.network!r}): {why}; "
            "run lpdnn quantize for this network"
        )


def _tensor_document(tensor: Tensor) -> dict[str, Any]:
    histogram = tensor.histogram
    return {
        "shape": tensor.shape,
        "chosen": tensor.chosen,
        "statistics": dataclasses.asdict(tensor.statistics),
        "histogram": {"from": histogram.start, "to": histogram.stop, "counts": histogram.counts},
        "candidates": {label: _format_document(one) for label, one in tensor.candidates.items()},
    }


def _format_document(one: Format) -> dict[str, Any]:
    """Return the fields that say something."""
    always = {"method", "bits", "mse", "sqnr"}
    return {
        f.name: getattr(one, f.name)
        for f in dataclasses.fields(one)
        if f.name in always or getattr(one, f.name) != f.default
    }


def configuration_text(configuration: Configuration) -> str:
    """Return a configuration as JSON, lists of numbers on one line."""
    document = {
        "lpdnn_quantization": VERSION,
        "network": configuration.network,
        "structure": configuration.structure,
        "weights_mark": configuration.weights_mark,
        "steps": dict(configuration.steps),
        "calibration": dict(configuration.calibration),
        "weights": {name: _tensor_document(one) for name, one in configuration.weights.items()},
        "activations": {name: _tensor_document(one) for name, one in configuration.activations.items()},
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    lists = re.compile(r"\[\s+([-+.\deE,\s]+?)\s+\]")
    return lists.sub(lambda found: f"[{', '.join(found[1].replace(',', ' ').split())}]", text) + "\n"


def save_configuration(configuration: Configuration, path: Path) -> None:
    """Write the file, whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(configuration_text(configuration), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise LpdnnError(message) from error
    finally:
        partial.unlink(missing_ok=True)


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = f"{name} is {value!r}, which is no number"
        raise LpdnnError(message)
    return float(value)


def _typed(value: Any, hint: str, name: str) -> Any:
    """Return a JSON value as a field of Format wants it."""
    if hint == "tuple[float, ...]":
        if not isinstance(value, list):
            message = f"{name} is {value!r}, which is no list of numbers"
            raise LpdnnError(message)
        return tuple(_number(item, name) for item in value)
    if hint == "float | None":
        return None if value is None else _number(value, name)
    if hint == "float":
        return _number(value, name)
    wanted = {"int": int, "bool": bool}.get(hint, str)
    if type(value) is not wanted:
        message = f"{name} is {value!r}, and must be {'a word' if wanted is str else f'of type {hint}'}"
        raise LpdnnError(message)
    return value


_FIELDS = {f.name: str(f.type) for f in dataclasses.fields(Format)}


def _format(document: Any, label: str) -> Format:
    if not isinstance(document, dict):
        message = f"candidate {label!r} is {document!r}, which is no format"
        raise LpdnnError(message)
    strangers = set(document) - set(_FIELDS)
    if strangers:
        message = f"candidate {label!r} has {min(strangers)!r}, which no format has"
        raise LpdnnError(message)
    found = Format(**{name: _typed(value, _FIELDS[name], name) for name, value in document.items()})
    if found.label != label:
        message = (
            f"candidate {label!r} is of {found.bits} bits by method {found.method}: call it {found.label}"
        )
        raise LpdnnError(message)
    return found


def _tensor(document: Any, kind: str) -> Tensor:
    candidates = {str(label): _format(one, str(label)) for label, one in document["candidates"].items()}
    shape = tuple(int(extent) for extent in document["shape"])
    for label, one in candidates.items():
        refused = one.check_weight(shape) if kind == "weights" else one.check_activation()
        if refused:
            message = f"candidate {label!r} {refused}"
            raise LpdnnError(message)
    chosen = document["chosen"]
    if chosen != "float" and chosen not in candidates:
        message = f"{chosen!r} is chosen, and the candidates are {', '.join((*candidates, 'float'))}"
        raise LpdnnError(message)
    numbers = {f: _number(document.get("statistics", {}).get(f, 0), f) for f in get_type_hints(Statistics)}
    histogram = document.get("histogram", {"from": 0, "to": 0, "counts": []})
    return Tensor(
        shape,
        chosen,
        candidates,
        Statistics(**numbers),
        Histogram(
            _number(histogram["from"], "from"),
            _number(histogram["to"], "to"),
            tuple(int(count) for count in histogram["counts"]),
        ),
    )


def _tensors(document: Any, kind: str, path: Path) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for name, one in document[kind].items():
        try:
            found[str(name)] = _tensor(one, kind)
        except LpdnnError as error:
            message = f"{path}: {kind} of {name!r}: {error}"
            raise LpdnnError(message) from error
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            message = f"{path}: {kind} of {name!r} are not described as a tensor is ({error!r})"
            raise LpdnnError(message) from error
    return found


def load_configuration(path: Path) -> Configuration:
    """Return the configuration in a file; what cannot be is refused, naming the tensor."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["lpdnn_quantization"] != VERSION:
            message = (
                f"{path}: version {document['lpdnn_quantization']} of the format, and this LPDNN reads {VERSION}; "
                "run lpdnn quantize again"
            )
            raise LpdnnError(message)
        steps = {str(name): bool(on) for name, on in document["steps"].items()}
        unknown = set(steps) - set(STEPS)
        if unknown:
            message = f"{path}: there is no step {min(unknown)!r}; there are {', '.join(STEPS)}"
            raise LpdnnError(message)
        return Configuration(
            network=str(document["network"]),
            structure=str(document["structure"]),
            weights_mark=str(document["weights_mark"]),
            weights=_tensors(document, "weights", path),
            activations=_tensors(document, "activations", path),
            steps=steps,
            calibration=dict(document["calibration"]),
        )
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise LpdnnError(message) from error
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        message = (
            f"{path} is not a quantization, or damaged ({type(error).__name__}: {error}); "
            "run lpdnn quantize again"
        )
        raise LpdnnError(message) from error
