"""Where the models and data lie that tests use and the project does not hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("LPDNN_SHARED", ROOT.parent / "shared"))


def shared(relative: str) -> Path:
    """Return a file or folder of the shared data; skip the test where it is missing."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"{path} is missing; set LPDNN_SHARED to the folder of shared models and data")
    return path
