"""Operators that are defined by others: the nodes of a function's body in place of one of its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onnx import AttributeProto, FunctionProto, NodeProto, TypeProto, defs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def schema_function(node: NodeProto, opset: int, types: Sequence[TypeProto]) -> FunctionProto | None:
    """Return the definition of a standard operator by simpler ones, where there is one."""
    if not defs.has(node.op_type, node.domain):
        return None
    try:
        schema: Any = defs.get_schema(node.op_type, opset, node.domain)  # its stub lacks the functions
    except defs.SchemaError:
        return None
    function = FunctionProto()
    plain_versions = schema.function_opset_versions
    context_versions = schema.context_dependent_function_opset_versions
    if context_versions:
        complete = NodeProto()
        complete.CopyFrom(node)
        given = {attribute.name for attribute in node.attribute}
        complete.attribute.extend(
            schema.attributes[name].default_value
            for name in schema.attributes
            if name not in given and schema.attributes[name].default_value.name
        )
        text = schema.get_context_dependent_function_with_opset_version(
            _suitable(context_versions, opset),
            complete.SerializeToString(),
            [t.SerializeToString() for t in types],
        )
    elif plain_versions:
        text = schema.get_function_with_opset_version(_suitable(plain_versions, opset))
    else:
        return None
    if not text:
        return None
    function.ParseFromString(text)
    for name in schema.attributes:
        default = schema.attributes[name].default_value
        if default.name and name not in {a.name for a in function.attribute_proto}:
            function.attribute_proto.append(default)
    return function


def _suitable(versions: Sequence[int], opset: int) -> int:
    return max((v for v in versions if v <= opset), default=min(versions))


def inlined(node: NodeProto, function: FunctionProto, fresh: Callable[[str], str]) -> list[NodeProto]:
    """Return the nodes of a function called by a node, with the caller's values and attributes."""
    return _Call(node, function, fresh).nodes()


class _Call:
    """One call of a function: what its names stand for."""

    def __init__(self, node: NodeProto, function: FunctionProto, fresh: Callable[[str], str]) -> None:
        self.function = function
        self.fresh = fresh
        self.prefix = node.name or next((name for name in node.output if name), node.op_type)
        self.values = {"": ""}
        for index, name in enumerate(function.input):
            self.values[name] = node.input[index] if index < len(node.input) else ""
        for name, given in zip(function.output, node.output, strict=False):
            if given:
                self.values[name] = given
        self.attributes = {attribute.name: attribute for attribute in function.attribute_proto}
        self.attributes |= {attribute.name: attribute for attribute in node.attribute}

    def nodes(self) -> list[NodeProto]:
        """Return the function's nodes as the caller's."""
        return [self._node(source) for source in self.function.node]

    def _value(self, name: str) -> str:
        if name not in self.values:
            self.values[name] = self.fresh(f"{self.prefix}/{name}")
        return self.values[name]

    def _node(self, source: NodeProto) -> NodeProto:
        copy = NodeProto()
        copy.CopyFrom(source)
        copy.name = self.fresh(f"{self.prefix}/{source.name or source.op_type}")
        copy.input[:] = [self._value(name) for name in source.input]
        copy.output[:] = [self._value(name) for name in source.output]
        del copy.attribute[:]
        for attribute in source.attribute:
            given = self.attributes.get(attribute.ref_attr_name) if attribute.ref_attr_name else attribute
            if given is not None:
                copy.attribute.append(self._attribute(given, attribute.name))
        return copy

    def _attribute(self, given: AttributeProto, name: str) -> AttributeProto:
        attribute = AttributeProto()
        attribute.CopyFrom(given)
        attribute.name = name
        if attribute.type == AttributeProto.GRAPH:
            inner = [self._node(node) for node in given.g.node]
            del attribute.g.node[:]
            attribute.g.node.extend(inner)
            for value in (*attribute.g.input, *attribute.g.output):
                value.name = self._value(value.name)
            for tensor in attribute.g.initializer:
                tensor.name = self._value(tensor.name)
        return attribute
