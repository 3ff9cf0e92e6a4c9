"""Cost tables: what was measured on a target, as a JSON file that people can read, merge and keep.

{
 "format": 1,
 "target": "native", "device": "... CPU ...", "flags": "-O3 -march=native",
 "compiler": "gcc 12.2.0", "features": "avx2 fma ...", "peak": 210.5,
 "libraries": {"openblas": "0.3.30"},
 "layers": {
  "fc(axis=1) f32[1x512] f32[10x512] f32[10] -> f32[1x10]": {
   "cpu_vanilla:fc_f32_nchw__ref:nchw": {"ms": 0.0123, "spread": 0.02, "samples": 21}
  }
 }
}
Layers are told apart by operator, attributes and shapes, and where many weights are zeros by how many are
not; conversions are layers of the operator `convert`.
The time is the median in milliseconds, the spread the middle half of the samples (third quartile less first)
over the median.
One that is far from the best of its layouts is `"dominated": true` after a sample or two; one that was
measured in the network itself is `"confirmed": true`; one that crashed or refused is there too, as
{"failed": "why"}. The peak is what multiply-adds in registers gave in the same run, in GFLOP/s.
"""

from __future__ import annotations

import json
import os
import platform
import re
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.selection.selection import Implementation
    from lpdnn.targets import Target

FORMAT = 1
SPARSE = 0.25
"""The share of zeros from which on weights are called sparse."""
LARGEST = 1e12
"""No number in a table is larger: as milliseconds it is thirty years."""
FEATURE = re.compile(r"avx|sse|ssse|fma|f16c|amx|arm_|neon|sve|riscv_v|vsx|altivec|mmx|bmi")


MARKS = ("dominated", "confirmed")


@dataclass(frozen=True)
class Measurement:
    """Median in milliseconds, spread relative to it, number of samples; or why it failed."""

    ms: float
    spread: float = 0.0
    samples: int = 1
    dominated: bool = False
    confirmed: bool = False
    failed: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the measurement as it is in the file."""
        if self.failed:
            return {"failed": self.failed}
        marks = {mark: True for mark in MARKS if getattr(self, mark)}
        return {"ms": self.ms, "spread": self.spread, "samples": self.samples} | marks


def _sparse(op: Operator, constants: Sequence[Array | None]) -> str:
    """Return in words how many weights are not zero, "" where few are: no kernel would be faster for those."""
    for position, array in enumerate(constants):
        if array is not None and array.ndim > 1 and op.input_name(position) in op.PARAMETERS:
            count = int(np.count_nonzero(array))
            if count <= (1 - SPARSE) * array.size:
                return f" with {count} weights that are not 0"
    return ""


def layer_key(
    op: Operator,
    inputs: Types,
    outputs: tuple[TensorType, ...],
    constants: Sequence[Array | None] = (),
) -> str:
    """Return what layers have in common that one measurement holds for: operator and shapes, no layouts.

    Given the constants among the inputs, layers of sparse weights are told apart by how many are not zero.
    """
    attributes = ", ".join(f"{f.name}={getattr(op, f.name)!r}" for f in fields(op))  # type: ignore[arg-type]
    usual = (t for i, t in enumerate(inputs) if t is not None or op.input_name(i) not in op.EXTRA)
    reads = " ".join("-" if t is None else str(replace(t, layout="nchw")) for t in usual)
    writes = " ".join(str(replace(t, layout="nchw")) for t in outputs)
    return f"{op.NAME}({attributes}) {reads} -> {writes}{_sparse(op, constants)}"


def implementation_key(one: Implementation) -> str:
    """Return the text of an implementation: plugin, kernel file, layout that it is used in."""
    return f"{one.plugin.name}:{one.primitive.name}:{one.layout}"


def device(target: Target) -> str:
    """Return what tells one device of a target from another, where that is known: this computer's CPU."""
    if not target.runs_here:
        return ""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(("model name", "Model")):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def features(target: Target) -> str:
    """Return the instructions that code for a target may use: not all that compilers predefine."""
    return " ".join(sorted(f for f in target.features if FEATURE.match(f)))


@dataclass(frozen=True)
class CostTable:
    """Measurements on one device: by layer, then by implementation."""

    target: str
    device: str = ""
    flags: str = ""
    compiler: str = ""
    features: str = ""
    peak: float = 0.0
    libraries: Mapping[str, str] = field(default_factory=dict)
    layers: Mapping[str, Mapping[str, Measurement]] = field(default_factory=dict)

    @staticmethod
    def of(target: Target) -> CostTable:
        """Return an empty table for a target, as it is here."""
        return CostTable(target.name, device(target), " ".join(target.flags), features=features(target))

    def seconds(self, layer: str, implementation: str) -> float | None:
        """Return what was measured, None where nothing was."""
        found = self.layers.get(layer, {}).get(implementation)
        return None if found is None or found.failed else found.ms / 1e3

    def failure(self, layer: str, implementation: str) -> str:
        """Return why an implementation could not be measured, "" where it could or nobody tried."""
        found = self.layers.get(layer, {}).get(implementation)
        return "" if found is None else found.failed

    def with_measurements(self, more: Mapping[str, Mapping[str, Measurement]]) -> CostTable:
        """Return the table with measurements added; new ones replace old ones."""
        layers = {layer: dict(entries) for layer, entries in self.layers.items()}
        for layer, entries in more.items():
            layers.setdefault(layer, {}).update(entries)
        return replace(self, layers=layers)

    def merged(self, other: CostTable) -> CostTable:
        """Return both tables, of one device, in one; where both have a measurement, the other's counts."""
        self._same(other)
        libraries = {**self.libraries, **other.libraries}
        return replace(self, libraries=libraries).with_measurements(other.layers)

    def _same(self, other: CostTable) -> None:
        for what in ("target", "device", "flags", "compiler", "features"):
            one, another = getattr(self, what), getattr(other, what)
            if one != another:
                message = f"cost tables of different {what}s cannot be merged: {one!r} and {another!r}"
                raise LpdnnError(message)
        for name in sorted(self.libraries.keys() & other.libraries.keys()):
            if self.libraries[name] != other.libraries[name]:
                message = (
                    f"cost tables with {name} {self.libraries[name]} and {other.libraries[name]} cannot be "
                    "merged; measure again with one of them"
                )
                raise LpdnnError(message)

    def text(self) -> str:
        """Return the table as JSON, one measurement a line, in alphabetical order."""
        lines = []
        for layer, entries in sorted(self.layers.items()):
            rows = [f"   {json.dumps(key)}: {json.dumps(m.as_json())}" for key, m in sorted(entries.items())]
            lines.append(f"  {json.dumps(layer)}: {{\n" + ",\n".join(rows) + "\n  }")
        head = {"format": FORMAT, "target": self.target, "device": self.device, "flags": self.flags}
        head |= {"compiler": self.compiler, "features": self.features, "peak": self.peak}
        head |= {"libraries": dict(sorted(self.libraries.items()))}
        start = ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in head.items())
        layers = "{\n" + ",\n".join(lines) + "\n }" if lines else "{}"
        return f'{{\n{start},\n "layers": {layers}\n}}\n'

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            partial.write_text(self.text(), encoding="utf-8")
            partial.replace(path)
        except OSError as error:
            message = f"{path} cannot be written: {error.strerror}"
            raise LpdnnError(message) from error
        finally:
            partial.unlink(missing_ok=True)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= LARGEST:
        message = f"{value!r} is no number from 0 to {LARGEST:.0e}"
        raise ValueError(message)
    return float(value)


def _strings(value: Any) -> dict[str, str]:
    for name, text in value.items():
        if not isinstance(text, str):
            message = f"{name} is no text"
            raise TypeError(message)
    return dict(value)


def _measurement(entry: Any) -> Measurement:
    if "failed" in entry:
        return Measurement(0.0, samples=0, failed=str(entry["failed"]) or "it failed")
    samples = int(_number(entry["samples"]))
    dominated, confirmed = (bool(entry.get(mark)) for mark in MARKS)
    return Measurement(_number(entry["ms"]), _number(entry["spread"]), samples, dominated, confirmed)


def _table(document: Any) -> CostTable:
    layers: dict[str, dict[str, Measurement]] = {}
    for layer, entries in document["layers"].items():
        layers[layer] = {key: _measurement(entry) for key, entry in entries.items()}
    head = _strings({what: document[what] for what in ("target", "device", "flags")})
    more = _strings({what: document.get(what, "") for what in ("compiler", "features")})
    peak = _number(document.get("peak", 0.0))
    return CostTable(**head, **more, peak=peak, libraries=_strings(document["libraries"]), layers=layers)


def load_costs(path: Path, target: Target | None = None) -> CostTable:
    """Return the table in a file; with a target, one that was measured elsewhere is refused."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            message = (
                f"{path}: format {document['format']}, and this LPDNN reads {FORMAT}; run lpdnn tune again"
            )
            raise LpdnnError(message)
        table = _table(document)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise LpdnnError(message) from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        message = (
            f"{path} is not a cost table, or damaged ({type(error).__name__}: {error}); give another file, or "
            "remove it and run lpdnn tune"
        )
        raise LpdnnError(message) from error
    if target is not None:
        here = CostTable.of(target)
        for what in ("target", "device", "flags", "features"):
            one, another = getattr(table, what), getattr(here, what)
            if one != another and ((one and another) or what == "target"):
                message = (
                    f"{path} was measured for {what} {one!r}, and this is {another!r}; run lpdnn tune here"
                )
                raise LpdnnError(message)
    return table
