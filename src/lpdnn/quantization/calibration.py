"""What activations look like over calibration examples: extremes, moments, a histogram of what is not zero."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.quantization.configuration import Histogram, Statistics

if TYPE_CHECKING:
    from lpdnn.ir import Array

PARTS = 4096
"""Parts of the histogram, half of them below zero."""
SAMPLE = 1 << 14
SHOWN = 64
"""Parts of the histogram that is written to the configuration file."""


@dataclass
class Distribution:
    """Numbers seen so far. The range of the histogram doubles, its parts joined in pairs, when they outgrow it.

    Extremes and moments are of all numbers, the histogram of at most SAMPLE of each tensor, evenly taken. A
    number may count more than others there, when errors of it matter more.
    """

    limit: float = 0.0
    counts: Array = field(default_factory=lambda: np.zeros(PARTS))
    zeros: float = 0.0
    sampled: int = 0
    count: int = 0
    total: float = 0.0
    squares: float = 0.0
    least: float = math.inf
    greatest: float = -math.inf

    def add(self, x: Array, weight: Array | None = None) -> None:
        """Take numbers in; `weight`, of x's shape, has what each counts in the histogram: 1 on average."""
        flat = x.ravel(order="K")  # no copy, whatever the layout
        self.count += flat.size
        self.total += float(flat.sum())
        self.squares += float(np.vdot(flat, flat))
        self.least, self.greatest = min(self.least, float(flat.min())), max(self.greatest, float(flat.max()))
        largest = max(abs(self.least), abs(self.greatest))
        step = -(-flat.size // SAMPLE)
        heavy = None if weight is None else weight.ravel(order="K")[::step]
        flat = flat[::step]
        self.sampled += flat.size
        there = flat[flat != 0]
        heavy = None if heavy is None else heavy[flat != 0]
        self.zeros += flat.size - (there.size if heavy is None else float(heavy.sum()))
        if not there.size or not math.isfinite(largest):
            return
        if not self.limit:
            self.limit = 2.0 ** math.ceil(math.log2(largest))
        while largest > self.limit:
            joined = self.counts.reshape(-1, 2).sum(axis=1)
            self.counts = np.concatenate([np.zeros(PARTS // 4), joined, np.zeros(PARTS // 4)])
            self.limit *= 2
        places = (there * np.float32(PARTS / 2 / self.limit) + np.float32(PARTS / 2)).astype(np.int32)
        self.counts += np.bincount(np.clip(places, 0, PARTS - 1), heavy, PARTS)

    @property
    def signal(self) -> float:
        """Mean square."""
        return self.squares / max(self.count, 1)

    @property
    def width(self) -> float:
        """Width of a part of the histogram."""
        return 2 * self.limit / PARTS

    def centres(self) -> Array:
        """Return the middle of each part: f64 [PARTS]."""
        return (np.arange(PARTS) + 0.5) * self.width - self.limit

    def statistics(self) -> Statistics:
        """Return extremes, mean and deviation."""
        mean = self.total / max(self.count, 1)
        sigma = math.sqrt(max(self.signal - mean * mean, 0.0))
        return Statistics(self.least, self.greatest, mean, sigma)

    def histogram(self) -> Histogram:
        """Return a coarse histogram, zeros included."""
        counts = self.counts.copy()
        counts[PARTS // 2] += self.zeros
        shown = counts.reshape(SHOWN, -1).sum(axis=1)
        return Histogram(-self.limit, self.limit, tuple(np.rint(shown).astype(int).tolist()))

    def error(self, scale: float, low: int, high: int) -> float:
        """Return the mean squared error of rounding to the steps low to high of a scale; 0 is one of them."""
        if not self.limit:
            return 0.0
        x = self.centres()
        steps = np.clip(np.rint(x / scale), low, high) * scale
        inside = (x > (low - 0.5) * scale) & (x < (high + 0.5) * scale)
        fine = scale * scale / 12 if scale < 2 * self.width else (x - steps) ** 2
        errors = np.where(inside, fine, (x - steps) ** 2)
        return float(self.counts @ errors) / max(self.sampled, 1)


def distribution(x: Array) -> Distribution:
    """Return the distribution of one tensor."""
    found = Distribution()
    found.add(x)
    return found
