"""ONNX models written down in a line or two, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from onnx import ModelProto, NodeProto

Shape = "tuple[int | str, ...]"


def node(op: str, inputs: str, outputs: str, **attributes: Any) -> NodeProto:
    """Return a node; names are separated by blanks."""
    return helper.make_node(
        op, inputs.split(" "), outputs.split(" "), name=outputs.split(" ", maxsplit=1)[0], **attributes
    )


def model(
    nodes: Sequence[NodeProto],
    inputs: Mapping[str, Any],
    outputs: Sequence[str],
    constants: Mapping[str, np.ndarray[Any, Any]] | None = None,
    opset: int = 17,
    functions: Sequence[Any] = (),
) -> ModelProto:
    """Return a model of float inputs with these shapes."""
    graph = helper.make_graph(
        list(nodes),
        "net",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_empty_tensor_value_info(name) for name in outputs],
        [numpy_helper.from_array(array, name) for name, array in (constants or {}).items()],
    )
    imports = [helper.make_opsetid("", opset), helper.make_opsetid("own", 1)]
    return helper.make_model(graph, opset_imports=imports, functions=list(functions))
