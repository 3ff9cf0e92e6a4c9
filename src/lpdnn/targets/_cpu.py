"""The processor that this program runs on."""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path


@cache
def cpu_features() -> frozenset[str]:
    """Return what Linux says of the processor, and its architecture; elsewhere only the latter."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    flags = next((line.partition(":")[2] for line in lines if line.startswith("flags")), "")
    return frozenset((platform.machine(), *flags.split()))
