"""LPDNN's own model file: one HDF5 file with the graph as JSON and the constants as datasets."""

from __future__ import annotations

import dataclasses
import json
import os
import typing
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import h5py
import numpy as np

from lpdnn.ir import Graph, GraphBuilder, LpdnnError, Node, Operator, Quantization, TensorType
from lpdnn.ops import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = 1


def accepts(path: Path) -> bool:
    """Tell whether the file is an HDF5 file with an LPDNN graph in it."""
    if not h5py.is_hdf5(path):
        return False
    with h5py.File(path) as file:
        return "lpdnn_format" in file.attrs


def _node(node: Node) -> dict[str, Any]:
    return {
        "name": node.name,
        "operator": node.op.NAME,
        "attributes": dataclasses.asdict(node.op),  # type: ignore[call-overload]
        "inputs": node.inputs,
        "outputs": node.outputs,
        "origin": node.origin,
    }


def write(graph: Graph, path: Path) -> None:
    """Write the file, whole or not at all; the same graph gives the same bytes."""
    document = {
        "name": graph.name,
        "inputs": [
            {"name": v, "shape": graph.types[v].shape, "dtype": graph.types[v].dtype} for v in graph.inputs
        ],
        "outputs": graph.outputs,
        "constants": list(graph.constants),
        "nodes": [_node(node) for node in graph.nodes],
        "formats": {value: dataclasses.astuple(known) for value, known in graph.formats.items()},
    }
    path = path.resolve()
    if path.exists() and not path.is_file():
        message = f"{path} cannot be written: it is there, and not a file"
        raise LpdnnError(message)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with h5py.File(partial, "w", libver=("earliest", "v110")) as file:
            file.attrs["lpdnn_format"] = FORMAT
            file.create_dataset(
                "graph", data=np.frombuffer(json.dumps(document).encode(), np.uint8), track_times=False
            )
            for index, array in enumerate(graph.constants.values()):
                file.create_dataset(f"constants/{index}", data=array, track_times=False)
        partial.rename(path)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        message = f"{path} cannot be written: {reason}"
        raise LpdnnError(message) from error
    finally:
        partial.unlink(missing_ok=True)


def _attribute(hint: Any, value: Any) -> Any:
    """Return a JSON value as the attribute's type; ValueError or TypeError where it is not."""
    if dataclasses.is_dataclass(hint):
        return _construct(typing.cast("type[Any]", hint), value)
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise ValueError(value)
        return value
    if get_origin(hint) is tuple:
        arguments = get_args(hint)
        items = list(value)
        if arguments[-1] is not Ellipsis and len(items) != len(arguments):
            raise ValueError(value)
        return tuple(_attribute(arguments[0], item) for item in items)
    if hint is float:
        return float(value)
    if type(value) is not hint:
        raise TypeError(value)
    return value


def _construct(kind: type[Any], attributes: Any) -> Any:
    hints = typing.get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    unknown = set(attributes) - set(names)
    if unknown:
        raise ValueError(sorted(unknown))
    return kind(**{name: _attribute(hints[name], attributes[name]) for name in names if name in attributes})


def _operator(name: str, attributes: Any, where: str) -> Operator:
    try:
        operator: Operator = _construct(OPERATORS[name], attributes)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"{where}: operator {name!r} with attributes {attributes} is not one that this LPDNN knows"
        raise LpdnnError(message) from error
    return operator


def read(
    model: Path, weights: Path | None, *, shapes: Mapping[str, tuple[int, ...]], fill: str | None, seed: int
) -> Graph:
    """Return the graph in an .lpdnn file; its weights and shapes are inside."""
    del fill, seed
    if weights is not None or shapes:
        message = f"{model}: an .lpdnn file has its weights and shapes inside; give them when importing"
        raise LpdnnError(message)
    try:
        with h5py.File(model) as file:
            if file.attrs["lpdnn_format"] != FORMAT:
                found = file.attrs["lpdnn_format"]
                message = f"{model}: format {found}, and this LPDNN reads {FORMAT}; import it again"
                raise LpdnnError(message)
            document = json.loads(bytes(file["graph"][()]))
            builder = GraphBuilder(str(document["name"]))
            for value in document["inputs"]:
                builder.input(
                    str(value["name"]), TensorType(tuple(map(int, value["shape"])), str(value["dtype"]))
                )
            for index, name in enumerate(document["constants"]):
                builder.constant(str(name), np.asarray(file[f"constants/{index}"][()]))
            for item in document["nodes"]:
                op = _operator(item["operator"], item["attributes"], f"{model}: node {item['name']!r}")
                inputs = tuple(None if v is None else str(v) for v in item["inputs"])
                builder.add(
                    Node(str(item["name"]), op, inputs, tuple(map(str, item["outputs"])), str(item["origin"]))
                )
            for value, (scale, zero) in document.get("formats", {}).items():
                builder.formats[str(value)] = Quantization(float(scale), int(zero))
            return builder.finish(map(str, document["outputs"]))
    except LpdnnError as error:
        message = str(error) if str(error).startswith(str(model)) else f"{model}: {error}"
        raise LpdnnError(message) from error
    except (KeyError, TypeError, ValueError, OSError, AttributeError) as error:
        message = f"{model}: damaged ({type(error).__name__}: {error}); import the network again"
        raise LpdnnError(message) from error
