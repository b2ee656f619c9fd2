"""Parameters as plain data: a dict with Linen's names, made from the model."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Holder, Params, SavedState, State, Stats, Variables, followed
from migrate.analysis.sites import PlainTree
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.whole_states import linen_layout
from migrate.plan.training.whole_variables import has_only_parameters


def plain(plan: Plan, node: ast.expr) -> str:
    """The parameters, or the whole dict of variables, that `node` is, as plain data."""
    tree = f"nnx.to_pure_dict(nnx.state({plan.model_of(node)}, nnx.Param))"
    return f'{{"params": {tree}}}' if is_whole(plan, node) else tree


def is_whole(plan: Plan, node: ast.expr) -> bool:
    """Whether the program has the whole dict of variables here, which must be parameters only."""
    value = plan.facts.values[node]
    if not isinstance(value, Variables):
        return False
    if not has_only_parameters(plan.facts, value):
        message = "the variables that are saved or loaded here hold more than parameters"
        raise Blocked(node, "LNX401", message)
    return True


def write(plan: Plan, node: ast.expr) -> None:
    """Write every tree of parameters in an argument of a reader as plain data."""
    value = plan.facts.values[node]
    if not followed(value) or isinstance(value, SavedState):
        return
    match node:
        case _ if isinstance(value, State | Holder):
            plan.edits.expressions[node] = linen_layout(plan, node)
        case _ if isinstance(value, Params | Variables) and not isinstance(node, ast.Dict):
            plan.claimed.add(node)
            plan.edits.expressions[node] = plain(plan, node)
        case ast.Attribute(value=state) if isinstance(value, Stats):
            plan.claimed.add(node)
            stats = f"nnx.to_pure_dict(nnx.state({plan.model_of(state)}, nnx.BatchStat))"
            plan.edits.expressions[node] = stats
        case ast.Dict(values=values):
            for item in values:
                write(plan, item)
        case ast.Tuple(elts=items) | ast.List(elts=items):
            for item in items:
                write(plan, item)
        case ast.Name():
            write(plan, _display(plan, node))
        case _:
            raise Blocked(node, "LNX401", "what is saved here is no name and no dict: write it out")


def _display(plan: Plan, node: ast.Name) -> ast.expr:
    """The dict that a variable is bound to, if it only ever goes to readers."""
    scopes = plan.facts.scopes
    variable = scopes.variable(node, node.id)
    names = scopes.names(variable)
    stores = [n for n in names if isinstance(n.ctx, ast.Store)]
    statement = plan.parent(stores[0]) if len(stores) == 1 else None
    elsewhere = [n for n in names if n not in stores and not goes_to_reader(plan, n)]
    if elsewhere or not isinstance(statement, ast.Assign) or statement.targets != stores:
        message = f"`{node.id}` holds parameters that are saved here and used in other ways too"
        raise Blocked(node, "LNX401", message)
    if not isinstance(statement.value, ast.Dict | ast.Tuple | ast.List):
        raise Blocked(node, "LNX401", f"it cannot be seen what `{node.id}` holds: write it out")
    return statement.value


def goes_to_reader(plan: Plan, node: ast.Name) -> bool:
    """Whether a variable is handed to a function that takes it as data."""
    parent = plan.parent(node)
    call = plan.parent(parent) if isinstance(parent, ast.keyword) else parent
    return isinstance(plan.site(call), PlainTree)
