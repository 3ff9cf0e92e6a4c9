"""The processor that this program runs on."""

from __future__ import annotations

import ctypes
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


ARCH_PRCTL, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA = 158, 0x1023, 18
"""A system call of x86-64, and what it asks for: arch/x86/include/uapi/asm/prctl.h of Linux, since 5.16."""


@cache
def tiles_allowed() -> bool:
    """Return whether the processor has AMX for integers, and Linux lets a process like this one use it."""
    if not {"amx_tile", "amx_int8"} <= cpu_features():
        return False
    return bool(ctypes.CDLL(None).syscall(ARCH_PRCTL, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0)
