"""ONNX files -> Graph: reading the file, and the walk over its nodes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np
import onnx
from onnx import AttributeProto, ModelProto, NodeProto, TypeProto, helper

from lpdnn.frontends._report import (
    MALFORMED,
    FunctionWantedError,
    NotConstantError,
    Problem,
    UnsupportedError,
    UnsupportedNodesError,
    between,
    plain,
)
from lpdnn.frontends._results import with_names
from lpdnn.frontends._values import Names
from lpdnn.frontends.onnx.context import Context, Made, Value
from lpdnn.frontends.onnx.declared import declared, dtype_of
from lpdnn.frontends.onnx.fold import folded, folds
from lpdnn.frontends.onnx.functions import inlined, schema_function
from lpdnn.frontends.onnx.operators import CONVERTERS
from lpdnn.frontends.onnx.parse import neighbours, parsed
from lpdnn.frontends.onnx.tensors import Tensors
from lpdnn.ir import GraphBuilder, LpdnnError, TensorType
from lpdnn.ops.reshape import Reshape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from onnx import FunctionProto, GraphProto

    from lpdnn.ir import Array, Graph

_UNKNOWN: Final = "no operator of this type is known here"
OLDEST: Final = 6
"""What PyTorch wrote before 2018; operators that broadcast were declared otherwise then: arithmetic.py."""
DEEPEST: Final = 32
"""Functions that call functions, at most so deep."""
_REASONS: Final = {
    "LSTM": "a recurrent layer",
    "GRU": "a recurrent layer",
    "RNN": "a recurrent layer",
    "Loop": "runs as often as the data says",
    "Scan": "a loop over an axis",
    "NonZero": "the size of its result depends on the data",
    "Unique": "the size of its result depends on the data",
    "Compress": "the size of its result depends on the data",
}


def import_onnx(
    model: str | Path | ModelProto,
    *,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    constants: Mapping[str, Array] | None = None,
) -> Graph:
    """Return the network of an ONNX model.

    `shapes` fixes the shapes of inputs; `constants` gives inputs a value that never changes, so that they are
    no inputs any more.
    """
    if isinstance(model, ModelProto):
        proto, source, folder = model, model.graph.name or "model", None
    else:
        path = Path(model)
        proto, source, folder = parsed(path), path.name, path.parent
    return Importer(proto, source, folder, shapes or {}, constants or {}).graph()


class Importer:
    """The nodes of a model on their way into a graph."""

    def __init__(
        self,
        model: ModelProto,
        source: str,
        folder: Path | None,
        shapes: Mapping[str, tuple[int, ...]],
        constants: Mapping[str, Array],
    ) -> None:
        self.model = model
        self.source = source
        self.tensors = Tensors(source, folder)
        self.opsets = {"" if o.domain == "ai.onnx" else o.domain: o.version for o in model.opset_import}
        self.functions = {(f.domain, f.name): f for f in model.functions}
        self.builder = GraphBuilder(model.graph.name or Path(source).stem)
        self.names = Names()
        self.nodes = Names()
        self.values: dict[str, Value | None] = {}  # None: made by a node that is not supported
        self.problems: list[Problem] = []
        self.results: dict[str, str] = {}  # the network's results, by the values that hold them
        self.depth = 0
        self.shapes = shapes
        self.constants = constants

    def graph(self) -> Graph:
        """Return the graph, or tell everything that is unsupported."""
        version = self.opsets.get("", OLDEST)
        newest = onnx.defs.onnx_opset_version()
        if not OLDEST <= version <= newest:
            known = f"this LPDNN with onnx {onnx.__version__} reads {OLDEST} to {newest}"
            message = f"{self.source}: opset {version}; {known}"
            raise LpdnnError(message)
        graph = self.model.graph
        # Results of the network keep their names: no other value may take one.
        self.names.taken.update(value.name for value in graph.output)
        self._initializers(graph)
        self._inputs(graph)
        for value in graph.output:
            self.names.taken.discard(value.name)
        self.names.taken.update(self.builder.inputs)
        for node in graph.node:
            self.add(node, version)
        if self.problems:
            raise UnsupportedNodesError(self.source, self.problems)
        outputs = [self._output(value.name) for value in graph.output]
        held = {**dict.fromkeys(outputs), **self.results}
        built = self.builder.finish(value for value in held if value in self.builder.types)
        return with_names(built, self.results, outputs)

    def _initializers(self, graph: GraphProto) -> None:
        if graph.sparse_initializer:
            message = f"{self.source}: sparse initializers are not supported; make them dense"
            raise LpdnnError(message)
        for tensor in graph.initializer:
            self.values[tensor.name] = Value.known(self.tensors.array(tensor))
        for name, array in self.constants.items():
            self.values[name] = Value.known(np.asarray(array))

    def _inputs(self, graph: GraphProto) -> None:
        inputs = [value for value in graph.input if value.name not in self.values]
        for name in self.shapes:
            if name not in {value.name for value in inputs}:
                known = ", ".join(plain(value.name) for value in inputs) or "none"
                message = f"{self.source} has no input {plain(name)!r} to give a shape; its inputs: {known}"
                raise LpdnnError(message)
        for value in inputs:
            kind, shape = declared(value, self.shapes.get(value.name), self.source)
            if value.name in self.values:
                message = f"{self.source}: the input {plain(value.name)!r} is there twice"
                raise LpdnnError(message)
            try:
                self.builder.input(value.name, TensorType(shape))
            except LpdnnError as error:
                message = f"{self.source}: the input {plain(value.name)!r}: {error}"
                raise LpdnnError(message) from error
            self.values[value.name] = Value(kind, shape, value.name)

    def add(self, node: NodeProto, opset: int) -> None:
        """Add a node, or the nodes that it stands for."""
        label = node.name or next((name for name in node.output if name), node.op_type)
        self._check_links(node, label)
        reason = ""
        wanted: tuple[str, ...] = ()
        if all(self.values[name] is not None for name in node.input if name):
            try:
                self._convert(node, opset, tuple(self.values[name] if name else None for name in node.input))
            except NotConstantError as error:
                reason, wanted = str(error), error.values
            except UnsupportedError as error:
                reason = str(error)
            except LpdnnError as error:
                reason = self._follows(error)
            except MALFORMED as error:
                what = f"{type(error).__name__} {plain(str(error), 120)}"
                message = f"{self._place(node, label)} is malformed: {what}"
                raise LpdnnError(message) from error
        elif not self._there_is(node, opset):
            reason = _REASONS.get(node.op_type, _UNKNOWN)
        if reason:
            place = between(*neighbours(self.model.graph, node))
            self.problems.append(Problem(label, self._type_name(node), reason, wanted, place))
        for name in node.output:
            if name:
                self.values.setdefault(name, None)

    def _follows(self, error: LpdnnError) -> str:
        """Return an error as a reason where it may follow from what is not supported; raise it where not."""
        text = str(error)
        if self.problems:
            return text
        message = text if text.startswith(self.source) else f"{self.source}: {text}"
        raise LpdnnError(message) from error

    def _place(self, node: NodeProto, label: str) -> str:
        return f"{self.source}: the node {plain(label)!r} ({plain(node.op_type)})"

    def _check_links(self, node: NodeProto, label: str) -> None:
        for name in node.input:
            if name and name not in self.values:
                which = f"reads {plain(name)!r}, which no input, initializer or node before it makes"
                message = f"{self._place(node, label)} {which}"
                raise LpdnnError(message)
        for name in node.output:
            if name and name in self.values:
                message = f"{self._place(node, label)} makes {plain(name)!r} a second time"
                raise LpdnnError(message)

    @staticmethod
    def _type_name(node: NodeProto) -> str:
        return f"{node.domain}.{node.op_type}" if node.domain not in {"", "ai.onnx"} else node.op_type

    def _there_is(self, node: NodeProto, opset: int) -> bool:
        if node.domain not in {"", "ai.onnx"} or (node.domain, node.op_type) in self.functions:
            return (node.domain, node.op_type) in self.functions or self._type_name(node) in CONVERTERS
        if node.op_type in CONVERTERS or node.op_type in {"Constant", "If", "Shape", "Size"}:
            return True
        if not onnx.defs.has(node.op_type, opset):
            return False
        schema: Any = onnx.defs.get_schema(node.op_type, opset)  # its stub lacks these
        return bool(schema.has_function or schema.has_context_dependent_function)

    def _convert(self, node: NodeProto, opset: int, operands: tuple[Value | None, ...]) -> None:
        if node.domain in {"", "ai.onnx"} and node.op_type == "Constant":
            self.values[node.output[0]] = Value.known(self._constant(node))
            return
        own = self.functions.get((node.domain, node.op_type))
        if own is not None:
            self._inline(node, own, opset)
            return
        if self._type_name(node) in CONVERTERS and node.domain not in {"", "ai.onnx"}:
            self._by_converter(node, opset, operands)
            return
        if node.domain not in {"", "ai.onnx"}:
            message = f"it is of the domain {plain(node.domain)!r}, which is not known here"
            raise UnsupportedError(message)
        if node.op_type == "If":
            self._branch(node, opset, operands)
            return
        arrays = {
            name: v.array for name, v in zip(node.input, operands, strict=True) if v and v.array is not None
        }
        known = all(v is None or v.array is not None for v in operands)
        if known and folds(node) and node.op_type != "DequantizeLinear":
            results = folded(node, opset, arrays)
            self.values.update(
                {name: Value.known(a) for name, a in zip(node.output, results, strict=True) if name}
            )
            return
        if node.op_type in CONVERTERS:
            self._by_converter(node, opset, operands)
        else:
            self._by_definition(node, opset, operands)

    def _by_converter(self, node: NodeProto, opset: int, operands: tuple[Value | None, ...]) -> None:
        context = Context(node, opset, operands, self.builder, self.names, self.nodes, self._origin(node))
        try:
            CONVERTERS[self._type_name(node)](context)
        except FunctionWantedError:
            self._by_definition(node, opset, operands)
            return
        for index, name in enumerate(node.output):
            if name and index not in context.results:
                message = f"its result {index} is not supported"
                raise UnsupportedError(message)
            if name:
                value = context.results[index]
                mine = value.array is None and value.made is None and value.behind is None
                self.values[name] = replace(value, made=Made(node, opset, operands)) if mine else value

    def _origin(self, node: NodeProto) -> str:
        return f"{self.source}: {plain(node.name or ''.join(node.output[:1]))} ({plain(node.op_type)})"

    def _constant(self, node: NodeProto) -> Array:
        for attribute in node.attribute:
            if attribute.name == "value":
                return self.tensors.array(attribute.t)
            if attribute.name in {"value_int", "value_ints"}:
                return np.array(helper.get_attribute_value(attribute), np.int64)
            if attribute.name in {"value_float", "value_floats"}:
                return np.array(helper.get_attribute_value(attribute), np.float32)
        message = "it is not a tensor of numbers"
        raise UnsupportedError(message)

    def _inline(self, node: NodeProto, function: FunctionProto, opset: int) -> None:
        if self.depth >= DEEPEST:
            message = f"functions call one another more than {DEEPEST} deep"
            raise UnsupportedError(message)
        inner = {"" if o.domain == "ai.onnx" else o.domain: o.version for o in function.opset_import}
        self.depth += 1
        try:
            before = len(self.problems)
            for part in inlined(node, function, self._fresh_value):
                self.add(part, inner.get("", opset))
            if len(self.problems) > before:
                self._raise_for(node, before)
        finally:
            self.depth -= 1

    def _raise_for(self, node: NodeProto, first: int) -> NoReturn:
        """Make one problem of those that a node's definition has met."""
        met = self.problems[first:]
        del self.problems[first:]
        reasons = dict.fromkeys(f"{p.type}: {p.reason}" for p in met)
        message = f"within its definition, {'; '.join(reasons)}"
        wanted = {value for p in met for value in p.values}
        if not wanted:
            raise UnsupportedError(message)
        # What the definition computes from them is not told apart: any whole numbers may be wanted.
        error = NotConstantError("", message)
        error.args = (message,)
        whole = [
            name for name in node.input if name and (v := self.values[name]) and v.whole and v.array is None
        ]
        error.values = tuple(name for name in node.input if name in wanted) or tuple(whole)
        raise error

    def _fresh_value(self, name: str) -> str:
        candidate, count = name, 1
        while candidate in self.values:
            count += 1
            candidate = f"{name}#{count}"
        return candidate

    def _by_definition(self, node: NodeProto, opset: int, operands: tuple[Value | None, ...]) -> None:
        types = []
        for operand in operands:
            proto = TypeProto()
            if operand is not None:
                element = helper.np_dtype_to_tensor_dtype(dtype_of(operand.kind))
                proto = helper.make_tensor_type_proto(element, operand.shape)
            types.append(proto)
        function = schema_function(node, opset, types)
        if function is None:
            raise UnsupportedError(_REASONS.get(node.op_type, _UNKNOWN))
        self._inline(node, function, opset)

    def _branch(self, node: NodeProto, opset: int, operands: tuple[Value | None, ...]) -> None:
        """Take the branch of an If that a known condition says."""
        condition = operands[0]
        if condition is None or condition.array is None:
            raise NotConstantError(node.input[0], "the condition")
        wanted = "then_branch" if bool(condition.array.ravel()[0]) else "else_branch"
        (graph,) = (a.g for a in node.attribute if a.name == wanted and a.type == AttributeProto.GRAPH)
        self.subgraph(graph, opset, node.output)

    def subgraph(self, graph: GraphProto, opset: int, outputs: Iterable[str]) -> None:
        """Add the nodes of a graph within a node."""
        inner: dict[str, str] = {}
        for tensor in graph.initializer:
            inner[tensor.name] = self._fresh_value(tensor.name)
            self.values[inner[tensor.name]] = Value.known(self.tensors.array(tensor))
        for part in graph.node:
            copy = NodeProto()
            copy.CopyFrom(part)
            copy.input[:] = [inner.get(name, name) for name in part.input]
            for name in part.output:
                if name:
                    inner[name] = self._fresh_value(name)
            copy.output[:] = [inner.get(name, name) for name in part.output]
            self.add(copy, opset)
        for name, value in zip(outputs, graph.output, strict=True):
            if name:
                self.values[name] = self.values[inner.get(value.name, value.name)]

    def _output(self, name: str) -> str:
        """Return the graph's value of an output, which has the model's name for it."""
        value = self.values.get(name)
        if value is None:
            message = f"{self.source}: the output {plain(name)!r} is made by nothing"
            raise LpdnnError(message)
        if value.array is None and value.name == name:
            return name
        context = Context(
            NodeProto(name=f"{name}/output"),
            OLDEST,
            (value,),
            self.builder,
            self.names,
            self.nodes,
            "",
            integers=True,
        )
        if value.array is not None and name not in self.names.taken:
            constant = context.constant(value.array)
            self.builder.constants[name] = self.builder.constants.pop(constant)
            self.builder.types[name] = self.builder.types.pop(constant)
            return name
        here = context.value(value)
        if name in self.builder.types:
            return here
        taken = {*self.results, *self.builder.inputs, *(other.name for other in self.model.graph.output)}
        if here in taken or here in self.builder.constants:
            here = context.step("copy", Reshape(value.shape), here)
        self.results[here] = name
        return name
