"""TensorFlow Lite models written down in a line or two, and run by TensorFlow Lite itself, for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import flatbuffers
import numpy as np
from ai_edge_litert import interpreter as litert
from ai_edge_litert import schema_py_generated as schema

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = {
    "float32": 0,
    "float16": 1,
    "int32": 2,
    "uint8": 3,
    "int64": 4,
    "bool": 6,
    "int16": 7,
    "int8": 9,
}


@dataclass
class Maker:
    """A model in the making; tensors are known by their names."""

    tensors: list[Any] = field(default_factory=list)
    buffers: list[Any] = field(default_factory=lambda: [schema.BufferT()])
    operators: list[Any] = field(default_factory=list)
    codes: list[Any] = field(default_factory=list)

    def tensor(
        self,
        name: str,
        shape: Sequence[int],
        kind: str = "float32",
        scale: Sequence[float] = (),
        zero: Sequence[int] = (),
        axis: int = 0,
    ) -> int:
        """Add a tensor that is computed, or an input; return its index."""
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name.encode(), list(shape), KINDS[kind], 0
        if len(scale):
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = list(map(float, scale))
            tensor.quantization.zeroPoint = list(map(int, zero)) or [0] * len(scale)
            tensor.quantization.quantizedDimension = axis
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def constant(self, name: str, array: np.ndarray[Any, Any], **quantization: Any) -> int:
        """Add a tensor whose elements are in the file."""
        index = self.tensor(name, array.shape, array.dtype.name, **quantization)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(array).tobytes(), np.uint8)
        self.buffers.append(buffer)
        self.tensors[index].buffer = len(self.buffers) - 1
        return index

    def operator(
        self, kind: str, inputs: Sequence[int], outputs: Sequence[int], options: str = "", **values: Any
    ) -> Any:
        """Add an operator; options are a table of the schema and its fields."""
        code = schema.OperatorCodeT()
        number = getattr(schema.BuiltinOperator, kind, schema.BuiltinOperator.CUSTOM)
        code.builtinCode, code.deprecatedBuiltinCode, code.version = number, min(number, 127), 1
        if kind == "BROADCAST_TO":
            code.version = 2  # there is no older one
        if number == schema.BuiltinOperator.CUSTOM:
            code.customCode = kind.encode()
        self.codes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self.codes) - 1
        operator.inputs, operator.outputs = list(inputs), list(outputs)
        if options:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            operator.builtinOptions = getattr(schema, f"{options}T")()
            for name, value in values.items():
                assert hasattr(operator.builtinOptions, name), name
                setattr(operator.builtinOptions, name, value)
        self.operators.append(operator)
        return operator

    def model(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """Return the file."""
        graph = schema.SubGraphT()
        graph.tensors, graph.operators, graph.name = self.tensors, self.operators, b"main"
        graph.inputs, graph.outputs = list(inputs), list(outputs)
        model = schema.ModelT()
        model.version, model.subgraphs, model.buffers = 3, [graph], self.buffers
        model.operatorCodes, model.description = self.codes, b"test"
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def one(
    kind: str,
    inputs: Sequence[Any],
    outputs: int = 1,
    options: str = "",
    out_kind: str = "float32",
    custom: bytes = b"",
    **values: Any,
) -> bytes:
    """Return a model of one operator; inputs are shapes, or arrays, which become constants."""
    maker = Maker()
    given: list[int] = []
    wanted: list[int] = []
    for position, x in enumerate(inputs):
        if x is None:
            given.append(-1)
        elif isinstance(x, np.ndarray):
            given.append(maker.constant(f"c{position}", x))
        else:
            given.append(maker.tensor(f"x{position}", x))
            wanted.append(given[-1])
    results = [maker.tensor(f"y{i}", (), out_kind) for i in range(outputs)]
    operator = maker.operator(kind, given, results, options, **values)
    if custom:
        operator.customOptions = np.frombuffer(custom, np.uint8)
    return maker.model(wanted, results)


def run(
    model: bytes, feeds: Sequence[np.ndarray[Any, Any]], *, reference: bool = False
) -> list[np.ndarray[Any, Any]]:
    """Return what TensorFlow Lite makes of a model, with its own kernels or, of integers, its reference."""
    kinds = litert.OpResolverType
    kind = kinds.BUILTIN_REF if reference else kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = litert.Interpreter(model_content=model, experimental_op_resolver_type=kind)
    for detail, x in zip(interpreter.get_input_details(), feeds, strict=True):
        if tuple(detail["shape"]) != x.shape:
            interpreter.resize_tensor_input(detail["index"], x.shape)
    interpreter.allocate_tensors()
    for detail, x in zip(interpreter.get_input_details(), feeds, strict=True):
        interpreter.set_tensor(detail["index"], x)
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]
