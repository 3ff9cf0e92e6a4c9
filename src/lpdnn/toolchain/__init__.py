"""Compile, link, run."""

from lpdnn.toolchain.program import Program, build

__all__ = ["Program", "build"]
