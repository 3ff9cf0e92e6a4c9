"""The page of evaluation/quantization.py: what was measured, as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from quantization import Study


def page(studies: Sequence[Study], asked: Mapping[str, int]) -> str:
    """Return what was measured as Markdown; `asked` are the variables that said how many examples."""
    said = " ".join(f"{name}={value}" for name, value in asked.items())
    lines = [
        "# Quantized networks over labelled data, simulated",
        "",
        f"Made by `{said}",
        "python evaluation/quantization.py > docs/evaluation/quantization.md`. A simulation rounds the",
        "weights, and every activation to its format's grid, in a floating-point program: see",
        "[quantization](../quantization.md). Everything is chosen by 100 examples of calibration; scores are of",
        "others. Those of ImageNet are of `imagenet_sample_1000`, which look like training images. The command goes",
        "on from what it kept of earlier runs; `--again` begins anew.",
        "",
        "## int8",
        "Scales a filter for weights, a scale and a zero point for activations; top-1, what is lost in points. Steps",
        "are those that made less noise over the calibration examples. `built` is the program of integers, in C,",
        "over the same: how often its best class is that of float, and its noise and that of the simulation (divergence",
        "of the answers from those of float in nats; where they are no probabilities, squared error by their variance).",
        "",
        "| network | examples | float | int8 | lost | built | lost | agrees | noise | simulated | steps |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for study in studies:
        if "int8" in study.found:
            one = study.found["int8"]
            taken = ", ".join(step for step, on in one["steps"].items() if on) or "none"
            lost, lost_in_c = (100 * (one["float"] - one[which]) for which in ("score", "built"))
            lines.append(
                f"| {study.name} | {one['examples']} | {one['float']:.2%} | {one['score']:.2%} "
                f"| {lost:.2f} | {one['built']:.2%} | {lost_in_c:.2f} | {one['agreement']:.2%} "
                f"| {one['built_noise']:.4f} | {_noise(one):.4f} | {taken} |"
            )
    lines += _fixed_lines(studies)
    for study in studies:
        lines += _ladder_lines(study)
    for study in studies:
        lines += _mixed_lines(study)
    return "\n".join(lines)


def _noise(one: Mapping[str, Any]) -> float:
    """Return the noise with all steps that were kept."""
    kept = [rung["noise"] for rung in one["ladder"] if rung["kept"]]
    return float(kept[-1])


def _fixed_lines(studies: Sequence[Study]) -> list[str]:
    lines = [
        "",
        "## 16-bit fixed point",
        "An [IL.FL] for each activation; of weights, one for each tensor, or one for each filter; no step. How often",
        "the best class is that of float.",
        "",
        "| network | examples | one a tensor | one a filter |",
        "|---|---|---|---|",
    ]
    rows = [
        f"| {study.name} | {one['examples']} | {one['tensor']:.2%} | {one['score']:.2%} |"
        for study in studies
        for one in [study.found.get("fixed16")]
        if one
    ]
    least = min(
        (study.found["fixed16"]["score"] for study in studies if "fixed16" in study.found), default=0.0
    )
    advice = (
        f"One a filter (`--bits 16 --method DC`) agrees on {least:.2%} at least, and costs little: take that."
    )
    return [*lines, *rows, "", advice] if rows else []


def _ladder_lines(study: Study) -> list[str]:
    lines: list[str] = []
    for key, title in (("per_layer", "one scale a layer"), ("int8", "a scale a filter")):
        if study.network.ladder and key in study.found:
            one = study.found[key]
            lines += [
                "",
                f"## {study.name}, int8, {title}: what each step gains",
                "Noise is the divergence of the answers from those of float, in nats.",
                "",
                "| step | top-1 | noise | noise over calibration | |",
                "|---|---|---|---|---|",
                f"| float | {one['float']:.2%} | 0 | 0 | |",
            ]
            for rung in one["ladder"]:
                step = rung["step"]
                name = {"none": "nearest, no clipping"}.get(step, step if " " in step else f"+ {step}")
                note = "" if rung["kept"] else "left out"
                noises = f"{rung['noise']:.4f} | {rung['calibration_noise']:.4f}"
                lines.append(f"| {name} | {rung['score']:.2%} | {noises} | {note} |")
    return lines


def _matched(points: Sequence[Mapping[str, Any]]) -> str:
    """Tell how many uniform choices others match or beat within their bytes."""
    uniform = [one for one in points if one["origin"] == "uniform"]
    others = [one for one in points if one["origin"] != "uniform"]

    def matched(better: Callable[[Mapping[str, Any], Mapping[str, Any]], bool]) -> int:
        return sum(
            any(other["model"] <= one["model"] and better(other, one) for other in others) for one in uniform
        )

    by_score = matched(lambda other, one: other["score"] >= one["score"])
    by_noise = matched(lambda other, one: other["noise"] <= one["noise"])
    return (
        f"Of {len(uniform)} uniform choices, others of no more bytes reach the top-1 of {by_score}, and make "
        f"no more noise than {by_noise}."
    )


def _mixed_lines(study: Study) -> list[str]:
    if "mixed" not in study.found:
        return []
    one = study.found["mixed"]
    told: list[str] = []
    lines = [
        "",
        f"## {study.name}, mixed widths",
        "Weights with a scale for each filter: integers (PC) or a codebook (KC), rounded with feedback, biases",
        "corrected; activations of 8 bits. Bits are those of the whole model, tables, scales and biases included,",
        "by its",
        f"{one['count']:,} numbers; bytes are counted.",
        f"Over {one['examples']} examples; float: {one['float']:.2%}. {_matched(one['points'])}",
        "",
        "| proposed by | top-1 | lost, points | noise | bits a weight | model bytes | layers by width |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in one["others"]:
        lost, lost_of_all = (100 * (row[f"float{over}"] - row[f"score{over}"]) for over in ("", "_of_all"))
        told.append(
            f"- {row['why']}, {row['bits']:.2f}: {row['score']:.2%} over {row['examples']} others, {lost:.2f} points "
            f"less than float; {row['score_of_all']:.2%} over all, {lost_of_all:.2f} less"
        )
    for point in sorted(one["points"], key=lambda point: point["model"]):
        share = ", ".join(f"{count} {label}" for label, count in point["share"].items())
        mark = "**" if point["front"] else ""
        lines.append(
            f"| {point['origin']} | {mark}{point['score']:.2%}{mark} | {100 * (one['float'] - point['score']):.2f} "
            f"| {point['noise']:.4f} | {point['bits']:.2f} | {point['model']:,} | {share} |"
        )
    return (
        [*lines, "", "Over examples by which nothing was picked, by bits a weight:", "", *told]
        if told
        else lines
    )
