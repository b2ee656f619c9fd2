"""The names in a body: its own get the number of the call, those of layers what the call makes of them."""

from __future__ import annotations

import ast

from migrate.inlining.helpers import Case, Helper, given
from migrate.inlining.marks import MARK, Unfit
from migrate.inlining.spans import Edit, Text


def renamed(source: Text, helper: Helper, case: Case, call: ast.Call, number: int) -> list[Edit]:
    """The names that a body binds get the number of the call."""
    function = case.function
    named = _named(helper, function, call)
    written = {part for node in named for part in ast.walk(node)}
    quoted = {p for n in ast.walk(function) if isinstance(n, ast.JoinedStr) for p in ast.walk(n)}
    edits = [Edit(source.start(node), source.end(node), f'"{text}"') for node, text in named.items()]
    for node in ast.walk(function.body if isinstance(function, ast.Lambda) else function):
        if not isinstance(node, ast.Name) or node in written or (helper.method and node.id == "self"):
            continue
        variable = helper.scopes.variable(node, node.id)
        if variable is not None and variable.scope is function:
            if node in quoted:
                raise Unfit
            edits.append(Edit(source.start(node), source.end(node), f"{node.id}{MARK}{number}"))
    return edits


def _named(helper: Helper, function: ast.AST, call: ast.Call) -> dict[ast.expr, str]:
    """The names of layers that the arguments of a call make."""
    values = {each.name: each.value for each in given(helper, call) or ()}
    bound = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    texts = {n: v for n, v in values.items() if isinstance(v, ast.Constant) and n not in bound}
    return {n: t for n, t in _layer_names(function, texts) if isinstance(t, str)}


def is_read(helper: Helper, call: ast.Call, name: str) -> bool:
    """Whether a parameter is read for anything but the names of layers; also where nothing ever read it."""
    reads, written = [], []
    for case in helper.cases:
        named = _named(helper, case.function, call)
        written += [part for node in named for part in ast.walk(node)]
        reads += [n for n in ast.walk(case.function) if isinstance(n, ast.Name) and n.id == name]
    return not reads or any(node not in written for node in reads)


def _layer_names(function: ast.AST, texts: dict[str, ast.Constant]) -> list[tuple[ast.expr, str | None]]:
    """`name=name` and `name=f"{name}_1"` with what they are in one call."""
    calls = [n for n in ast.walk(function) if isinstance(n, ast.Call)]
    values = [k.value for call in calls for k in call.keywords if k.arg == "name"]
    return [(value, _text(value, texts)) for value in values if not isinstance(value, ast.Constant)]


def _text(node: ast.expr, texts: dict[str, ast.Constant]) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name) if name in texts and isinstance(texts[name].value, str):
            return str(texts[name].value)
        case ast.FormattedValue(value=ast.Name(id=name), conversion=-1, format_spec=None) if name in texts:
            return str(texts[name].value)
        case ast.JoinedStr(values=values):
            parts = [_text(value, texts) for value in values]
            return None if None in parts else "".join(part or "" for part in parts)
        case _:
            return None
