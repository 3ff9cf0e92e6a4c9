"""What was measured already: one line of JSON each, so that a search goes on where it was interrupted."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from lpdnn.ir import LpdnnError
from lpdnn.quantization import configuration_text
from lpdnn.quantizer.experiment import Choice, Outcome, with_choice

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.quantizer.experiment import Experiment


def mark(experiment: Experiment) -> str:
    """Return what experiments have in common that would measure the same, whatever is chosen at the moment."""
    candidates = with_choice(experiment.configuration, Choice())
    digest = hashlib.sha256(configuration_text(candidates).encode())
    digest.update(experiment.metric_name.encode())
    for part, examples in sorted(experiment.examples.items()):
        digest.update(f"{part} {len(examples)}".encode())
        for x in examples.inputs:
            digest.update(x.ravel()[:64].tobytes())
    return digest.hexdigest()[:16]


class Journal:
    """Outcomes by choice and part of the examples; those of other experiments in the file are left alone."""

    def __init__(self, path: Path | None, experiment: Experiment) -> None:
        self.path, self.mark = path, mark(experiment)
        self.known: dict[tuple[str, str], Outcome] = {}
        if path is None or not path.exists():
            return
        try:
            text = path.read_bytes()
            whole = text[: text.rfind(b"\n") + 1]
            if whole != text:
                path.write_bytes(whole)  # the last line is half written: that is what a journal is for
            lines = whole.decode().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            message = f"{path}: the journal cannot be read"
            raise LpdnnError(message) from error
        for number, line in enumerate(lines, 1):
            try:
                one = json.loads(line)
                if one["experiment"] == self.mark:
                    outcome = Outcome(float(one["score"]), float(one["noise"]))
                    self.known[str(one["choice"]), str(one["part"])] = outcome
            except (ValueError, KeyError, TypeError) as error:
                message = f"{path}:{number}: not a line of a journal; remove it, or take another file"
                raise LpdnnError(message) from error

    def note(self, choice: Choice, part: str, outcome: Outcome) -> None:
        """Keep an outcome."""
        self.known[choice.key, part] = outcome
        if self.path is None:
            return
        line = {"experiment": self.mark, "choice": choice.key, "part": part, **vars(outcome)}
        try:
            with self.path.open("ab") as file:
                file.write((json.dumps(line) + "\n").encode())
        except OSError as error:
            message = f"{self.path} cannot be written: {error.strerror}"
            raise LpdnnError(message) from error
