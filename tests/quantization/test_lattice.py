"""Fixed-point networks of Arm's quantizer: lattices, shifts, and the integers that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import lpdnn
from cli.commands import lpdnn as command
from lpdnn.interpreter import interpret
from lpdnn.ir import GraphBuilder, TensorType
from lpdnn.ops.activation import Activation, ActivationFunction
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.pool import Pool
from lpdnn.ops.softmax import Softmax
from lpdnn.quantization import lattice, on_lattices, quantized, read_shifts
from shared_data import shared

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.ir import Graph

HEADER = """#define CONV1_OUT_CH 2
#define DATA_RSHIFT 0
#define CONV1_BIAS_LSHIFT 1
#define CONV1_OUT_RSHIFT 5
#define IP1_BIAS_LSHIFT 0
#define IP1_OUT_RSHIFT (6)
"""


@pytest.mark.parametrize("fl", [-3, 0, 7, 11, 40])
def test_a_lattice_is_found(fl: int) -> None:
    steps = np.array([-128, 3, 0, 127])
    found = lattice(np.ldexp(steps, -fl).astype(np.float32))
    assert found is not None
    assert (found.il, found.fl, found.bits) == (8 - fl, fl, 8)
    assert found.integers(np.ldexp(steps, -fl)).tolist() == steps.tolist()


@pytest.mark.parametrize("numbers", [[1.0, 1 / 256], [128.0, 1.0], [0.1], [np.inf, 1.0]])
def test_what_needs_more_bits_has_no_lattice(numbers: list[float]) -> None:
    assert lattice(np.array(numbers, np.float32)) is None


def network() -> Graph:
    """Return a network whose weights are multiples of 2^-5 and 2^-6."""
    rng = np.random.default_rng(2)
    builder = GraphBuilder("arm")
    x = builder.input("data", TensorType((1, 3, 6, 6)))
    weights = {
        "w": np.ldexp(rng.integers(-128, 128, (2, 3, 3, 3)), -5),
        "b": np.ldexp(rng.integers(-64, 64, 2), -4),
        "v": np.ldexp(rng.integers(-128, 128, (4, 8)), -6),
    }
    for name, array in weights.items():
        builder.constant(name, array.astype(np.float32))
    a = builder.apply(Conv2d(), x, "w", "b", name="conv1")
    b = builder.apply(Activation(ActivationFunction("relu")), a, name="relu1")
    c = builder.apply(Pool("max", (2, 2), (2, 2)), b, name="pool1")
    d = builder.apply(FullyConnected(), c, "v", name="ip1")
    return builder.finish([builder.apply(Softmax(), d, name="prob")])


def test_formats_are_those_of_the_shifts(tmp_path: Path) -> None:
    header = tmp_path / "parameter.h"
    header.write_text(HEADER)
    graph = network()
    lowered = quantized(graph, on_lattices(graph, read_shifts(header), "parameter.h"), integers_outside=True)
    assert lowered.notes == ()
    lengths = {value: known.lengths("s8") for value, known in lowered.graph.formats.items()}
    assert lengths["data"] == (8, 0)
    assert lengths["conv1"] == lengths["pool1"] == (8, 0)  # 0 + 5 - 5
    assert lengths["ip1"] == (8, 0)  # 0 + 6 - 6
    assert lengths["prob"] == (1, 7)
    x = np.random.default_rng(3).integers(-128, 128, (1, 3, 6, 6)).astype(np.int8)
    wanted = interpret(graph, {"data": x.astype(np.float32)})["conv1"]
    got = interpret(lowered.graph, {"data": x})["conv1"]
    whole = np.trunc(wanted + np.copysign(0.5, wanted))
    assert np.array_equal(got, np.clip(whole, -128, 127))


def test_what_does_not_fit_together_is_refused(tmp_path: Path) -> None:
    header = tmp_path / "parameter.h"
    cases = {
        "defines no DATA_RSHIFT": HEADER.replace("DATA_RSHIFT", "RSHIFT"),
        "CONV1_OUT_RSHIFT is 99; sums of 32 bits": HEADER.replace("OUT_RSHIFT 5", "OUT_RSHIFT 99"),
        "has no IP1_OUT_RSHIFT, for layer 'ip1'": HEADER.replace("IP1_OUT", "IP2_OUT"),
    }
    for sentence, text in cases.items():
        header.write_text(text)
        with pytest.raises(lpdnn.LpdnnError, match=sentence):
            on_lattices(network(), read_shifts(header), str(header))
    header.write_text(HEADER)
    graph = network()
    graph.constants["w"][0, 0, 0, 0] = 0.1
    with pytest.raises(
        lpdnn.LpdnnError, match="layer 'conv1': its weights are no multiples of one power of two"
    ):
        on_lattices(graph, read_shifts(header), str(header))


def test_arm_s_network_is_imported_and_right(tmp_path: Path) -> None:
    folder = shared("models/cifar10_arm_cmsisnn")
    images = shared("data/cifar10_test")
    output = tmp_path / "m4.lpdnn"
    weights = folder / "quantized_cifar10_m4_iter_70000.caffemodel"
    arguments = [folder / "cifar10_m4_deploy.prototxt", weights, "--shifts", folder / "code_m4_parameter.h"]
    done = command("import", *arguments, "-o", output)
    assert done.exit_code == 0, done.output
    assert "floating point" not in done.output
    graph = lpdnn.load(output)
    program = lpdnn.build(graph)
    mean = np.fromfile(images / "train_mean_chw_rgb_f32.bin", np.float32).reshape(1, 3, 32, 32)
    raw = np.frombuffer((images / "test_first2000.bin").read_bytes(), np.uint8).reshape(-1, 3073)[:300]
    right = sum(
        int(np.argmax(program(row[1:].reshape(1, 3, 32, 32).astype(np.float32) - mean)) == row[0])
        for row in raw
    )
    assert right > 300 * 0.76
