"""Parameters that `setup` makes: their reads, and the sizes in what `setup` builds."""

from __future__ import annotations

import ast
from keyword import iskeyword

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import own_methods
from migrate.analysis.sites import Layer, Parameter
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.derived_attributes import computed
from migrate.plan.modules.drafts import changed_piece
from migrate.plan.modules.input_sizes import InputSizes
from migrate.plan.modules.own_attributes import attributes
from migrate.plan.modules.owned import owned
from migrate.plan.modules.reserved import RESERVED


def read_attributes(plan: Plan, cls: Class) -> None:
    """`self.scale`, which `setup` made, is an array in Linen and a variable in NNX.

    What has an explicit name takes it as its attribute, so that its place in the tree stays.
    """
    made = [s for s in owned(plan, cls) if isinstance(s, Layer | Parameter) and s.kept not in {None, "*"}]
    values = {site.kept for site in made if isinstance(site, Parameter)}
    names = {site.kept: site.name for site in made}
    for name in {*names.values()} - {*names}:
        if name in attributes(cls) or name in RESERVED:
            raise Blocked(cls.node, "LNX111", f"`{name}` is the name of a layer and another attribute")
    for method in own_methods(cls).values():
        for node in ast.walk(method):
            match node:
                case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Load()) if name in values:
                    plan.edits.expressions[node] = f"self.{names[name]}[...]"
                case ast.Attribute(value=ast.Name(id="self"), attr=name) if names.get(name, name) != name:
                    plan.edits.expressions[node] = reached(names[name])
    for read, text in computed(plan, cls).reads.items():
        plan.edits.expressions[read] = text


def reached(name: str, module: str = "self") -> str:
    """An attribute of a module, which may have a name that needs quotes."""
    plain = name.isidentifier() and not iskeyword(name)
    return f"{module}.{name}" if plain else f'getattr({module}, "{name}")'


def rename_setup(plan: Plan, setup: ast.FunctionDef | None, sizes: InputSizes) -> None:
    """The constructions inside of `setup` in the final names of the sizes."""
    inside = set(ast.walk(setup)) if setup is not None else set()
    for node in inside & plan.edits.expressions.keys():
        if isinstance(plan.facts.sites.get(node), Layer | Parameter):
            plan.edits.expressions[node] = changed_piece(plan.edits.expressions[node], sizes.renamed)
    for lines in (plan.edits.before, plan.edits.statements):
        for statement in inside & lines.keys():
            assert isinstance(statement, ast.stmt)
            lines[statement] = [changed_piece(line, sizes.renamed) for line in lines[statement]]
