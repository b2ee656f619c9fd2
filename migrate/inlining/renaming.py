"""The names in a body: its own get the number of the call, those of layers what the call makes of them."""

from __future__ import annotations

import ast

from migrate.inlining.helpers import Case, Helper, given
from migrate.inlining.layer_names import given_text, layer_text
from migrate.inlining.marks import MARK, Unfit
from migrate.inlining.spans import Edit, Text


def renamed(source: Text, helper: Helper, case: Case, call: ast.Call, number: int) -> list[Edit]:
    """The names that a body binds get the number of the call."""
    function = case.function
    named = _named(helper, function, call)
    written = {part for node in named for part in ast.walk(node)}
    quoted = {p for n in ast.walk(function) if isinstance(n, ast.JoinedStr) for p in ast.walk(n)}
    edits = [Edit(source.start(node), source.end(node), text) for node, text in named.items()]
    for node in ast.walk(function.body if isinstance(function, ast.Lambda) else function):
        if not isinstance(node, ast.Name) or node in written or (helper.method and node.id == "self"):
            continue
        variable = helper.scopes.variable(node, node.id)
        unread = node.id == "_" and not isinstance(node.ctx, ast.Load)
        if variable is not None and variable.scope is function and not unread:
            if node in quoted:
                raise Unfit
            edits.append(Edit(source.start(node), source.end(node), f"{node.id}{MARK}{number}"))
    return edits


def _named(helper: Helper, function: ast.AST, call: ast.Call) -> dict[ast.expr, str]:
    """The names of layers that the arguments of a call make, as Python writes them."""
    bound = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    fixed = [each for each in given(helper, call) or () if each.name not in bound]
    every = {each.name: text for each in fixed if (text := given_text(each.value)) is not None}
    calls = [n for n in ast.walk(function) if isinstance(n, ast.Call)]
    values = [k.value for each in calls for k in each.keywords if k.arg == "name"]
    found = {v: layer_text(v, every) for v in values if not isinstance(v, ast.Constant)}
    return {node: _quoted(text) for node, text in found.items() if text is not None}


def _quoted(text: str) -> str:
    return f'{"f" if "{" in text else ""}"{text}"'


def is_read(helper: Helper, call: ast.Call, name: str) -> bool:
    """Whether a parameter is read for anything but the names of layers; also where nothing ever read it."""
    reads, written = [], []
    for case in helper.cases:
        named = _named(helper, case.function, call)
        written += [part for node in named for part in ast.walk(node)]
        reads += [n for n in ast.walk(case.function) if isinstance(n, ast.Name) and n.id == name]
    return not reads or any(node not in written for node in reads)
