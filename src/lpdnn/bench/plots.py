"""Plots of measurements, where matplotlib is."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def pyplot() -> Any:
    """Return matplotlib, drawing into files; LpdnnError says how to get it."""
    try:
        import matplotlib as mpl  # noqa: PLC0415  # it is an extra
    except ImportError:
        message = 'plots need matplotlib: pip install "lpdnn[plots]" (or pip install matplotlib)'
        raise LpdnnError(message) from None
    mpl.use("Agg")
    # The same figures give the same file: no date, no random identifiers.
    mpl.rcParams["svg.hashsalt"] = "lpdnn"
    from matplotlib import pyplot as plt  # noqa: PLC0415

    return plt


def front_plot(title: str, points: Sequence[tuple[int, float]], file: IO[bytes]) -> None:
    """Draw the front of time against memory."""
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(7, 4))
    axes.step([b / 1024 for b, _ in points], [s * 1e3 for _, s in points], where="post", marker="o")
    axes.set(title=title, xlabel="memory [KiB]", ylabel="time [ms]")
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
    plt.close(figure)


def bars_plot(
    title: str,
    ylabel: str,
    names: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    file: IO[bytes],
    *,
    logarithmic: bool = False,
) -> None:
    """Draw a group of bars for each name, one bar a series; None leaves a gap."""
    plt = pyplot()
    wide = max(8.0, 0.12 * len(names) * (len(series) + 1))
    figure, axes = plt.subplots(figsize=(min(wide, 40), 4.5))
    width = 0.85 / max(len(series), 1)
    for number, (name, values) in enumerate(series.items()):
        places = [place - 0.425 + (number + 0.5) * width for place in range(len(names))]
        axes.bar(places, [0.0 if v is None else v for v in values], width, label=name)
    axes.set(title=title, ylabel=f"{ylabel} (logarithmic)" if logarithmic else ylabel)
    if logarithmic:
        axes.set_yscale("log")
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=7)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    figure.tight_layout()
    figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
    plt.close(figure)


def scores_plot(
    title: str,
    xlabel: str,
    ylabel: str,
    groups: Mapping[str, Sequence[tuple[float, float]]],
    front: Sequence[tuple[float, float]],
    file: IO[bytes],
) -> None:
    """Draw points (size, score) by who proposed them, and the line of those that nothing smaller beats."""
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(7, 4.5))
    for name, points in groups.items():
        axes.scatter([x for x, _ in points], [y for _, y in points], s=18, label=name)
    best: list[tuple[float, float]] = []
    for x, y in sorted(front, key=lambda point: (point[0], -point[1])):
        if not best or y > best[-1][1]:
            best.append((x, y))
    axes.step(
        [x for x, _ in best], [y for _, y in best], where="post", color="black", linewidth=1, label="front"
    )
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    figure.tight_layout()
    figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
    plt.close(figure)
