"""Names of loops that `__init__` repeats, which are those of the bodies that were written out."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator

from migrate.inlining.marks import NUMBERED, STEP, marked
from migrate.inlining.outcomes import Unfold
from migrate.inlining.spans import Edit, Text, applied
from migrate.rewrite.layout import flat, wrapped

OTHERS = ("j", "k", "m")


def named_anew(text: str, numbers: Container[int], width: int) -> str:
    """The text with the names of loops in `__init__` as they were, or others where these are taken."""
    source = Text(text)
    functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)]
    inits = [function for function in functions if function.name == "__init__"]
    return applied(text, [e for init in inits for e in _edits(source, init, numbers, width)])[0]


def _edits(source: Text, init: ast.FunctionDef, numbers: Container[int], width: int) -> Iterator[Edit]:
    """The statements, and the headers of loops, with other names."""
    names = _new_names(source, init, numbers)
    if not names:
        return
    for node in (n for n in ast.walk(init) if isinstance(n, ast.stmt) and n is not init):
        parts: list[ast.AST] = [node] if not hasattr(node, "body") else [*_header(node)]
        for part in parts:
            old = source.segment(part)
            new = re.sub(r"\w+", lambda word: names.get(word[0], word[0]), old)
            if new != old:
                yield Edit(source.start(part), source.end(part), _laid_out(source, node, new, width))


def _header(node: ast.stmt) -> Iterator[ast.expr]:
    match node:
        case ast.For(target=target, iter=iterated):
            yield from (target, iterated)
        case ast.If(test=test):
            yield test
        case _:
            pass


def _laid_out(source: Text, node: ast.stmt, text: str, width: int) -> str:
    """A statement that was broken for a longer name, as it fits now."""
    joined = flat(text)
    if hasattr(node, "body") or "\n" in joined:
        return text
    return wrapped(joined, source.indent(node), width, STEP)


def _new_names(source: Text, init: ast.FunctionDef, numbers: Container[int]) -> dict[str, str]:
    loops = [n for n in ast.walk(init) if isinstance(n, ast.For)]
    every = [
        (loop, name, known[0])
        for loop in loops
        for name in _targets(loop)
        if (known := marked(name, numbers))
    ]
    used = {word for word in re.findall(r"\w+", source.segment(init)) if not NUMBERED.fullmatch(word)}
    found: dict[str, str] = {}
    for loop, name, base in every:
        inner = [n for n in ast.walk(loop) if isinstance(n, ast.For) and n is not loop]
        if any(base == b for other, _, b in every if other in inner):
            raise Unfold
        new = next((each for each in (base, *OTHERS) if each not in used), None)
        if new is None:
            raise Unfold
        found[name] = new
    return found


def _targets(loop: ast.For) -> list[str]:
    return [n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)]
