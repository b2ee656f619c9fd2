"""Bytes to text and back."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.project.encoding import DecodingError, decode

LINES = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"))
NEWLINES = st.sampled_from(["\n", "\r\n", "\r"])
BODIES = st.lists(st.tuples(LINES, NEWLINES)).map(lambda rows: "".join(a + b for a, b in rows))
HEADS = st.sampled_from(
    [
        ("", "utf-8"),
        ("# coding: latin-1\n", "latin-1"),
        ("#!/usr/bin/env python\r\n# -*- coding: cp1252 -*-\r\n", "cp1252"),
        ("# vim: set fileencoding=utf-8 :\n", "utf-8"),
    ]
)


@given(HEADS, BODIES, st.booleans())
def test_round_trip(head: tuple[str, str], body: str, bom: bool) -> None:
    cookie, encoding = head
    text = f"{cookie}x = 1\n{body}".encode(encoding, "ignore").decode(encoding)
    mark = codecs.BOM_UTF8 if bom and encoding == "utf-8" else b""
    data = mark + text.encode(encoding)
    source = decode(data)
    assert source.text == text
    assert source.encode(source.text) == data


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        pytest.param(b"x = 1\ny = 2\nz = '\xff'\n", 3, "byte 0xff on line 3", id="not UTF-8"),
        pytest.param(b"# coding: klingon\n", 1, "unknown encoding: klingon", id="unknown cookie"),
        pytest.param(codecs.BOM_UTF8 + b"# coding: latin-1\n", 1, "encoding problem", id="BOM and cookie"),
        pytest.param(b"# coding: ascii\nx = 1\ny = '\xe9'\n", 3, "is not ascii", id="not what it declares"),
        pytest.param("x = 1".encode("utf-16"), 1, "invalid or missing encoding", id="UTF-16"),
    ],
)
def test_errors(data: bytes, line: int, message: str) -> None:
    with pytest.raises(DecodingError, match=message) as caught:
        decode(data)
    assert caught.value.line == line


def test_the_bom_is_not_part_of_the_text() -> None:
    assert decode(codecs.BOM_UTF8 + b"x = 1\n").text == "x = 1\n"


def test_empty() -> None:
    assert decode(b"").text == ""
