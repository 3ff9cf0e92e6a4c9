"""Cores that estimates know: told apart by what CPUs say of themselves, and in order."""

from __future__ import annotations

import pytest

from lpdnn.targets import discover
from lpdnn.targets.core import ANY, CORES, core_of


@pytest.mark.parametrize(
    ("vendor", "family", "model", "name"),
    [
        ("AuthenticAMD", 25, 17, "AMD Zen 4"),
        ("AuthenticAMD", 25, 0x21, "AMD Zen 3"),
        ("AuthenticAMD", 23, 0x31, "AMD Zen 2"),
        ("GenuineIntel", 6, 0x8F, "Intel Xeon with two units of AVX-512"),
        ("GenuineIntel", 6, 0x3C, ANY.name),
        ("Nobody", 0, 0, ANY.name),
    ],
)
def test_a_cpu_has_the_first_core_with_its_model(vendor: str, family: int, model: int, name: str) -> None:
    assert core_of(vendor, family, model).name == name


def test_halves_of_a_vector_are_no_faster_than_the_half_as_wide() -> None:
    zen4, xeon = core_of("AuthenticAMD", 25, 17), core_of("GenuineIntel", 6, 0x55)
    assert zen4.rate(16) == zen4.rate(8) == 2 * zen4.rate(4)
    assert xeon.rate(16) == 2 * xeon.rate(8)


def test_bytes_come_from_the_first_level_that_holds_them() -> None:
    for core in (ANY, *CORES):
        speeds = [100 / core.moving(100, held) for held, _ in core.levels]
        assert speeds == sorted(speeds, reverse=True)
        assert speeds[0] > 2 * speeds[-1]


def test_what_is_built_for_other_computers_does_not_depend_on_this_one() -> None:
    assert all(board.core is ANY for name, board in discover().items() if name != "native")
