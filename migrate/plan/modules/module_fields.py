"""Fields that hold a module or a list of them, which callers elsewhere give: afterwards they are of NNX."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.modules.alternative_tables import EMBED
from migrate.analysis.modules.classes import (
    argument,
    field_names,
    fields,
    holds_module,
    holds_modules,
    lineage,
    lists_of_modules,
)
from migrate.analysis.modules.hoisting import spliced
from migrate.analysis.program.names import imported
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan

WRITTEN = {"flax.linen.Module": "nnx.Module", EMBED: "nnx.Embed"}


def module_fields(cls: Class) -> list[str]:
    """The names of such fields, in order."""
    named = [(s.target.id, s.annotation) for s in fields(cls) if isinstance(s.target, ast.Name)]
    return [name for name, note in named if holds_module(note) or holds_modules(note)]


def check_lists(plan: Plan, cls: Class, builds: list[ast.Call]) -> None:
    """Raise `Blocked` where a list of modules is more than gone through, or is given in the sources."""
    for name in lists_of_modules(cls):
        for build in builds:
            given = argument(build, field_names(cls), name)
            if given is not None and ast.unparse(given) != "None":
                message = f"a list of modules is given for the field `{name}`: build them in the module"
                raise Blocked(given, "LNX111", message)
        for node in (n for one in lineage(cls) for n in ast.walk(one.node)):
            named = isinstance(node, ast.Attribute) and node.attr == name
            if named and not _goes_through(plan, node):
                message = f"`{name}` holds modules, and is used here as more than a list of them"
                raise Blocked(node, "LNX111", message)


def _goes_through(plan: Plan, node: ast.AST) -> bool:
    """`for flow in self.flows`, `reversed(self.flows)`, `self.flows[0]`, `self.flows is None`."""
    match plan.parent(node):
        case ast.For(iter=iterated) | ast.comprehension(iter=iterated):
            return iterated is node
        case ast.Call(func=ast.Name(id="enumerate" | "len" | "reversed" | "zip")) as call:
            return call.func is not node
        case ast.Subscript(value=value, slice=index):
            return value is node and not isinstance(index, ast.Slice)
        case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot()]):
            return left is node
        case ast.If(test=test) | ast.IfExp(test=test):
            return test is node
        case _:
            return False


def rewrite_annotations(plan: Plan, cls: Class) -> None:
    """`encoder: nn.Module` says `nnx.Module` afterwards, and `embed: nn.Embed` says `nnx.Embed`."""
    for statement in fields(cls):
        for node in ast.walk(statement.annotation):
            if isinstance(node, ast.Name | ast.Attribute) and (meant := means(plan, node)) in WRITTEN:
                plan.edits.expressions[node] = WRITTEN[meant]


def annotation(plan: Plan, statement: ast.AnnAssign) -> str:
    """What the annotation of a field is afterwards."""
    parts = [n for n in ast.walk(statement.annotation) if isinstance(n, ast.Name | ast.Attribute)]
    found: dict[ast.expr, str] = {n: WRITTEN[meant] for n in parts if (meant := means(plan, n)) in WRITTEN}
    return spliced(plan.facts, statement.annotation, found)


def means(plan: Plan, node: ast.expr) -> str:
    """The qualified name of what an expression names, through the imports of its file."""
    text = ast.unparse(node)
    first, dot, rest = text.partition(".")
    origins: dict[str, str] = {}
    for statement in plan.facts.file(node).tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            origins |= imported(statement)
    return f"{origins.get(first, first)}{dot}{rest}"
