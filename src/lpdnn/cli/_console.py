"""What is said to the user, and how: results on stdout, everything else on stderr."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from rich.bar import Bar
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lpdnn.compiler import Trace

Item = TypeVar("Item")


def plain(text: object) -> Text:
    """Return text that a model or a file may have chosen: nothing in it is markup or moves the cursor."""
    return Text("".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in str(text)))


def say(*parts: object) -> None:
    """Print a line of results."""
    line = Text(" ").join(part if isinstance(part, Text) else plain(part) for part in parts)
    Console(highlight=False).print(line, soft_wrap=True)


def table(*columns: str, rows: Iterable[Sequence[object]], right: Iterable[int] = ()) -> Table:
    """Return a table of plain text and bars; `right` are the columns of numbers."""
    result = Table(box=None, pad_edge=False)
    for index, column in enumerate(columns):
        result.add_column(column, justify="right" if index in set(right) else "left", overflow="fold")
    for row in rows:
        result.add_row(*(cell if isinstance(cell, Text | Bar) else plain(cell) for cell in row))
    return result


def show(table: Table) -> None:
    """Print a table; where nobody watches, as wide as it needs."""
    console = Console(highlight=False)
    if not console.is_terminal:
        needed = Console(width=10**4).measure(table).maximum
        console = Console(highlight=False, width=max(console.width, needed))
    console.print(table)


def bar(part: float) -> Bar:
    """Return a bar of a length from 0 to 1."""
    return Bar(1.0, 0.0, part, width=20, color="green")


def tell_error(sentence: str) -> None:
    """Say on stderr what is wrong."""
    Console(stderr=True, highlight=False).print(Text("error: ", "bold red") + plain(sentence), soft_wrap=True)


def tell_warning(sentence: str) -> None:
    """Say on stderr what the user should know."""
    Console(stderr=True, highlight=False).print(
        Text("warning: ", "bold yellow") + plain(sentence), soft_wrap=True
    )


class _Listener(logging.Handler):
    def __init__(self, hear: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self.hear = hear

    def emit(self, record: logging.LogRecord) -> None:
        self.hear(record.getMessage())


@contextmanager
def hearing(hear: Callable[[str], None]) -> Iterator[None]:
    """Pass on what the compiler remarks, a sentence at a time."""
    listener, logger = _Listener(hear), logging.getLogger("lpdnn")
    logger.addHandler(listener)
    try:
        yield
    finally:
        logger.removeHandler(listener)


@contextmanager
def working() -> Iterator[Trace]:
    """Show what is being done, and since when, to a user at a terminal; the trace names the stages."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from lpdnn.compiler import Trace

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("")
        yield Trace(tell=lambda stage: progress.reset(task, description=stage.replace("_", " ")))


@contextmanager
def measuring() -> Iterator[Callable[[float, float, str], None]]:
    """Show how far it is, and how long it may still take, to a user at a terminal."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("")

        def tell(done: float, total: float, what: str) -> None:
            progress.update(task, completed=done, total=total, description=what[:40])

        yield tell


def counted(items: Sequence[Item], what: str) -> Iterator[Item]:
    """Yield items, with a bar for a user at a terminal."""
    from rich.progress import track

    console = Console(stderr=True)
    disable = len(items) < 2 or not console.is_terminal
    yield from track(items, what, console=console, transient=True, disable=disable)
