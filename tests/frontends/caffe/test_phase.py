"""Which layers a train_val file leaves for inference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caffe_files import layer, network, write
from lpdnn.frontends.caffe import import_caffe
from lpdnn.ir import LpdnnError
from lpdnn.ops.softmax import Softmax
from shared_data import shared

if TYPE_CHECKING:
    from pathlib import Path


def nodes(folder: Path, text: str, **shapes: tuple[int, ...]) -> list[str]:
    return [n.name for n in import_caffe(write(folder, text), fill="random", shapes=shapes).nodes]


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("include { phase: TEST }", True),
        ("include { phase: TRAIN }", False),
        ("exclude { phase: TEST }", False),
        ("exclude { phase: TRAIN }", True),
        ("include { phase: TRAIN } include { phase: TEST }", True),
        ("include { min_level: 1 }", False),
        ("include { max_level: 0 }", True),
        ('include { stage: "deploy" }', False),
        ('include { not_stage: "deploy" }', True),
        ('include { phase: TEST stage: "deploy" }', False),
    ],
)
def test_rules(tmp_path: Path, rule: str, *, kept: bool) -> None:
    text = network((1, 2), layers=layer("ReLU", top=("a",)) + layer("TanH", rule, top=("b",)))
    assert ("b" in nodes(tmp_path, text)) == kept


def test_the_state_of_the_file_counts(tmp_path: Path) -> None:
    text = 'state { level: 2 stage: "deploy" }' + network(
        (1, 2), layers=layer("TanH", 'include { min_level: 2 stage: "deploy" }')
    )
    assert nodes(tmp_path, text) == ["out"]


def test_include_and_exclude_at_once_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LpdnnError, match=r"deploy.prototxt:3: has include and exclude rules"):
        nodes(tmp_path, network((1, 2), layers=layer("TanH", "include { } exclude { }")))


LABELLED = layer("Data", "transform_param { crop_size: 8 mean_value: [1, 2] }", (), ("x", "label"))


def test_softmax_with_loss_is_a_softmax(tmp_path: Path) -> None:
    text = LABELLED + layer(
        "SoftmaxWithLoss", "softmax_param { axis: 2 }", bottom=("x", "label"), top=("loss",)
    )
    graph = import_caffe(write(tmp_path, text))
    assert [(n.name, n.op, n.outputs) for n in graph.nodes] == [("loss", Softmax(axis=2), ("loss",))]
    assert graph.inputs == ("x",)
    assert graph.types["x"].shape == (1, 2, 8, 8)


def test_a_second_top_of_the_loss_is_the_softmax(tmp_path: Path) -> None:
    text = LABELLED + layer("SoftmaxWithLoss", bottom=("x", "label"), top=("loss", "prob"))
    assert import_caffe(write(tmp_path, text)).outputs == ("prob",)
    text = LABELLED + 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "x" bottom: "label" }'
    assert import_caffe(write(tmp_path, text)).outputs == ("loss",)


def test_losses_go_and_with_them_what_makes_their_labels(tmp_path: Path) -> None:
    text = (
        LABELLED
        + layer("TanH", top=("out",))
        + layer("Slice", "slice_param { axis: 1 }", bottom=("label",), top=("l0", "l1"))
        + layer("EuclideanLoss", bottom=("out", "l0"), top=("e",))
        + layer("Accuracy", bottom=("out", "l1"), top=("a",))
    )
    graph = import_caffe(write(tmp_path, text))
    assert (graph.inputs, graph.outputs, len(graph.nodes)) == (("x",), ("out",), 1)


def test_a_measurement_that_is_read_stays_and_is_told(tmp_path: Path) -> None:
    text = LABELLED + layer("Accuracy", bottom=("x", "label"), top=("a",)) + layer("TanH", bottom=("a",))
    with pytest.raises(LpdnnError, match=r"'label'"):
        import_caffe(write(tmp_path, text))
    with pytest.raises(LpdnnError, match=r"(?s)1 layer is not supported.*\ba +Accuracy"):
        import_caffe(write(tmp_path, text), shapes={"label": (1,)})


@pytest.mark.parametrize("name", ["cifar10_quick", "cifar10_full"])
def test_train_val_and_deploy_files_are_the_same_network(name: str) -> None:
    folder = shared("models/cifar10_bvlc")
    weights = next(folder.glob(f"{name}_iter*"))
    deploy = import_caffe(folder / f"{name}.prototxt", weights)
    if not (folder / f"{name}_train_test.prototxt").exists():
        return
    trained = import_caffe(folder / f"{name}_train_test.prototxt", weights, shapes={"data": (1, 3, 32, 32)})
    assert [n.op for n in trained.nodes] == [n.op for n in deploy.nodes]
