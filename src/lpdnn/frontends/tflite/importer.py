"""TensorFlow Lite files -> Graph: reading the file, and the walk over its operators."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import tflite

from lpdnn.frontends._report import (
    MALFORMED,
    Problem,
    UnsupportedError,
    UnsupportedNodesError,
    between,
    plain,
)
from lpdnn.frontends._results import with_names
from lpdnn.frontends._values import Names
from lpdnn.frontends.tflite.context import QUANTIZED, WITH_INTEGERS, Context, Value
from lpdnn.frontends.tflite.flatbuffer import verify
from lpdnn.frontends.tflite.fold import folded
from lpdnn.frontends.tflite.operators import CONVERTERS
from lpdnn.frontends.tflite.orders import interface, model_shape
from lpdnn.frontends.tflite.tensors import Tensor, Tensors
from lpdnn.frontends.tflite.ways import convert
from lpdnn.ir import GraphBuilder, LpdnnError, TensorType
from lpdnn.ops.reshape import Reshape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpdnn.ir import Graph

VERSION: Final = 3
"""The only version of the schema there has been."""
_KINDS: Final = {
    number: name for name, number in vars(tflite.BuiltinOperator).items() if not name.startswith("_")
}
_REASONS: Final = {
    **dict.fromkeys(
        (
            "LSTM",
            "UNIDIRECTIONAL_SEQUENCE_LSTM",
            "BIDIRECTIONAL_SEQUENCE_LSTM",
            "RNN",
            "UNIDIRECTIONAL_SEQUENCE_RNN",
            "BIDIRECTIONAL_SEQUENCE_RNN",
            "SVDF",
        ),
        "a recurrent layer",
    ),
    **dict.fromkeys(("WHILE", "IF", "CALL"), "which of its graphs runs, and how often, the data says"),
    **dict.fromkeys(("WHERE", "UNIQUE"), "the size of its result depends on the data"),
    **dict.fromkeys(
        ("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE"), "it keeps a state between runs"
    ),
}


def import_tflite(path: str | Path, *, shapes: Mapping[str, tuple[int, ...]] | None = None) -> Graph:
    """Return the network of a TensorFlow Lite file.

    Its images are N, C, H, W here, at inputs and results too; `shapes` changes the shapes of inputs, as they
    are here.
    """
    path = Path(path)
    data = path.read_bytes()
    try:
        verify(data)
        model = tflite.Model.GetRootAs(data)
        if model.Version() != VERSION or not model.SubgraphsLength():
            message = f"its version is {model.Version()}, or it has no graph"
            raise LpdnnError(message)
    except (LpdnnError, *MALFORMED) as error:
        message = f"{path.name}: not a TFLite model, or a damaged one: {error}"
        raise LpdnnError(message) from error
    return Importer(path.name, data, model, shapes or {}).graph()


SUMS: Final = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}
"""Operators that may have weights of 8 bits for floats."""


class Importer:
    """The operators of a model on their way into a graph."""

    def __init__(self, source: str, data: bytes, model: Any, shapes: Mapping[str, tuple[int, ...]]) -> None:
        self.source = source
        self.model = model
        self.part = model.Subgraphs(0)
        self.tensors = Tensors(source, data, model, self.part)
        self.shapes = shapes
        self.builder = GraphBuilder(Path(source).stem)
        self.names = Names()
        self.nodes = Names()
        self.read: dict[int, Tensor] = {}
        self.values: dict[int, Value | None] = {}  # None: made by an operator that is not supported
        self.results: dict[str, str] = {}  # the network's results, by the values that hold them
        self.problems: list[Problem] = []

    def graph(self) -> Graph:
        """Return the graph, or tell everything that is unsupported."""
        part = self.part
        inputs = [self._index(part.Inputs(i), "an input") for i in range(part.InputsLength())]
        outputs = [self._index(part.Outputs(i), "a result") for i in range(part.OutputsLength())]
        if not outputs:
            message = f"{self.source}: the network has no result"
            raise LpdnnError(message)
        self._inputs(inputs)
        # Results of the network keep their names: no other value may take one.
        self.names.taken.update(self.builder.inputs, (self._tensor(index).name for index in outputs))
        for index in range(part.OperatorsLength()):
            self._add(part.Operators(index), index)
        if self.problems:
            raise UnsupportedNodesError(self.source, self.problems)
        names = [self._output(index) for index in outputs]
        return with_names(self.builder.finish(self.results), self.results, names)

    def _index(self, index: int, what: str) -> int:
        if not 0 <= index < self.part.TensorsLength():
            message = f"{self.source}: {what} is tensor {index}, and there are {self.part.TensorsLength()}"
            raise LpdnnError(message)
        return index

    def _tensor(self, index: int) -> Tensor:
        if index not in self.read:
            self.read[index] = self.tensors.read(index)
        return self.read[index]

    def _inputs(self, inputs: list[int]) -> None:
        names = [self._tensor(index).name for index in inputs]
        for name in self.shapes:
            if name not in names:
                known = ", ".join(plain(name) for name in names) or "none"
                message = f"{self.source} has no input {plain(name)!r} to give a shape; its inputs: {known}"
                raise LpdnnError(message)
        for index in inputs:
            tensor = self._tensor(index)
            order = interface(len(tensor.shape))
            shape = self.shapes.get(tensor.name, tuple(tensor.shape[axis] for axis in order))
            if len(shape) != len(tensor.shape):
                message = (
                    f"{self.source}: the input {plain(tensor.name)!r} has {len(tensor.shape)} axes, "
                    f"and the shape given {len(shape)}"
                )
                raise LpdnnError(message)
            if index in self.values or tensor.name in self.builder.inputs:
                message = f"{self.source}: the input {plain(tensor.name)!r} is there twice"
                raise LpdnnError(message)
            try:
                one = tensor.affine is not None and tensor.affine.scale.size == 1
                dtype = QUANTIZED.get(tensor.kind, "f32") if one and tensor.kind != "int32" else "f32"
                self.builder.input(tensor.name, TensorType(tuple(shape), dtype))
                if tensor.affine is not None and dtype != "f32":
                    self.builder.formats[tensor.name] = tensor.affine.format
            except LpdnnError as error:
                message = f"{self.source}: the input {plain(tensor.name)!r}: {error}"
                raise LpdnnError(message) from error
            self.values[index] = Value(
                tensor.kind, model_shape(shape, order), None, tensor.affine, {order: tensor.name}
            )

    def _value(self, index: int) -> Value | None:
        """Return what a tensor holds; those in the file are read when they are first used."""
        if index not in self.values:
            tensor = self._tensor(index)
            self.values[index] = Value(tensor.kind, tensor.shape, tensor.array, tensor.affine)
        return self.values[index]

    def _kind(self, operator: Any) -> tuple[str, str]:
        """Return what an operator is called in the schema, or as a custom one, and how to print that."""
        count = self.model.OperatorCodesLength()
        if operator.OpcodeIndex() >= count:
            message = f"{self.source}: an operator is of kind {operator.OpcodeIndex()}, and there are {count}"
            raise LpdnnError(message)
        code = self.model.OperatorCodes(operator.OpcodeIndex())
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        if number == tflite.BuiltinOperator.CUSTOM:
            name = (code.CustomCode() or b"").decode("utf-8", "replace")
            return name, plain(name) or "custom"
        return _KINDS.get(number, f"operator {number}"), _KINDS.get(number, f"operator {number}")

    @cached_property
    def _hybrid(self) -> bool:
        """Tell whether an operator of the network has weights of 8 bits for floats."""
        for number in range(self.part.OperatorsLength()):
            operator = self.part.Operators(number)
            inputs = [operator.Inputs(i) for i in range(min(operator.InputsLength(), 2))]
            known = all(0 <= index < self.part.TensorsLength() for index in inputs)
            if self._kind(operator)[0] not in SUMS or len(inputs) < 2 or not known:
                continue
            if [self._tensor(index).kind for index in inputs] == ["float32", "int8"]:
                return True
        return False

    def _check_links(self, inputs: list[int], outputs: list[int], where: str) -> None:
        """Refuse tensors that are not there, not made yet, or made twice."""
        for index in [*(i for i in inputs if i != -1), *outputs]:
            if not 0 <= index < self.part.TensorsLength():
                message = f"{where} names tensor {index}, and there are {self.part.TensorsLength()}"
                raise LpdnnError(message)
        for index in outputs:
            if index in self.values or self._tensor(index).array is not None:
                message = f"{where} makes {plain(self._tensor(index).name)!r} a second time"
                raise LpdnnError(message)
        for index in inputs:
            if index != -1 and index not in self.values and self._tensor(index).array is None:
                name = plain(self._tensor(index).name)
                message = f"{where} reads {name!r}, which no input, constant or operator before it makes"
                raise LpdnnError(message)

    def _add(self, operator: Any, number: int) -> None:
        """Add an operator."""
        kind, printed = self._kind(operator)
        inputs = [operator.Inputs(i) for i in range(operator.InputsLength())]
        outputs = [operator.Outputs(i) for i in range(operator.OutputsLength())]
        where = f"{self.source}: operator {number} ({printed})"
        self._check_links(inputs, outputs, where)
        made = [self._tensor(index) for index in outputs]
        label = made[0].name.partition(";")[0] if made else f"operator {number}"
        reason = ""
        operands = tuple(None if index == -1 else self._value(index) for index in inputs)
        if kind not in CONVERTERS and kind not in WITH_INTEGERS:
            reason = _REASONS.get(kind, "no operator of this type is known here")
        elif all(index == -1 or v is not None for index, v in zip(inputs, operands, strict=True)):
            results = tuple((tensor.name, tensor.kind, tensor.affine) for tensor in made)
            origin = f"{self.source}: {plain(label)} ({printed})"
            context = Context(
                kind,
                operator,
                label,
                operands,
                results,
                self.builder,
                self.names,
                self.nodes,
                origin,
                hybrid=self._hybrid,
            )
            reason = self._reason(context, outputs, where)
        if reason:
            self.problems.append(Problem(label, printed, reason, (), self._place(inputs, outputs)))
        for index in outputs:
            self.values.setdefault(index, None)

    def _place(self, inputs: list[int], outputs: list[int]) -> str:
        """Return the use of an operator, by the operators beside it."""
        makers, readers = [], []
        for number in range(self.part.OperatorsLength()):
            other = self.part.Operators(number)
            made = {other.Outputs(i) for i in range(other.OutputsLength())}
            read = {other.Inputs(i) for i in range(other.InputsLength())}
            name = f"{number} ({self._kind(other)[1]})"
            makers += [name] if made & set(inputs) else []
            readers += [name] if read & set(outputs) else []
        return between(makers, readers)

    def _reason(self, context: Context, outputs: list[int], where: str) -> str:
        """Convert an operator; return why that is not possible, or nothing."""
        try:
            self._convert(context, outputs)
        except UnsupportedError as error:
            return str(error)
        except LpdnnError as error:
            if self.problems:  # it may follow from them
                return str(error)
            message = f"{where}: {error}"
            raise LpdnnError(message) from error
        except MALFORMED as error:
            message = f"{where} is malformed: {type(error).__name__} {plain(str(error), 120)}"
            raise LpdnnError(message) from error
        return ""

    def _convert(self, context: Context, outputs: list[int]) -> None:
        for value in context.operands:
            if value is not None and not value.kind:
                message = "it computes with text, complex numbers or structures"
                raise UnsupportedError(message)
        known = context.operands and all(v is None or v.array is not None for v in context.operands)
        if known and context.kind in CONVERTERS:
            results = folded(context)
        else:
            convert(context)
            results = context.results
        for position, index in enumerate(outputs):
            if position not in results:
                message = f"its result {position} is not supported"
                raise UnsupportedError(message)
            self.values[index] = results[position]

    def _output(self, index: int) -> str:
        """Return the graph's value of a result, which has the model's name for it."""
        value, name = self._value(index), self._tensor(index).name
        if value is None or (value.array is None and not value.forms):
            message = f"{self.source}: the result {plain(name)!r} is made by nothing"
            raise LpdnnError(message)
        order = interface(len(value.shape))
        context = Context(
            "", None, name, (value,), ((name, value.kind, None),), self.builder, self.names, self.nodes, ""
        )
        try:
            here = context.form(value, order)
        except UnsupportedError as error:
            message = f"{self.source}: the result {plain(name)!r}: {error}"
            raise LpdnnError(message) from error
        if here == name or name in self.results.values():
            return name
        if here in self.results or here in self.builder.inputs or here in self.builder.constants:
            here = context.step("copy", Reshape(context.extents(here)), here)
        self.results[here] = name
        return name
