"""Operators that are defined by others: the nodes of a function's body in place of one of its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onnx import AttributeProto, FunctionProto, NodeProto, TypeProto, defs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def schema_function(node: NodeProto, opset: int, types: Sequence[TypeProto]) -> FunctionProto | None:
    """Return the definition of a standard operator by simpler ones, where there is one."""
    if not defs.has(node.op_type, node.domain):
        return None
    try:
        schema = defs.get_schema(node.op_type, opset, node.domain)
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
    values = {"": ""}
    for index, name in enumerate(function.input):
        values[name] = node.input[index] if index < len(node.input) else ""
    for index, name in enumerate(function.output):
        if index < len(node.output) and node.output[index]:
            values[name] = node.output[index]
    attributes = {attribute.name: attribute for attribute in function.attribute_proto}
    attributes |= {attribute.name: attribute for attribute in node.attribute}
    prefix = node.name or next((name for name in node.output if name), node.op_type)

    def renamed(value: str) -> str:
        if value not in values:
            values[value] = fresh(f"{prefix}/{value}")
        return values[value]

    def body(source: NodeProto) -> NodeProto:
        copy = NodeProto()
        copy.CopyFrom(source)
        copy.name = fresh(f"{prefix}/{source.name or source.op_type}")
        copy.input[:] = [renamed(value) for value in source.input]
        copy.output[:] = [renamed(value) for value in source.output]
        del copy.attribute[:]
        for attribute in source.attribute:
            if attribute.ref_attr_name:
                given = attributes.get(attribute.ref_attr_name)
                if given is not None:
                    new = AttributeProto()
                    new.CopyFrom(given)
                    new.name = attribute.name
                    copy.attribute.append(new)
                continue
            new = AttributeProto()
            new.CopyFrom(attribute)
            if new.type == AttributeProto.GRAPH:
                inner = [body(n) for n in attribute.g.node]
                del new.g.node[:]
                new.g.node.extend(inner)
                for value in (*new.g.input, *new.g.output):
                    value.name = renamed(value.name)
                for tensor in new.g.initializer:
                    tensor.name = renamed(tensor.name)
            copy.attribute.append(new)
        return copy

    return [body(source) for source in function.node]
