"""Fields for a table that a module would otherwise make itself, though nothing in the sources gives one.

    if self.shared is None:
        table = nn.Embed(self.size, self.width)
    else:
        table = self.shared
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Symbol
from migrate.analysis.modules.classes import methods
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.run import Run

EMBED = "flax.linen.Embed"


def makes_own(run: Run, cls: Class, name: str) -> bool:
    """Whether a module makes a table where a field is None, which is used in its place otherwise."""
    call = methods(cls).get("__call__")
    conditions = [node for node in ast.walk(call) if isinstance(node, ast.If)] if call is not None else []
    found = [made for node in conditions if (made := _made(run, node, name)) is not None]
    if len(found) != 1:
        return False
    run.facts.own_tables[cls.node, name] = found[0]
    return True


def features(run: Run, cls: Class, name: str) -> str | None:
    """The size of the own table, which one that is given has to have as well."""
    if (made := run.facts.own_tables.get((cls.node, name))) is None:
        return None
    given = dict(zip(("num_embeddings", "features"), made.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in made.keywords if keyword.arg is not None}
    return init_text(run.facts, cls, given["features"]) if "features" in given else None


def _made(run: Run, node: ast.If, name: str) -> ast.Call | None:
    """The table, where both sides of a condition give one name: by a table of its own, or by the field."""
    match node.test:
        case ast.Compare(left=left, ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
            made, given = node.body, node.orelse
        case ast.Compare(left=left, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            made, given = node.orelse, node.body
        case _:
            return None
    match made, given:
        case (
            [ast.Assign(targets=[ast.Name(one)], value=ast.Call() as call)],
            [ast.Assign(targets=[ast.Name(other)], value=held)],
        ):
            own = one == other and _is_field(left, name) and _is_field(held, name)
            return call if own and run.evaluate(call.func) == Symbol(EMBED) else None
        case _:
            return None


def _is_field(node: ast.expr, name: str) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=attr):
            return attr == name
        case _:
            return False
