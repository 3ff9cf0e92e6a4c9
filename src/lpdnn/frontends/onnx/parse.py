"""A file as a protobuf message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
from google.protobuf.message import DecodeError

from lpdnn.frontends._report import plain
from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from pathlib import Path

    from onnx import GraphProto, ModelProto, NodeProto


def parsed(path: Path) -> ModelProto:
    """Return the model in a file, without data that lies beside it."""
    try:
        proto = onnx.load_model(path, format="protobuf", load_external_data=False)
    except (DecodeError, ValueError, RecursionError, OSError) as error:
        message = f"{path.name}: not an ONNX model, or a damaged one: {plain(str(error), 80)}"
        raise LpdnnError(message) from error
    if not proto.ir_version or not proto.graph.output:
        message = f"{path.name}: not an ONNX model, or an empty one: it has no version or no output"
        raise LpdnnError(message)
    return proto


def neighbours(graph: GraphProto, node: NodeProto) -> tuple[list[str], list[str]]:
    """Return the nodes of a graph that make what a node reads, and those that read what it makes."""

    def named(other: NodeProto) -> str:
        return f"{other.name or ''.join(other.output[:1])} ({other.op_type})"

    makers = [named(other) for other in graph.node if set(other.output) & set(node.input)]
    readers = [named(other) for other in graph.node if set(other.input) & {*node.output} - {""}]
    return makers, readers
