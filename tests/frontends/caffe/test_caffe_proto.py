"""The generated code is what caffe.proto says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from google.protobuf import descriptor_pb2

from lpdnn.frontends import caffe
from lpdnn.frontends.caffe.caffe_pb2 import DESCRIPTOR

HERE = Path(caffe.__file__).parent


def test_generated_code_is_current(tmp_path: Path) -> None:
    protoc = pytest.importorskip(
        "grpc_tools.protoc", reason="grpcio-tools, which brings protoc, is not installed"
    )
    made = tmp_path / "set"
    root = HERE.parents[2]
    arguments = ["protoc", f"-I{root}", f"--descriptor_set_out={made}", f"{HERE}/caffe.proto"]
    assert protoc.main(arguments) == 0
    (fresh,) = descriptor_pb2.FileDescriptorSet.FromString(made.read_bytes()).file
    checked_in = descriptor_pb2.FileDescriptorProto()
    DESCRIPTOR.CopyToProto(checked_in)
    for file in (fresh, checked_in):
        for message in file.message_type:
            for field in message.field:
                field.ClearField("json_name")  # some versions of protoc add it
                if (
                    field.type == field.TYPE_FLOAT and field.default_value
                ):  # and they print floats differently
                    field.default_value = str(np.float32(field.default_value))
    assert fresh == checked_in


def test_generated_code_asks_for_no_particular_runtime() -> None:
    assert "runtime_version" not in (HERE / "caffe_pb2.py").read_text()
