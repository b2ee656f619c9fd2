"""Line breaks for new statements that would be longer than the lines of their file.

In the manner of Black: first the content of the last bracket on one line of its own, then one item a line.
"""

from __future__ import annotations

import ast
import io
import tokenize
from itertools import pairwise
from keyword import iskeyword

DEFAULT_WIDTH = 88
OPEN, CLOSE = "([{", ")]}"


def width_of(text: str) -> int:
    """The line length that a file keeps to: Black's, or its own longest line of code."""
    longest = max((len(line) for line in text.splitlines() if not _is_data(line)), default=0)
    return max(DEFAULT_WIDTH, min(longest, 120))


def _is_data(line: str) -> bool:
    """Whether the length of a line says nothing; names with a mark are longer than the author's."""
    return "_linen2nnx_" in line or "#" in line or '"""' in line or "http" in line


def wrapped(statement: str, indent: str, width: int, step: str) -> str:
    """`statement`, one line of source without its indentation, broken if it is too long."""
    if "\n" in statement or len(indent) + len(statement) <= width:
        return statement
    statement = _grouped(statement)
    for opening, closing in _brackets(statement):
        head, content, tail = statement[: opening + 1], statement[opening + 1 : closing], statement[closing:]
        if not content.strip() or len(indent) + len(head) > width or len(indent) + len(tail) > width:
            continue
        inner = indent + step
        if len(inner) + len(content) <= width:
            kept = content.strip() if _groups(statement, opening) else content.rstrip(", ")
            return f"{head}\n{inner}{kept}\n{indent}{tail}"
        if clauses := _clauses(content) or _alternatives(content):
            lines = [wrapped(clause, inner, width, step) for clause in clauses]
            return head + "\n" + "".join(f"{inner}{line}\n" for line in lines) + indent + tail
        items = [wrapped(item, inner, width - 1, step) for item in _items(content)]
        if len(items) == 1 and _groups(statement, opening) and not content.rstrip().endswith(","):
            return f"{head}\n{inner}{items[0]}\n{indent}{tail}"
        return head + "\n" + "".join(f"{inner}{item},\n" for item in items) + indent + tail
    return statement


def _grouped(statement: str) -> str:
    """A choice that is assigned, in parentheses, as it will be broken."""
    try:
        tree = ast.parse(statement).body
    except SyntaxError:
        return statement
    match tree:
        case [ast.Assign(value=ast.IfExp(col_offset=begin))] if (
            statement.isascii() and statement[begin - 1] != "("
        ):
            return f"{statement[:begin]}({statement[begin:]})"
        case _:
            return statement


def _alternatives(content: str) -> list[str]:
    """The three parts of a choice, each on a line of its own; empty where the content is none."""
    try:
        choice = ast.parse(content.strip(), mode="eval").body
    except SyntaxError:
        return []
    if not isinstance(choice, ast.IfExp) or not content.isascii():
        return []
    return [
        ast.get_source_segment(content.strip(), choice.body) or "",
        f"if {ast.get_source_segment(content.strip(), choice.test)}",
        f"else {ast.get_source_segment(content.strip(), choice.orelse)}",
    ]


def flat(expression: str) -> str:
    """An expression of several lines on one; as it is where comments or a layout by hand say more."""
    lines = expression.split("\n")
    broken = all(_is_broken(*pair) for pair in pairwise(lines)) and lines[-1].strip()[:1] in (*CLOSE,)
    if not broken or "#" in expression or any(quote in expression for quote in ('"""', "'''")):
        return expression
    text = ""
    for line in (line.strip() for line in lines):
        closes = line[:1] in (*CLOSE,)
        text = text.rstrip(",") if closes else text
        text += line if not text or closes or text[-1] in OPEN else f" {line}"
    return text if ast.dump(ast.parse(text)) == ast.dump(ast.parse(expression)) else expression


def _is_broken(line: str, after: str) -> bool:
    """Whether lines part as a formatter breaks them: behind a bracket or a comma, or before a bracket."""
    return line.rstrip()[-1:] in (*OPEN, ",") or after.strip()[:1] in (*CLOSE,)


def _brackets(statement: str) -> list[tuple[int, int]]:
    """The outermost bracket pairs, the last one first."""
    pairs, stack = [], []
    for start, text in _operators(statement):
        if text in OPEN:
            stack.append(start)
        elif text in CLOSE:
            opening = stack.pop()
            if not stack:
                pairs.append((opening, start))
    return pairs[::-1]


def _operators(statement: str) -> list[tuple[int, str]]:
    """Operators, brackets and the word `lambda`, each with its column."""
    source = statement if not statement.endswith(":") else f"{statement} pass"
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [(t.start[1], t.string) for t in tokens if t.type == tokenize.OP or t.string == "lambda"]


def _groups(statement: str, opening: int) -> bool:
    """Whether a bracket only groups, or makes a tuple: there a comma has a meaning."""
    before = statement[:opening].rstrip()
    called = bool(before) and (before[-1].isalnum() or before[-1] in "_)]")
    word = before.rpartition(" ")[2].rpartition("(")[2]
    return statement[opening] == "(" and (not called or iskeyword(word))


def _clauses(content: str) -> list[str]:
    """The element of a comprehension and each of its clauses; empty where the content is none."""
    tokens = tokenize.generate_tokens(io.StringIO(f"({content})").readline)
    depth, cuts = 0, []
    for token in tokens:
        depth += (token.string in OPEN) - (token.string in CLOSE) if token.type == tokenize.OP else 0
        if depth == 1 and token.string == "for":
            cuts.append(token.start[1] - 1)
    edges = [0, *cuts, len(content)]
    return [content[a:b].strip() for a, b in pairwise(edges)] if cuts else []


def _items(content: str) -> list[str]:
    cuts, depth = [], 0
    signatures: list[int] = []
    for start, text in _operators(f"({content})"):
        depth += (text in OPEN) - (text in CLOSE)
        if text == "lambda":
            signatures.append(depth)
        elif text == ":" and signatures[-1:] == [depth]:
            signatures.pop()
        elif text == "," and depth == 1 and 1 not in signatures:
            cuts.append(start - 1)
    edges = [-1, *cuts, len(content)]
    items = (content[a + 1 : b].strip() for a, b in pairwise(edges))
    return [item for item in items if item]
