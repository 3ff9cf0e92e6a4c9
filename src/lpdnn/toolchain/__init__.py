"""Compile, link, run, verify."""

from lpdnn.toolchain.program import Program, build
from lpdnn.toolchain.verification import LayerCheck, Verification

__all__ = ["LayerCheck", "Program", "Verification", "build"]
