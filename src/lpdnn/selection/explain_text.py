"""An explanation as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lpdnn.selection.explain import ConversionStory, Explanation, NodeStory, Rival


def duration(seconds: float | None) -> str:
    """Return a time in a unit that suits it."""
    if seconds is None:
        return "-"
    if seconds == 0:
        return "0"
    if seconds != seconds or seconds == float("inf"):  # noqa: PLR0124  # NaN is what is not itself
        return "-"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size * 0.9995:  # so that nothing is rounded to 1000 of a smaller unit
            return f"{seconds / size:.3g} {unit}" if seconds < 999.5 else f"{seconds:.0f} s"
    return f"{seconds / 1e-9:.3g} ns"


def off(story: NodeStory | ConversionStory) -> str:
    """Return by how much a run took more or less than was predicted."""
    if story.ran is None or not story.seconds:
        return "-"
    return f"{story.ran / story.seconds - 1:+.0%}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table; columns of numbers are those whose header ends in a space."""
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    for line in lines:
        cells = [
            cell.rjust(width) if name.endswith(" ") else cell.ljust(width)
            for cell, width, name in zip(line, widths, header, strict=True)
        ]
        yield "  ".join(cells).rstrip()


def times(explanation: Explanation) -> str:
    """Return in words what a run takes."""
    converting = duration(explanation.converting)
    ran = "" if explanation.ran is None else f"; it ran in {duration(explanation.ran)}"
    return f"{duration(explanation.seconds)} a run, {converting} of it conversions of layouts{ran}"


def proof_sentence(explanation: Explanation) -> str:
    """Return in words what is proven of a selection."""
    proof = explanation.proof
    if proof is None:
        return "This choice was given, not searched for."
    if not proof.proven:
        gap = (proof.cost - proof.bound) / proof.cost if proof.cost else 0.0
        return f"Not proven to be the best: it could be at most {gap:.2%} better."
    rules = ", ".join(f"{rule} {count}x" for rule, count in proof.reductions.items())
    return f"Proven: nothing is better by these costs{f' (by {rules})' if rules else ''}."


def _nodes(nodes: Sequence[NodeStory], whole: float) -> Iterator[str]:
    def runner(story: NodeStory) -> str:
        if not story.runners_up:
            return "-"
        next_best = story.runners_up[0]
        return f"{next_best.implementation} (net +{duration(max(next_best.net_seconds - whole, 0.0))})"

    ran = any(story.ran is not None for story in nodes)
    yield from table(
        ("node", "operator", "by", "time ", *(("ran ", "off ") if ran else ()), "share ", "runner-up"),
        [
            (
                story.name,
                story.operator,
                story.implementation,
                duration(story.seconds) + ("" if story.measured else "?"),
                *((duration(story.ran), off(story)) if ran else ()),
                f"{story.share:.1%}",
                runner(story),
            )
            for story in nodes
        ],
    )


def _rivals(rivals: Sequence[Rival], whole: float, nodes: int) -> Iterator[str]:
    yield from table(
        ("", "time ", "ratio ", ""),
        [
            (
                rival.name,
                duration(rival.seconds),
                f"{rival.seconds / whole:.2f}x" if whole else "-",
                "" if rival.nodes in {None, nodes} else f"has {rival.nodes} of {nodes} nodes",
            )
            for rival in rivals
        ],
    )


def explanation_text(explanation: Explanation) -> str:
    """Return an explanation as text, for terminals and files."""
    known = explanation
    lines = [
        f"{known.network} on {known.target}: {times(known)}",
        proof_sentence(known),
        *known.notes,
        "",
        *_nodes(known.nodes, known.seconds),
    ]
    if any(not story.measured for story in known.nodes):
        lines.append(f"? estimated for {known.core}: nobody has measured this layer (lpdnn tune)")
    if known.conversions:
        rows = [
            (
                c.value,
                f"{c.source}>{c.target}",
                duration(c.seconds),
                c.implementation,
                ", ".join(c.readers) or "(a step)",
            )
            for c in known.conversions
        ]
        lines += ["", "Conversions", *table(("value", "layouts", "time ", "by", "for"), rows)]
    if known.single_plugins:
        lines += ["", "The net with a single plugin, where it has what is needed"]
        lines += _rivals(known.single_plugins, known.seconds, len(known.nodes))
    if known.searches:
        lines += ["", "What searches find with the same costs"]
        lines += _rivals(known.searches, known.seconds, len(known.nodes))
    return "\n".join(lines) + "\n"
