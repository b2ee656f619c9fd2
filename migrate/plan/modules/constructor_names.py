"""Names that mean something else once an expression stands in `__init__`."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import field_names, methods
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.input_sizes import InputSizes
from migrate.plan.modules.owned import owned


def check_names(plan: Plan, site: Class, inputs: InputSizes) -> None:
    """Refuse where a parameter of the new `__init__` would hide a name of the module around the class."""
    fields, known = set(field_names(site)), methods(site)
    sizes = {*(argument.argument for argument in inputs.arguments), *inputs.names.values()}
    sizes |= {r.name for turns in _turns(plan, site) for r in turns}
    if clash := fields & sizes:
        raise Blocked(site.node, "LNX111", f"a field is called `{min(clash)}` as the input size would be")
    setup = known.get("setup")
    moved: list[ast.AST] = [layer.node for layer in owned(plan, site)]
    moved += [*setup.body] if setup is not None else []
    for node in (n for root in moved for n in ast.walk(root)):
        if isinstance(node, ast.Name) and _means_something_else(plan, node, known, fields, sizes):
            message = f"`{node.id}` would be a parameter of `__init__` where it means something else here"
            raise Blocked(node, "LNX111", message)


def _turns(plan: Plan, site: Class):  # type: ignore[no-untyped-def]
    inside = set(ast.walk(site.node))
    return [turns.running for loop, turns in plan.facts.loops.items() if loop in inside]


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
