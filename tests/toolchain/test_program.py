"""Programs are made of what their bundles hold now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import lpdnn
from lpdnn.ir import GraphBuilder, TensorType
from lpdnn.ops.scale import Scale

if TYPE_CHECKING:
    from pathlib import Path


def _twice(factor: float) -> lpdnn.Graph:
    builder = GraphBuilder("net")
    builder.input("x", TensorType((1, 2)))
    builder.constant("w", np.full(2, factor, np.float32))
    return builder.finish([builder.apply(Scale(axis=1), "x", "w", name="y")])


@pytest.mark.parametrize("form", ["c", "binary", "file", "hdf5"])
def test_other_weights_make_another_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: lpdnn.codegen.Form
) -> None:
    monkeypatch.setenv("LPDNN_CACHE", str(tmp_path / "cache"))
    x = np.ones((1, 2), np.float32)
    for factor in (2.0, 3.0, 2.0):
        exe = lpdnn.build(_twice(factor), weights=form, folder=tmp_path / "bundle")
        assert exe(x).tolist() == [[factor, factor]]


def test_weights_may_be_arrays_that_are_written_into(tmp_path: Path) -> None:
    bundle = lpdnn.generate(_twice(2.0), tmp_path / "bundle", weights="file")
    weights = np.full(2, 5, np.float32)
    exe = lpdnn.Program.load(bundle, [weights])
    x = np.ones((1, 2), np.float32)
    assert exe(x).tolist() == [[5, 5]]
    weights[1] = 7
    assert exe(x).tolist() == [[5, 7]]


def test_steps_show_what_each_wrote() -> None:
    exe = lpdnn.build(_twice(3.0))
    (written,) = list(exe.steps(np.ones((1, 2), np.float32)))
    assert written["y"].tolist() == [[3, 3]]
    assert exe.trace(np.ones((1, 2), np.float32))["y"].tolist() == [[3, 3]]
