"""Fields that hold one module, which callers elsewhere give: afterwards it is one of NNX."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import fields, holds_module
from migrate.analysis.modules.given_layers import EMBED
from migrate.analysis.modules.hoisting import spliced
from migrate.analysis.program.names import imported
from migrate.plan.context import Plan

WRITTEN = {"flax.linen.Module": "nnx.Module", EMBED: "nnx.Embed"}


def module_fields(cls: Class) -> list[str]:
    """The names of such fields, in order."""
    return [s.target.id for s in fields(cls) if isinstance(s.target, ast.Name) and holds_module(s.annotation)]


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
