"""Weights lie as vector kernels need them, in every form."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.codegen.model import model_source
from lpdnn.compiler import lower
from lpdnn.ir import GraphBuilder, TensorType
from lpdnn.ops.conv2d import Conv2d
from lpdnn.targets import find

if TYPE_CHECKING:
    from lpdnn.planning import Plan


def _plan(alignment: int) -> Plan:
    net = GraphBuilder("net")
    net.input("x", TensorType((1, 3, 4, 4)))
    weight = net.constant("w", np.ones((2, 3, 1, 1), np.float32))
    bias = net.constant("b", np.ones(2, np.float32))
    net.apply(Conv2d(), "x", weight, bias, name="y")
    return replace(lower(net.finish(("y",)), find("cortex-m4")), alignment=alignment)


def test_arrays_of_weights_are_aligned_for_vectors() -> None:
    for form in ("c", "hdf5"):
        lines = model_source(_plan(64), "lpdnn", form, 0).splitlines()
        arrays = [line for line in lines if re.search(r"static (const )?float", line)]
        assert len(arrays) == 2
        assert all(line.startswith("LPDNN_ALIGNED(64) static") for line in arrays)


def test_arrays_of_weights_are_plain_c_without_vectors() -> None:
    assert "LPDNN_ALIGNED" not in model_source(_plan(4), "lpdnn", "c", 0)
