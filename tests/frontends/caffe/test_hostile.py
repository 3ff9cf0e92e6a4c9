"""Whatever stands in the files: a network, or one LpdnnError."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caffe_files import layer, network, write
from lpdnn.frontends.caffe import import_caffe
from lpdnn.ir import Graph, LpdnnError
from shared_data import shared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
EXTREMES = [
    "0",
    "-1",
    "1e38",
    "nan",
    "inf",
    "4294967295",
    "-2147483648",
    "9223372036854775807",
    '"x"',
    "true",
    "{}",
    "MAX",
]
NET = network(
    (1, 4, 8, 9),
    (1, 3, 80, 90),
    layers=layer(
        "Convolution", "convolution_param { num_output: 4 kernel_size: 3 pad: 1 group: 2 }", top=("a",)
    )
    + layer("BatchNorm", "batch_norm_param { eps: 0.001 }", ("a",), ("a",), "bn")
    + layer("Pooling", "pooling_param { pool: AVE kernel_size: 3 stride: 2 }", ("a",), ("b",))
    + layer("PriorBox", "prior_box_param { min_size: 9 aspect_ratio: 2 variance: 0.1 }", ("b", "y"), ("p",))
    + layer("Reshape", "reshape_param { shape { dim: 0 dim: -1 dim: 2 } }", ("b",), ("r",))
    + layer("Slice", "slice_param { axis: 1 slice_point: 3 }", ("r",), ("s", "t"))
    + layer("Interp", "interp_param { zoom_factor: 2 }", ("b",), ("u",))
    + layer("InnerProduct", "inner_product_param { num_output: 5 axis: 1 }", ("t",), ("i",))
    + layer("Softmax", "softmax_param { axis: 1 }", ("i",)),
)


def attempt(model: Path, weights: Path | None = None) -> Graph | None:
    """Import; anything but a graph or one printable LpdnnError of bearable length fails the test."""
    try:
        return import_caffe(model, weights, report=lambda _: None)
    except LpdnnError as error:
        text = str(error)
        assert text
        assert len(text) < 1000
        assert text.replace("\n", "").isprintable()
        return None


def test_truncated_text(tmp_path: Path) -> None:
    assert all(attempt(write(tmp_path, NET[:length])) is None for length in range(0, len(NET), 7))


def test_truncated_binary(tmp_path: Path) -> None:
    folder = shared("models/opencv_caffe_layer_vectors")
    model, whole = (
        folder / "layer_inner_product.prototxt",
        (folder / "layer_inner_product.caffemodel").read_bytes(),
    )
    assert attempt(model, folder / "layer_inner_product.caffemodel") is not None
    path = tmp_path / "w.caffemodel"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert attempt(model, path) is None
        assert attempt(path) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"12345678",
        bytes(8),
        b"\xff" * 8,
        b"\x89HDF\r\n\x1a\n",
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    ],
)
def test_tiny_files(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "w.caffemodel"
    path.write_bytes(data)
    assert attempt(path) is None
    assert attempt(write(tmp_path, NET), path) is None


@pytest.mark.parametrize("name", ['a"b', "*/ #error /*", "a\x00b", "\x1b[31m"])
def test_names_that_are_none_are_refused(tmp_path: Path, name: str) -> None:
    escaped = "".join(f"\\{byte:03o}" for byte in name.encode())
    for bad in (layer("ReLU", top=(escaped,)), layer("ReLU", name=escaped), layer("ReLU", bottom=(escaped,))):
        assert attempt(write(tmp_path, network((1, 2), layers=bad))) is None


@pytest.mark.parametrize("name", ["../../etc/passwd", "%s%n", "x" * 100_000, "\u202e", ""])
def test_names_are_only_names(tmp_path: Path, name: str) -> None:
    escaped = "".join(f"\\{byte:03o}" for byte in name.encode())
    good = network((1, 2), layers=layer("ReLU", top=(escaped,), name=escaped))
    graph = attempt(write(tmp_path, good))
    assert graph is not None
    assert graph.outputs == (name,)
    for bad in (layer("ReLU", bottom=(escaped + "?",), name=escaped), layer(escaped, name=escaped)):
        assert attempt(write(tmp_path, network((1, 2), layers=bad))) is None


def test_deep_files(tmp_path: Path) -> None:
    for text in ("layer {" * 50_000, "layer {" * 50_000 + "}" * 50_000, "a: [" * 50_000):
        assert attempt(write(tmp_path, text)) is None


@QUICK
@given(st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(EXTREMES)), min_size=1, max_size=3))
def test_changed_words(tmp_path: Path, changes: Sequence[tuple[int, str]]) -> None:
    words = NET.split(" ")
    for position, word in changes:
        words[position % len(words)] = word
    attempt(write(tmp_path, " ".join(words)))


@QUICK
@given(st.integers(0, 10_000), st.integers(0, 10_000), st.text(max_size=3))
def test_changed_text(tmp_path: Path, begin: int, size: int, text: str) -> None:
    begin %= len(NET)
    changed = NET[:begin] + text + NET[begin + size % 40 :]
    (tmp_path / "deploy.prototxt").write_bytes(changed.encode("utf-8", "surrogatepass"))
    attempt(tmp_path / "deploy.prototxt")


@QUICK
@given(
    st.sampled_from(["caffemodel", "h5"]),
    st.lists(
        st.tuples(st.integers(0, 10**6), st.integers(0, 3), st.binary(max_size=4)), min_size=1, max_size=4
    ),
)
def test_changed_weights(tmp_path: Path, kind: str, changes: Sequence[tuple[int, int, bytes]]) -> None:
    if kind == "h5":
        folder = shared("models/cifar10_arm_cmsisnn")
        model, whole = folder / "cifar10_m4_deploy.prototxt", next(folder.glob("cifar10_m4*.h5")).read_bytes()
    else:
        folder = shared("models/opencv_caffe_layer_vectors")
        model, whole = (
            folder / "layer_inner_product.prototxt",
            (folder / "layer_inner_product.caffemodel").read_bytes(),
        )
    data = bytearray(whole)
    for position, removed, inserted in changes:
        place = position % (len(data) if position % 2 else 200)
        data[place : place + removed] = inserted
    path = tmp_path / "w"
    path.write_bytes(data)
    attempt(model, path)
    attempt(path)
