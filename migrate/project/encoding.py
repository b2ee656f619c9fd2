"""Bytes to text and back, as Python itself reads a source file."""

from __future__ import annotations

import io
import tokenize
from codecs import BOM_UTF8
from dataclasses import dataclass


class DecodingError(Exception):
    """The bytes are not text in the encoding that they declare; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Source:
    """The text of a file with its own newlines, and what is needed to give the same bytes back."""

    text: str
    encoding: str = "utf-8"
    bom: bool = False

    def encode(self, text: str) -> bytes:
        """Return the bytes of `text` in this file's encoding; raises UnicodeEncodeError."""
        return (BOM_UTF8 if self.bom else b"") + text.encode(self.encoding)


def decode(data: bytes) -> Source:
    """Read bytes by their BOM or encoding cookie (PEP 263), UTF-8 without one; raises DecodingError."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        raise DecodingError(str(error.msg), 1) from error
    bom = data.startswith(BOM_UTF8)
    body = data[len(BOM_UTF8) :] if bom else data
    name = "utf-8" if bom else encoding
    try:
        return Source(body.decode(name), name, bom)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{body[error.start]:02x} on line {line} is not {name}; declare the file's encoding"
        raise DecodingError(message, line) from error
