"""The layers of a network as its file lists them, text or binary, either generation in today's terms."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError

from lpdnn.frontends.caffe import wire
from lpdnn.frontends.caffe.caffe_pb2 import BlobProto, LayerParameter, NetParameter, Skipped, V1LayerParameter
from lpdnn.frontends.caffe.prototxt import Block, Scalar, parse
from lpdnn.frontends.caffe.report import about, at, plain
from lpdnn.frontends.caffe.schema import Note, fill
from lpdnn.frontends.caffe.upgrade import TYPES_V1, upgraded
from lpdnn.frontends.caffe.weights import map_file

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST_TEXT: Final = 64 * 2**20
_QUOTED: Final = re.compile(rb"\"(?:[^\"\\\n]|\\.)*(?:\"|$)|'(?:[^'\\\n]|\\.)*(?:'|$)")
_SOLVER_FIELDS: Final = frozenset({"net", "train_net", "base_lr", "max_iter", "solver_mode"})


@dataclass(frozen=True)
class Layer:
    """One layer, where it stands, and what its text says that the schema does not know."""

    param: LayerParameter
    source: str
    line: int = 0
    notes: tuple[Note, ...] = ()

    @property
    def place(self) -> str:
        """Return where the layer is, for errors: a line where there are lines."""
        if self.line:
            return f"{self.source}:{self.line}"
        return f"{self.source}: layer '{plain(self.param.name)}'"

    @property
    def origin(self) -> str:
        """Return where its nodes came from."""
        return (
            f"{self.source}:{self.line} ({plain(self.param.type)})"
            if self.line
            else f"{self.source} ({self.param.type})"
        )


@dataclass
class Definition:
    """A network: `net` holds all but the layers."""

    source: str
    is_text: bool
    net: NetParameter
    layers: list[Layer] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def read_definition(path: Path) -> Definition:
    """Read a .prototxt, or a .caffemodel that holds its layers, told apart by what is in it."""
    data = map_file(path)
    if bytes(data[:8]).startswith(b"\x89HDF"):
        raise about(
            path.name, "HDF5 holds weights only; give the network's .prototxt, and this file as the weights"
        )
    if _is_text(data):
        return _from_text(data, path.name)
    return _from_binary(data, path.name)


def _is_text(data: memoryview) -> bool:
    """Tell text by its lack of control characters: tags and lengths of short binary fields are some."""
    head = _QUOTED.sub(b"", bytes(data[:512]))
    return not any(byte < 32 and byte not in b"\t\n\v\f\r" for byte in head)


def _from_text(data: memoryview, source: str) -> Definition:
    if len(data) > _LARGEST_TEXT:
        raise about(source, f"{len(data)} bytes are too many for a .prototxt")
    text = bytes(data).decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    block = parse(text, source)
    found = Definition(source, is_text=True, net=NetParameter())
    rest = Block([item for item in block.fields if item.name not in ("layer", "layers")])
    found.notes = fill(found.net, rest, source)
    for item in block.fields:
        if item.name not in ("layer", "layers"):
            continue
        if not isinstance(item.value, Block):
            raise at(source, item.line, f"{item.name} expects a block {{ ... }}")
        if item.name == "layer":
            layer = LayerParameter()
            notes = fill(layer, item.value, source)
        else:
            layer, notes = _layer_v1(item.value, source, item.line)
        found.layers.append(Layer(layer, source, item.line, tuple(notes)))
    solver = _SOLVER_FIELDS.intersection(item.name for item in block.fields)
    if solver and not found.layers:
        named = next(
            (
                f.value.text
                for f in block.fields
                if f.name in ("net", "train_net") and isinstance(f.value, Scalar)
            ),
            "",
        )
        hint = f"; give the network it names, {plain(named)}" if named else ""
        raise about(source, f"this is a solver's settings, not a network{hint}")
    return _checked(found)


def _layer_v1(block: Block, source: str, line: int) -> tuple[LayerParameter, list[Note]]:
    """Fill a V1 layer; a type that only a fork has is kept as it is written."""
    old = V1LayerParameter()
    foreign = ""
    fields = []
    for item in block.fields:
        if (
            item.name == "type"
            and isinstance(item.value, Scalar)
            and item.value.kind == "word"
            and item.value.text not in TYPES_V1
        ):
            foreign = item.value.text
        else:
            fields.append(item)
    notes = fill(old, Block(fields), source)
    if any(item.name == "layer" for item in block.fields):
        raise at(
            source,
            line,
            "a layer of Caffe's first generation (V0); upgrade it with Caffe's upgrade_net_proto_text",
        )
    layer = upgraded(old)
    if foreign:
        layer.type = foreign
    return layer, notes


def _from_binary(data: memoryview, source: str) -> Definition:
    found = Definition(source, is_text=False, net=NetParameter())
    try:
        found.net.ParseFromString(_reduced(data, NetParameter.DESCRIPTOR))
    except (wire.WireError, DecodeError) as error:
        raise about(source, f"neither a .prototxt nor a whole .caffemodel ({error})") from None
    for old in found.net.layers:
        if old.HasField("layer"):
            raise about(
                source, "layers of Caffe's first generation (V0); upgrade it with upgrade_net_proto_binary"
            )
        found.layers.append(Layer(upgraded(old), source))
    found.layers += [Layer(layer, source) for layer in found.net.layer]
    found.net.ClearField("layers")
    found.net.ClearField("layer")
    return _checked(found)


def _reduced(data: memoryview, message: Any) -> bytes:
    """Return a binary message without weights, and with nothing in fields that are read over.

    Weights would become Python objects, and what is read over may be text, which does not parse as a message.
    """
    kept = []
    for item in wire.fields(data):
        field = message.fields_by_number.get(item.number)
        inner = None if field is None else field.message_type
        if field is not None and field.type == FieldDescriptor.TYPE_STRING:
            wire.text(item.payload)  # protobuf would hand out bytes where it is not UTF-8
        if inner is None or item.kind != wire.BYTES:
            kept.append(bytes(data[item.start : item.end]))
        elif inner is not BlobProto.DESCRIPTOR:
            body = b"" if inner is Skipped.DESCRIPTOR else _reduced(item.payload, inner)
            kept.append(wire.tag(item.number, wire.BYTES) + wire.varint(len(body)) + body)
    return b"".join(kept)


def _checked(found: Definition) -> Definition:
    if not found.layers:
        raise about(found.source, "holds no layers, so it is not a network")
    return found
