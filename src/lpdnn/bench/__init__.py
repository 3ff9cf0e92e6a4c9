"""Measurements: kernels one by one, against what the core could do."""
