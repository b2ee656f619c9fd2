"""What a server and the process that started it say to each other: requests as lines, answers as numbers."""

from __future__ import annotations

import os
import select
import struct

ANSWER = struct.Struct("<8sq")


def tell(replies: int, word: str, number: int = 0) -> None:
    """Send one answer, of a word of at most eight letters and a number."""
    os.write(replies, ANSWER.pack(word.encode(), number))


def hear(replies: int, timeout: float | None = None) -> tuple[str, int] | None:
    """The next answer; empty if the server is gone, None if nothing came in time."""
    if not select.select([replies], [], [], timeout)[0]:
        return None
    data = os.read(replies, ANSWER.size)
    word, number = ANSWER.unpack(data) if data else (b"", 0)
    return word.rstrip(b"\0").decode(), number
