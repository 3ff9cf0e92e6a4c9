"""Inputs and their shapes, from every place that can state them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caffe_files import layer, write
from lpdnn.frontends.caffe import import_caffe
from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from pathlib import Path


RELU = "\n" + layer("ReLU")
DATA = 'layer {{ name: "d" type: "{}" top: "x" top: "label" {} }}\n'


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ('input: "x" input_dim: 2 input_dim: 3 input_dim: 4 input_dim: 5', (2, 3, 4, 5)),
        ('input: "x" input_shape { dim: 2 dim: 7 }', (2, 7)),
        ('layer { name: "i" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 } } }', (1, 3)),
        (DATA.format("Data", "transform_param { crop_size: 9 force_color: true }"), (1, 3, 9, 9)),
        (DATA.format("Data", "transform_param { crop_size: 9 force_gray: true }"), (1, 1, 9, 9)),
        (DATA.format("ImageData", "image_data_param { new_height: 4 new_width: 5 }"), (1, 3, 4, 5)),
        (
            DATA.format("ImageData", "image_data_param { new_height: 4 new_width: 5 is_color: false }"),
            (1, 1, 4, 5),
        ),
        (
            DATA.format("MemoryData", "memory_data_param { batch_size: 8 channels: 2 height: 4 width: 5 }"),
            (1, 2, 4, 5),
        ),
        (DATA.format("WindowData", "transform_param { crop_size: 9 }"), (1, 3, 9, 9)),
        (
            DATA.format(
                "AnnotatedData",
                "transform_param { mean_value: [1, 2, 3] resize_param { height: 6 width: 7 } }",
            ),
            (1, 3, 6, 7),
        ),
        (
            'layer { name: "d" type: "DummyData" top: "x" dummy_data_param { shape { dim: 2 dim: 3 } } }',
            (2, 3),
        ),
        (
            layer("DummyData", "dummy_data_param { num: 1 channels: 2 height: 3 width: 4 }", (), ("x",)),
            (1, 2, 3, 4),
        ),
    ],
)
def test_shapes(tmp_path: Path, text: str, shape: tuple[int, ...]) -> None:
    graph = import_caffe(write(tmp_path, text + RELU), report=lambda _: None)
    assert graph.inputs == ("x",)
    assert graph.types["x"].shape == shape
    other = import_caffe(write(tmp_path, text + RELU), shapes={"x": (3, 2)}, report=lambda _: None)
    assert other.types["out"].shape == (3, 2)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('input: "x"', "'x'; give it, such as --shape x=1x3x224x224"),
        (
            DATA.format("Data", "transform_param { crop_size: 227 }"),
            "prototxt:1: does not tell the shape of the input 'x'; give it, such as --shape x=1x3x227x227",
        ),
        (DATA.format("HDF5Data", ""), "--shape x=1x3x224x224"),
        ('layer { name: "p" type: "Python" top: "x" python_param { module: "m" } }', "--shape x="),
        ('input: "x" input_dim: 2', "has 1 input but 1 input_dim; each input needs four"),
        (
            'input: "x" input: "y" input_shape { dim: 1 }',
            "has 2 input but 1 input_shape; each input needs one",
        ),
        (
            'input: "x" input_shape { dim: 0 dim: 3 }',
            "the input 'x' cannot have the shape 0x3; give one with --shape",
        ),
        ('input: "x" input_shape { dim: -1 dim: 3 }', "the input 'x' cannot have the shape -1x3"),
        (
            'input: "x" input_shape { dim: 65536 dim: 65536 }',
            "the input 'x' cannot have the shape 65536x65536",
        ),
        ('input: "x" input: "x" input_shape { dim: 1 } input_shape { dim: 1 }', "names an input twice"),
        (
            'input: "x" input_shape { dim: 1 } layer { name: "i" type: "Input" top: "x" }',
            "makes the input 'x', which is there already",
        ),
        (
            layer("Input", "input_param { shape { dim: 1 } shape { } }", (), ("x", "y", "z")),
            "has 3 tops but 2 shapes",
        ),
    ],
)
def test_what_is_missing_or_wrong(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(LpdnnError) as caught:
        import_caffe(write(tmp_path, text + RELU))
    assert sentence in str(caught.value)


def test_a_shape_for_no_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LpdnnError, match="has no input 'data' to give a shape; its inputs: x"):
        import_caffe(write(tmp_path, 'input: "x" input_shape { dim: 1 }' + RELU), shapes={"data": (1,)})


def test_inputs_nobody_reads_are_left_out(tmp_path: Path) -> None:
    text = 'input: "info" input: "x" input_shape { dim: 1 } input_shape { dim: 3 }' + RELU
    assert import_caffe(write(tmp_path, text)).inputs == ("x",)


def test_what_a_data_layer_does_to_the_input_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    text = (
        DATA.format("Data", 'transform_param { crop_size: 9 scale: 0.5 mean_file: "m" force_color: true }')
        + RELU
    )
    import_caffe(write(tmp_path, text), report=told.append)
    assert told == [
        "deploy.prototxt:1: scale 0.5 and a mean of the data layer must be applied to the input beforehand"
    ]
