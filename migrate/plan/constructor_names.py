"""Names that mean something else once an expression stands in `__init__`."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from migrate.analysis.kinds import Class
from migrate.analysis.modules import field_names, inputs_of, methods, placeholder
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan


def check_names(plan: Plan, site: Class, layers: Iterable[Layer], arguments: dict[str, str]) -> None:
    """Refuse where a parameter of the new `__init__` would hide a name of the module around the class."""
    fields, known = set(field_names(site)), methods(site)
    sizes = {*arguments.values(), *(placeholder(name).text for name in inputs_of(known["__call__"]))}
    if clash := fields & {*arguments.values()}:
        raise Blocked(site.node, "LNX111", f"a field is called `{min(clash)}` as the input size would be")
    setup = known.get("setup")
    moved: list[ast.AST] = [layer.node for layer in layers] if setup is None else [*setup.body]
    for node in (n for root in moved for n in ast.walk(root)):
        if isinstance(node, ast.Name) and _means_something_else(plan, node, known, fields, sizes):
            message = f"`{node.id}` would be a parameter of `__init__` where it means something else here"
            raise Blocked(node, "LNX111", message)


def _means_something_else(
    plan: Plan, node: ast.Name, known: dict[str, ast.FunctionDef], fields: set[str], sizes: set[str]
) -> bool:
    variable = plan.facts.scopes.variable(node, node.id)
    inside = variable is not None and variable.scope in known.values()
    if inside:
        taken = {"rngs"} | sizes if isinstance(node.ctx, ast.Store) else set()
    else:
        taken = {"rngs", "self"} | sizes | fields
    return node.id in taken
