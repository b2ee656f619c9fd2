"""Parameters that `setup` makes: their reads, and the sizes in what `setup` builds."""

from __future__ import annotations

import ast

from migrate.analysis.classes import methods
from migrate.analysis.kinds import Class
from migrate.analysis.sites import Layer, Parameter
from migrate.plan.context import Plan
from migrate.plan.drafts import changed
from migrate.plan.input_sizes import InputSizes
from migrate.plan.module_drafts import owned
from migrate.rewrite.edits import Suite


def read_parameters(plan: Plan, cls: Class) -> None:
    """`self.scale`, which `setup` made, is an array in Linen and a variable in NNX."""
    names = {site.kept for site in owned(plan, cls) if isinstance(site, Parameter) and site.kept}
    for method in methods(cls).values():
        for node in ast.walk(method):
            match node:
                case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Load()) if name in names:
                    plan.edits.expressions[node] = f"self.{name}[...]"


def rename_setup(plan: Plan, setup: ast.FunctionDef | None, sizes: InputSizes) -> None:
    """The constructions inside of `setup` in the final names of the sizes."""
    inside = set(ast.walk(setup)) if setup is not None else set()
    for node in inside & plan.edits.expressions.keys():
        if isinstance(plan.facts.sites.get(node), Layer | Parameter):
            piece = changed(plan.edits.expressions[node], sizes.renamed)
            assert not isinstance(piece, Suite)
            plan.edits.expressions[node] = piece
