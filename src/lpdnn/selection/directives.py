"""What the user wishes: `PATTERN=PLUGIN[:PRIMITIVE[:LAYOUT]]`; each narrows the choice for some nodes.

PATTERN is a glob over names of nodes (`conv*`, `*`; the conversion of a value to a layout is called
VALUE@LAYOUT), or `op:` and a glob over operators. PLUGIN is a glob too. What follows must each fit: the
primitive's way of working or one word of it (`im2row`, `openblas`), its whole name, or its layouts
(`nhwc`, `nchw>nhwc`). Of directives that fit a node the last one counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lpdnn.selection.selection import Implementation

WILD = frozenset("*?[")
CONVERSION = "convert"


@dataclass(frozen=True)
class Directive:
    """One wish. `exact` takes the name as it is, not as a glob."""

    text: str
    name: str
    plugin: str
    parts: tuple[str, ...] = ()
    by_operator: bool = False
    exact: bool = False

    @property
    def single(self) -> bool:
        """Whether it names one node, so that it must be met."""
        return not self.by_operator and (self.exact or WILD.isdisjoint(self.name))

    def concerns(self, name: str, operator: str) -> bool:
        """Tell whether it is about a node."""
        if self.by_operator:
            return fnmatchcase(operator, self.name)
        return name == self.name if self.exact else fnmatchcase(name, self.name)

    def narrow(self, implementations: Sequence[Implementation]) -> list[int]:
        """Return which implementations fit, by number; a whole name goes before words of longer ones."""
        fitting = [
            n
            for n, one in enumerate(implementations)
            if fnmatchcase(one.plugin.name, self.plugin) and all(_fits(one, part) for part in self.parts)
        ]
        named = [
            n
            for n in fitting
            if implementations[n].how in self.parts or implementations[n].primitive.how in self.parts
        ]
        return named or fitting


def _fits(one: Implementation, part: str) -> bool:
    own = one.primitive
    texts = (one.how, own.how, own.library.name if own.library else "", own.name, own.file, one.layouts)
    return any(fnmatchcase(text, part) for text in texts if text) or part in one.how.split("_")


def parse(text: str) -> Directive:
    """Return the directive in a text such as `conv*=cpu_blas:im2row:openblas`."""
    name, equals, rest = text.strip().rpartition("=")
    plugin, *parts = rest.split(":")
    if not equals or not name.strip() or not plugin.strip() or not all(part.strip() for part in parts):
        message = (
            f"directive {text!r} is not of the form NODES=PLUGIN[:PRIMITIVE[:LAYOUT]], "
            "such as conv*=cpu_blas:im2row or op:conv2d=cpu_vanilla"
        )
        raise LpdnnError(message)
    name = name.strip()
    by_operator = name.startswith("op:")
    parts = [part.strip() for part in parts]
    return Directive(
        text, name.removeprefix("op:") if by_operator else name, plugin.strip(), tuple(parts), by_operator
    )


def nearest(word: str, words: Iterable[str]) -> str:
    """Return a hint: the nearest words, or some of them where none is near."""
    known = sorted(set(words))
    near = get_close_matches(word.strip("*?"), known, n=3, cutoff=0.5)
    if near:
        return f"nearest: {', '.join(near)}"
    return (
        f"there are {', '.join(known[:8])}{', ...' if len(known) > 8 else ''}" if known else "there is none"
    )


@dataclass(frozen=True)
class _Miss:
    """A node for which a directive that is about it has nothing, and what there is instead."""

    directive: Directive
    name: str
    operator: str
    implementations: tuple[Implementation, ...]
    refused: Mapping[str, str]

    def sentence(self) -> str:
        """Return why the directive cannot be met."""
        where = f"node {self.name!r}"
        return _unmet(self.directive, where, self.operator, self.implementations, self.refused)


@dataclass
class Wishes:
    """Directives at work: they narrow what may compute one node after the other, and note what they met."""

    directives: tuple[Directive, ...]
    _seen: set[str] = field(default_factory=set)
    _met: set[str] = field(default_factory=set)
    _missed: dict[str, list[_Miss]] = field(default_factory=dict)

    def narrow(
        self,
        name: str,
        operator: str,
        implementations: Sequence[Implementation],
        refused: Mapping[str, str],
    ) -> list[int]:
        """Return which implementations of a node the wishes leave, by number; all where none is about it.

        `refused` says of the implementations that cannot be used why not.
        """
        self._seen.add(name)
        for directive in reversed(self.directives):
            if not directive.concerns(name, operator):
                continue
            left = directive.narrow(implementations)
            if left:
                self._met.add(directive.text)
                return left
            miss = _Miss(directive, name, operator, tuple(implementations), refused)
            self._missed.setdefault(directive.text, []).append(miss)
            if directive.single and operator != CONVERSION:
                raise LpdnnError(miss.sentence())
        return list(range(len(implementations)))

    def check(
        self,
        plugins: Sequence[str],
        operators: Mapping[str, str],
        implementations: Mapping[str, Sequence[Implementation]],
    ) -> None:
        """Refuse directives that can fit nothing, before any is used.

        `operators` gives the operator of each node, `implementations` what there is for each operator, usable
        or not.
        """
        for directive in self.directives:
            if not any(fnmatchcase(plugin, directive.plugin) for plugin in plugins):
                hint = nearest(directive.plugin, plugins)
                message = f"directive {directive.text!r}: there is no plugin {directive.plugin!r}; {hint}"
                raise LpdnnError(message)
            concerned = {op for name, op in operators.items() if directive.concerns(name, op)}
            if not concerned and not self._about_conversions(directive, operators):
                what = "operator" if directive.by_operator else "node"
                hint = nearest(directive.name, operators.values() if directive.by_operator else operators)
                message = f"directive {directive.text!r}: no {what} is called {directive.name!r}; {hint}"
                raise LpdnnError(message)
            known = [one for op in sorted(concerned) for one in implementations.get(op, ())]
            if concerned and not directive.narrow(known):
                raise LpdnnError(_unmet(directive, "the network", "/".join(sorted(concerned)), known, {}))

    @staticmethod
    def _about_conversions(directive: Directive, operators: Mapping[str, str]) -> bool:
        if directive.by_operator:
            return fnmatchcase(CONVERSION, directive.name)
        return directive.name.rpartition("@")[0] != "" and bool(operators)

    def finish(self) -> tuple[str, ...]:
        """Return what should be told when all nodes and conversions are seen: which wishes left nodes free.

        A conversion has several sources; a wish for it must be met for one of them.
        """
        for directive in self.directives:
            if not directive.single or directive.text in self._met:
                continue
            if directive.text in self._missed:
                raise LpdnnError(self._missed[directive.text][0].sentence())
            if directive.name not in self._seen:
                images = {name.rpartition("@")[0] for name in self._seen} - {""}
                hint = nearest(directive.name.rpartition("@")[0], images)
                message = f"directive {directive.text!r}: there is no image to convert called so; {hint}"
                raise LpdnnError(message)
        notes = []
        for text, misses in self._missed.items():
            nodes = list(dict.fromkeys(miss.name for miss in misses if miss.operator != CONVERSION))
            if nodes:
                some = ", ".join(nodes[:5]) + (", ..." if len(nodes) > 5 else "")
                notes.append(f"directive {text!r} has nothing that fits {len(nodes)} of its nodes: {some}")
        return tuple(notes)


def _unmet(
    directive: Directive,
    where: str,
    operator: str,
    implementations: Sequence[Implementation],
    refused: Mapping[str, str],
) -> str:
    """Return why a directive cannot be met."""
    whole = f"directive {directive.text!r}"
    for text, reason in refused.items():
        plugin, *rest = text.split(":")
        if fnmatchcase(plugin, directive.plugin) and all(
            any(fnmatchcase(word, part) or part in word.split("_") for word in rest)
            for part in directive.parts
        ):
            return f"{whole}: {text} cannot compute {where}: {reason}"
    known = [one for one in implementations if fnmatchcase(one.plugin.name, directive.plugin)]
    if not known:
        have = sorted({one.plugin.name for one in implementations})
        others = f"{', '.join(have)} has" if have else "none has"
        return f"{whole}: plugin {directive.plugin} has no {operator} for {where}; {others}"
    words = {word for one in known for word in (one.how, one.layouts)}
    hints = [
        nearest(part, words) for part in directive.parts if not Directive("", "", "*", (part,)).narrow(known)
    ]
    hint = hints[0] if hints else f"there are {', '.join(sorted(map(str, known))[:8])}"
    return (
        f"{whole}: no {operator} primitive of {directive.plugin} fits {':'.join(directive.parts)!r}; {hint}"
    )
