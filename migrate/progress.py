"""One line on a terminal that is written over as things go on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class ProgressLine:
    """Shows a text in place of the last one; a stream that is no terminal stays untouched."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.shown = 0

    def show(self, text: str) -> None:
        """Write over the line, with blanks where the last text was longer."""
        if self.stream.isatty():
            text = text[: shutil.get_terminal_size().columns - 1]
            self.stream.write(f"\r{text:<{self.shown}}")
            self.stream.flush()
            self.shown = len(text)

    def clear(self) -> None:
        """Leave the line empty."""
        if self.shown:
            self.show("")
            self.stream.write("\r")
            self.stream.flush()


@contextmanager
def progress_line(stream: TextIO) -> Iterator[ProgressLine]:
    """A line that is gone in the end, however it ends."""
    line = ProgressLine(stream)
    try:
        yield line
    finally:
        line.clear()
