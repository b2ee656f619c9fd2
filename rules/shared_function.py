"""LNX103: functions that Linen and NNX both export are taken from `nnx`."""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Symbol
from migrate.analysis.layers import shared
from migrate.rewrite.edits import Edits


def occurrences(facts: Facts) -> dict[ast.expr, str]:
    """Each outermost expression that names such a function, with its name below `nnx`."""
    found: dict[ast.expr, str] = {}
    for node, value in facts.values.items():
        if isinstance(value, Symbol) and isinstance(node, (ast.Name, ast.Attribute)):
            name = shared(value.name)
            if name is not None:
                found[node] = name
    outer = {n for n in found if facts.scopes.parent.get(n) not in found}
    return {node: name for node, name in found.items() if node in outer}


def rewrite(facts: Facts, edits: Edits) -> None:
    """They are the same objects, so only the spelling changes."""
    for node, name in occurrences(facts).items():
        if isinstance(node.ctx, ast.Load):  # type: ignore[attr-defined]
            edits.expressions.setdefault(node, f"nnx.{name}")
