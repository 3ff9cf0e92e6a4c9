"""Both generations of layers, from text and from binary files, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caffe_files import layer, network, write
from lpdnn.frontends.caffe import import_caffe, write_prototxt
from lpdnn.frontends.caffe.caffe_pb2 import NetParameter, V1LayerParameter
from lpdnn.frontends.caffe.definition import read_definition
from lpdnn.frontends.caffe.upgrade import TYPES_V1
from lpdnn.ir import LpdnnError
from shared_data import shared

if TYPE_CHECKING:
    from pathlib import Path


def test_every_v1_type_has_a_v2_name() -> None:
    assert set(TYPES_V1) == set(V1LayerParameter.LayerType.keys())


def test_v1_layers_are_upgraded(tmp_path: Path) -> None:
    text = """layers { name: "c" type: CONVOLUTION bottom: "x" top: "c" blobs_lr: 1 weight_decay: 0 param: "w"
      convolution_param { num_output: 2 kernel_size: 3 } include: { phase: TEST } }
    layers { name: "d" type: DATA top: "x" data_param { scale: 0.5 mean_file: "m" crop_size: 28 } }"""
    found = read_definition(write(tmp_path, text))
    convolution, data = (one.param for one in found.layers)
    assert (convolution.type, list(convolution.bottom), convolution.param[0].name) == (
        "Convolution",
        ["x"],
        "w",
    )
    assert (convolution.convolution_param.num_output, len(convolution.include)) == (2, 1)
    assert (data.transform_param.scale, data.transform_param.mean_file, data.transform_param.crop_size) == (
        0.5,
        "m",
        28,
    )
    assert [one.line for one in found.layers] == [1, 3]


def test_a_type_of_a_fork_is_kept(tmp_path: Path) -> None:
    found = read_definition(write(tmp_path, 'layers { name: "a" type: WARP bottom: "x" top: "a" }'))
    assert found.layers[0].param.type == "WARP"


def test_text_and_binary_say_the_same(tmp_path: Path) -> None:
    for path in sorted(shared("models").glob("*/*.prototxt")):
        if "solver" in path.name:
            continue
        from_text = read_definition(path)
        binary = NetParameter()
        binary.CopyFrom(from_text.net)
        binary.layer.extend(one.param for one in from_text.layers)
        copy = tmp_path / path.with_suffix(".caffemodel").name
        copy.write_bytes(binary.SerializeToString())
        from_binary = read_definition(copy)
        assert not from_binary.is_text
        assert from_binary.net == from_text.net
        assert [one.param for one in from_binary.layers] == [one.param for one in from_text.layers]
        write_prototxt(tmp_path / path.name, binary)
        assert [one.param for one in read_definition(tmp_path / path.name).layers] == [
            one.param for one in from_text.layers
        ]


def test_a_caffemodel_that_holds_its_layers_is_a_model() -> None:
    folder = shared("models/cifar10_bvlc")
    with pytest.raises(
        LpdnnError, match=r"does not tell the shape of the input 'data'; give it, such as --shape data="
    ):
        import_caffe(folder / "cifar10_quick_iter_5000.caffemodel")
    graph = import_caffe(folder / "cifar10_quick_iter_5000.caffemodel", shapes={"data": (1, 3, 32, 32)})
    apart = import_caffe(folder / "cifar10_quick.prototxt", folder / "cifar10_quick_iter_5000.caffemodel")
    assert {n.name for n in apart.nodes if n.op.NAME != "softmax"} <= {n.name for n in graph.nodes}
    assert {name: array.tolist() for name, array in graph.constants.items()} == {
        name: array.tolist() for name, array in apart.constants.items()
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the file is empty"),
        ("# nothing\n", "deploy.prototxt: holds no layers, so it is not a network"),
        (
            'net: "train.prototxt" base_lr: 1',
            "is a solver's settings, not a network; give the network it names, train.",
        ),
        (
            'layers { layer { name: "a" type: "conv" } }',
            "deploy.prototxt:1: a layer of Caffe's first generation (V0)",
        ),
        ("layer: 1", "deploy.prototxt:1: layer expects a block"),
        ("\x01\x02\x03 layer", "neither a .prototxt nor a whole .caffemodel"),
        ('{"a": 1}', "deploy.prototxt:1: expects a field name, found '{'"),
    ],
)
def test_what_is_no_network_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(LpdnnError) as caught:
        read_definition(write(tmp_path, text))
    assert sentence in str(caught.value)


def test_comments_need_not_be_utf8(tmp_path: Path) -> None:
    path = tmp_path / "deploy.prototxt"
    path.write_bytes(b"\xef\xbb\xbf# caf\xe9 \xff\r\n" + network((1, 2), layers=layer("ReLU")).encode())
    assert import_caffe(path).outputs == ("out",)


def test_unknown_fields_of_a_supported_layer_are_told(tmp_path: Path) -> None:
    told: list[str] = []
    text = network((1, 2), layers=layer("ReLU", "relu_param { negative_slope: 0.5\n leak: 3 }")) + "wings: 2"
    import_caffe(write(tmp_path, text), report=told.append)
    assert told == [
        "deploy.prototxt:5: the field wings is unknown, and not used",
        "deploy.prototxt:4: the field relu_param.leak is unknown, and not used",
    ]


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(LpdnnError, match="No such file"):
        import_caffe(tmp_path / "nothing.prototxt")
    with pytest.raises(LpdnnError, match="cannot be opened"):
        import_caffe(tmp_path)
