from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from lpdnn.planning.offsets import APART, PAGE, Offsets, Span, load, place, spread


def _spans(most: int) -> st.SearchStrategy[list[Span]]:
    one = st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(1, 9))
    return st.lists(one.map(lambda t: Span(t[0], t[0] + t[1], t[2])), min_size=1, max_size=most)


def _apart(spans: list[Span], offsets: tuple[int, ...]) -> bool:
    return all(
        not one.meets(other) or offsets[i] + one.size <= offsets[j] or offsets[j] + other.size <= offsets[i]
        for i, one in enumerate(spans)
        for j, other in enumerate(spans[:i])
    )


def _brute_force(spans: list[Span]) -> int:
    """Return the least total: in some sequence each span rests on those before it, or on the floor."""
    best = sum(span.size for span in spans)
    for sequence in permutations(range(len(spans))):
        tops: dict[int, int] = {}
        for index in sequence:
            below = [top for other, top in tops.items() if spans[other].meets(spans[index])]
            tops[index] = max(below, default=0) + spans[index].size
        best = min(best, max(tops.values()))
    return best


@settings(max_examples=150, deadline=None)
@given(_spans(6))
def test_small_problems_are_solved_to_the_optimum(spans: list[Span]) -> None:
    answer = place(spans)
    assert _apart(spans, answer.offsets)
    assert answer.total == _brute_force(spans)
    assert answer.optimal


@settings(max_examples=100, deadline=None)
@given(_spans(30), st.sampled_from([1, 4, 64]))
def test_spans_that_meet_are_apart(spans: list[Span], alignment: int) -> None:
    spans = [Span(span.first, span.last, span.size * alignment) for span in spans]
    answer = place(spans, alignment, nodes=500)
    assert _apart(spans, answer.offsets)
    assert all(offset % alignment == 0 for offset in answer.offsets)
    assert answer.total == max(o + span.size for o, span in zip(answer.offsets, spans, strict=True))
    assert answer.total >= load(spans)
    assert answer.optimal or answer.total > load(spans)


@settings(max_examples=100, deadline=None)
@given(_spans(30), st.sampled_from([1, 64, 1024, 1 << 12]))
def test_spans_are_spread_without_ending_higher(spans: list[Span], unit: int) -> None:
    spans = [Span(span.first, span.last, span.size * unit) for span in spans]
    placed = place(spans, min(unit, 64), nodes=500)
    answer = spread(spans, placed, min(unit, 64))
    assert _apart(spans, answer.offsets)
    assert min(answer.offsets) >= 0
    assert all(offset % min(unit, 64) == 0 for offset in answer.offsets)
    assert max(o + span.size for o, span in zip(answer.offsets, spans, strict=True)) == answer.total
    assert answer.total <= placed.total


def test_spans_are_not_whole_pages_apart_where_there_is_room() -> None:
    spans = [Span(0, 0, 6 * PAGE), Span(1, 2, 2 * PAGE), Span(2, 3, 2 * PAGE), Span(2, 2, PAGE)]
    answer = spread(spans, Offsets((0, 0, 2 * PAGE, 4 * PAGE), 6 * PAGE, optimal=True), 64)
    assert answer.total == 6 * PAGE
    for one, other in ((1, 2), (1, 3), (2, 3)):
        assert APART <= (answer.offsets[one] - answer.offsets[other]) % PAGE <= PAGE - APART
    full = [Span(0, 0, 2 * PAGE), Span(0, 0, PAGE)]
    assert spread(full, place(full), 64).offsets == place(full).offsets


def test_chains_beside_a_long_span_are_solved() -> None:
    # A long span under chains of short ones, where the order within each chain matters for the next.
    spans = [Span(0, 37, 52)]
    for link in range(12):
        spans += [Span(3 * link, 3 * link + 1, 12 + 4 * link), Span(3 * link + 1, 3 * link + 2, 16)]
    spans += [Span(-1, 0, 3), Span(36, 37, 4), Span(37, 38, 56)]
    answer = place(spans)
    assert answer.optimal
    assert answer.total == load(spans)


def _fit(spans: list[Span], limit: int, placed: tuple[int, ...] = ()) -> bool:
    """Tell, by trying every whole offset, whether the spans fit below a limit."""
    if len(placed) == len(spans):
        return True
    span = spans[len(placed)]
    return any(
        _fit(spans, limit, (*placed, offset))
        for offset in range(limit - span.size + 1)
        if all(
            not other.meets(span) or offset + span.size <= place or place + other.size <= offset
            for other, place in zip(spans, placed, strict=False)
        )
    )


def test_a_gap_that_cannot_be_closed_is_proven() -> None:
    lives = [
        (0, 1, 3),
        (0, 2, 3),
        (2, 4, 1),
        (3, 4, 1),
        (2, 5, 2),
        (3, 5, 2),
        (5, 6, 2),
        (6, 6, 3),
        (6, 6, 1),
    ]
    spans = [Span(*life) for life in lives]
    answer = place(spans)
    assert load(spans) == 6
    assert not _fit(spans, 6)
    assert _fit(spans, 7)
    assert (answer.total, answer.optimal) == (7, True)


def test_a_search_that_gives_up_claims_nothing() -> None:
    lives = [
        (0, 1, 3),
        (0, 2, 3),
        (2, 4, 1),
        (3, 4, 1),
        (2, 5, 2),
        (3, 5, 2),
        (5, 6, 2),
        (6, 6, 3),
        (6, 6, 1),
    ]
    answer = place([Span(*life) for life in lives], nodes=1)
    assert not answer.optimal
