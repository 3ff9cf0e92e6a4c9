"""An explanation as a page: one file, without anything from elsewhere."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from lpdnn.selection.explain_text import duration, off, proof_sentence, times
from lpdnn.selection.picture import LAYOUT_COLOURS, colours, picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lpdnn.selection.explain import Explanation, NodeStory, Rival

STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; margin: 2em; color: #222; background: #fff; }
table { border-collapse: collapse; margin: 0.5em 0 1.5em; }
th, td { text-align: left; padding: 0.2em 0.8em 0.2em 0; border-bottom: 1px solid #ddd; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.key span { display: inline-block; margin-right: 1.2em; }
.key i { display: inline-block; width: 1em; height: 1em; margin-right: 0.4em; vertical-align: -0.15em; }
.bar { background: #56b4e9; height: 0.8em; display: inline-block; }
.picture { overflow: auto; border: 1px solid #ddd; max-height: 85vh; }
svg text { font: 12px system-ui, sans-serif; fill: #111; }
svg text.detail { font-size: 11px; }
summary { cursor: pointer; }
"""


def _table(
    header: Sequence[str], rows: Iterable[Sequence[str]], numbers: frozenset[int] = frozenset()
) -> str:
    """Return a table; cells are HTML already."""

    def row(tag: str, cells: Sequence[str]) -> str:
        return "".join(
            f"<{tag}{' class=number' if at in numbers else ''}>{cell}</{tag}>"
            for at, cell in enumerate(cells)
        )

    body = "".join(f"<tr>{row('td', cells)}</tr>\n" for cells in rows)
    return f"<table><tr>{row('th', header)}</tr>\n{body}</table>"


def _key(explanation: Explanation) -> str:
    marks = [
        f'<span><i style="background:{colour}"></i>{escape(name)}</span>'
        for name, colour in colours([story.plugin for story in explanation.nodes]).items()
    ]
    layouts = {layout for story in explanation.nodes for layout in (story.layout, story.out_layout)}
    marks += [
        f'<span><i style="border:3px solid {colour}; width:0.6em; height:0.6em"></i>{layout}</span>'
        for layout, colour in LAYOUT_COLOURS.items()
        if layout in layouts
    ]
    return f"<p class=key>{''.join(marks)}<span>\u25c7 a conversion of layouts</span></p>"


def _runners(story: NodeStory, whole: float) -> str:
    if not story.runners_up and not story.refused:
        return "-"
    rows = [
        (escape(r.implementation), duration(r.seconds), f"+{duration(max(r.net_seconds - whole, 0.0))}")
        for r in story.runners_up
    ]
    more = _table(("instead", "its time", "net"), rows, frozenset({1, 2})) if rows else ""
    more += "".join(f"<div>{escape(text)}: {escape(reason)}</div>" for text, reason in story.refused.items())
    first = escape(story.runners_up[0].implementation) if story.runners_up else "what cannot be used"
    return f"<details><summary>{first}</summary>{more}</details>"


def _nodes(explanation: Explanation) -> str:
    ran = explanation.ran is not None
    rows = [
        (
            escape(story.name),
            story.operator,
            escape(story.implementation),
            duration(story.seconds) + ("" if story.measured else " ?"),
            *((duration(story.ran), off(story)) if ran else ()),
            f'<span class=bar style="width:{story.share * 160:.1f}px"></span> {story.share:.1%}',
            _runners(story, explanation.seconds),
        )
        for story in explanation.nodes
    ]
    header = (
        "node",
        "operator",
        "computed by",
        "time",
        *(("ran", "off") if ran else ()),
        "share",
        "runner-up",
    )
    return _table(header, rows, frozenset({3, 4, 5} if ran else {3}))


def _rivals(rivals: Sequence[Rival], explanation: Explanation) -> str:
    longest = max([explanation.seconds, *(r.seconds for r in rivals if r.seconds != float("inf"))])
    rows = []
    for rival in rivals:
        known = rival.seconds != float("inf")
        width = rival.seconds / longest * 320 if known and longest else 0.0
        ratio = f"{rival.seconds / explanation.seconds:.2f}x" if explanation.seconds and known else "-"
        partly = rival.nodes not in {None, len(explanation.nodes)}
        has = f"has {rival.nodes} of {len(explanation.nodes)} nodes" if partly else ""
        bar = f'<span class=bar style="width:{width:.1f}px"></span>'
        rows.append((escape(rival.name), duration(rival.seconds), ratio, bar, has))
    return _table(("", "time", "ratio", "", ""), rows, frozenset({1, 2}))


def explanation_html(explanation: Explanation) -> str:
    """Return an explanation as the text of an HTML page."""
    known = explanation
    title = f"{known.network} on {known.target}"
    conversions = _table(
        ("value", "from", "to", "time", "by", "for"),
        [
            (
                escape(c.value),
                c.source,
                c.target,
                duration(c.seconds),
                escape(c.implementation),
                escape(", ".join(c.readers) or "(a step)"),
            )
            for c in known.conversions
        ],
        frozenset({3}),
    )
    parts = [
        f"<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8><title>{escape(title)}</title>",
        f"<style>{STYLE}</style></head><body>\n<h1>{escape(title)}</h1>",
        f"<p>{times(known)}. {escape(proof_sentence(known))}</p>",
        *(f"<p>{escape(note)}</p>" for note in known.notes),
        f"<h2>The network</h2>{_key(known)}<div class=picture>{picture(known)}</div>",
        f"<h2>Nodes</h2>{_nodes(known)}",
    ]
    if any(not story.measured for story in known.nodes):
        parts.append(
            f"<p>? estimated for {escape(known.core)}: nobody has measured this layer "
            "(<code>lpdnn tune</code>).</p>"
        )
    if known.conversions:
        parts.append(f"<h2>Conversions</h2>{conversions}")
    if known.single_plugins:
        parts.append(f"<h2>With a single plugin where it can</h2>{_rivals(known.single_plugins, known)}")
    if known.searches:
        parts.append(f"<h2>What searches find with the same costs</h2>{_rivals(known.searches, known)}")
    parts.append("</body></html>\n")
    return "\n".join(parts)
