"""Settings that `setup` copies for the modules that it builds: `config = copy.deepcopy(self.config)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.kinds import Class, Symbol
from migrate.analysis.modules.hoisting import assigned_value, init_text
from migrate.analysis.modules.summaries import CHANGED
from migrate.analysis.run import Run

COPIES = frozenset({Symbol("copy.copy"), Symbol("copy.deepcopy")})


def with_same(run: Run, node: ast.expr, settings: list[str]) -> str | None:
    """What has the same values of some settings as `node`: itself, or what it is a copy of."""
    assert run.owner is not None
    copied = _original(run, node)
    if copied is None:
        return init_text(run.facts, run.owner, node)
    original, changed = copied
    return None if changed & {*settings} else original


def texts(run: Run, field: str, node: ast.expr) -> Iterator[tuple[str, str]]:
    """What a field with a copy has in the terms of its module; the settings that differ have no text."""
    if (copied := _original(run, node)) is not None:
        original, changed = copied
        yield field, original
        yield from ((f"{field}.{name}", CHANGED) for name in sorted(changed))


def _original(run: Run, node: ast.expr) -> tuple[str, set[str]] | None:
    """What a local name holds a copy of, and which settings of the copy are set."""
    value = assigned_value(run.facts, node) if isinstance(node, ast.Name) else None
    match value:
        case ast.Call(func=call, args=[original], keywords=[]) if run.facts.values.get(call) in COPIES:
            assert run.owner is not None and isinstance(node, ast.Name)
            text, changed = init_text(run.facts, run.owner, original), _changed(run, node)
            return (text, changed) if text is not None and changed is not None else None
        case _:
            return None


def _changed(run: Run, node: ast.Name) -> set[str] | None:
    """The settings of a copy that are set; None where more is done with it than handing it to modules."""
    parent, found = run.facts.scopes.parent, set()
    for use in run.facts.scopes.names(run.facts.scopes.variable(node, node.id)):
        above = parent[use]
        above = parent[above] if isinstance(above, ast.keyword) else above
        match above:
            case ast.Assign(targets=[target]) if target is use:
                pass
            case ast.Attribute(attr=name, ctx=ast.Store()):
                found.add(name)
            case ast.Attribute(ctx=ast.Load()) if not isinstance(parent[above], ast.Call):
                pass
            case ast.Call(func=function) if isinstance(run.facts.values.get(function), Class):
                pass
            case _:
                return None
    return found
