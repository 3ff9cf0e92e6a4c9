"""Measurements: kernels, layers and networks; cost tables and reports."""

from lpdnn.bench.tune import tune

__all__ = ["tune"]
