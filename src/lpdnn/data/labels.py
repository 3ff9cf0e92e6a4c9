"""Names of classes, one a line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from pathlib import Path

_SYNSET = re.compile(r"n\d{8}\s+(?=\S)")
"""WordNet's number in front of the words, as ImageNet's synset_words.txt has it."""


def read_labels(path: Path) -> tuple[str, ...]:
    """Return the name of every class in order; line 1 names class 0."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        message = f"{path}: the labels cannot be read: {reason}"
        raise LpdnnError(message) from error
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        message = f"{path}: there is no label in it; it takes one a line, class 0 first"
        raise LpdnnError(message)
    return tuple(_SYNSET.sub("", line.strip(), count=1) for line in lines)
