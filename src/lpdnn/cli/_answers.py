"""What a network says of its inputs: the likeliest classes, the surest boxes, or just numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lpdnn.cli._console import bar, show, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.bar import Bar

    from lpdnn.cli._samples import Batch, Size
    from lpdnn.ir import Array

Window = Callable[["Size"], tuple[float, float, float, float]]
"""Top, left, height and width of what the network sees of a photo of a size."""


@dataclass(frozen=True)
class Reader:
    """How outputs are read: which are boxes, what classes are called, how many answers are wanted."""

    boxes: frozenset[str]
    labels: Sequence[str]
    top: int
    window: Window

    def answers(self, name: str, output: Array, batch: Batch, places: int) -> list[dict[str, Any]]:
        """Return, for every sample of a batch, what an output says of it."""
        if name in self.boxes:
            rows = output.reshape(-1, 7)
            return [
                {"boxes": self._boxes(rows[rows[:, 0] == index], size)}
                for index, size in enumerate(batch.sizes)
            ]
        if output.ndim > 1 and output.shape[0] == places:
            return [self._classes(row) for row in output[: len(batch.titles)]]
        return [_numbers(output)] * len(batch.titles)

    def _classes(self, output: Array) -> dict[str, Any]:
        if sum(extent > 1 for extent in output.shape) != 1:
            return _numbers(output)
        scores = output.ravel()
        best = np.argsort(-scores, kind="stable")[: self.top]
        return {"classes": [{**self._name(int(i)), "score": float(scores[i])} for i in best]}

    def _boxes(self, rows: Array, size: Size | None) -> list[dict[str, Any]]:
        top, left, height, width = self.window(size) if size else (0.0, 0.0, 1.0, 1.0)
        surest = rows[np.argsort(-rows[:, 2], kind="stable")][: self.top]
        corners = surest[:, 3:] * [width, height, width, height] + [left, top, left, top]
        return [
            {**self._name(int(row[1])), "score": float(row[2]), "box": box}
            for row, box in zip(surest, corners.tolist(), strict=True)
        ]

    def _name(self, index: int) -> dict[str, Any]:
        known = 0 <= index < len(self.labels)
        return {"class": index, "label": self.labels[index] if known else f"class {index}"}


def _numbers(output: Array) -> dict[str, Any]:
    return {
        "shape": list(output.shape),
        "least": float(output.min()),
        "greatest": float(output.max()),
        "mean": float(output.mean(dtype=np.float64)),
    }


def show_answers(report: Sequence[dict[str, Any]]) -> None:
    """Print what every input's outputs say, one table for each kind of answer."""
    classes: list[tuple[Any, ...]] = []
    boxes: list[tuple[Any, ...]] = []
    numbers: list[tuple[Any, ...]] = []
    for entry in report:
        for name, answer in entry["outputs"].items():
            batch = f" (batch of {entry['batch']})" if entry["batch"] > 1 else ""
            title = f"{entry['input']}: {name}" if len(entry["outputs"]) > 1 else entry["input"]
            first = (title, f"{entry['ms']:.1f} ms{batch}")
            for row in answer.get("classes", ()):
                scores = [row["score"] for row in answer["classes"]]
                classes.append((*first, row["label"], f"{row['score']:.4f}", _bar(row["score"], scores)))
                first = ("", "")
            for row in answer.get("boxes", ()):
                corners = "  ".join(f"{value:.1f}" for value in row["box"])
                scores = [row["score"] for row in answer["boxes"]]
                score = f"{row['score']:.4f}"
                boxes.append((*first, row["label"], corners, score, _bar(row["score"], scores)))
                first = ("", "")
            if "boxes" in answer and not answer["boxes"]:
                boxes.append((*first, "nothing", "", "", ""))
            if "shape" in answer:
                extents = "x".join(map(str, answer["shape"]))
                values = (f"{answer[key]:.6g}" for key in ("least", "greatest", "mean"))
                numbers.append((*first, extents, *values))
    if classes:
        show(table("input", "time", "answer", "score", "", rows=classes, right=(1, 3)))
    if boxes:
        columns = ("input", "time", "answer", "left  top  right  bottom", "score", "")
        show(table(*columns, rows=boxes, right=(1, 4)))
    if numbers:
        columns = ("input", "time", "shape", "least", "greatest", "mean")
        show(table(*columns, rows=numbers, right=(1, 3, 4, 5)))


def _bar(score: float, scores: Sequence[float]) -> Bar:
    """Return a bar: the score itself where all are within 0 and 1, else its part of the greatest."""
    full = 1.0 if all(0 <= s <= 1 for s in scores) else max(scores)
    return bar(score / full if full > 0 and np.isfinite(full) and score > 0 else 0.0)
