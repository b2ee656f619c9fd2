"""`state.opt_state[1].hyperparams["learning_rate"]`: a number that an optimizer keeps beside moments."""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import UNKNOWN, OptState, Value
from migrate.analysis.run import Run
from migrate.analysis.sites import ReadHyperparameter


def read(run: Run, node: ast.Attribute | ast.Subscript, value: OptState) -> Value | None:
    """A step on the way from the optimizer state of a train state to a hyperparameter; None for any other."""
    parents = run.facts.scopes.parent
    if is_leaf(node):
        root = root_of(node)
        if isinstance(root, ast.Attribute) and root.attr == "opt_state":
            run.facts.site(ReadHyperparameter(node, root))
            return UNKNOWN
        return None
    above = parents[node]
    while isinstance(above, ast.Attribute | ast.Subscript) and not is_leaf(above):
        above = parents[above]
    leads = isinstance(above, ast.Subscript) and root_of(above) is root_of(node)
    return value if leads and isinstance(root_of(node), ast.Attribute) else None


def leads_on(facts: Facts, node: ast.expr) -> bool:
    """Whether the optimizer state is read for a hyperparameter, and nothing else is done with it."""
    above = facts.scopes.parent[node]
    while isinstance(above, ast.Attribute | ast.Subscript):
        if isinstance(facts.sites.get(above), ReadHyperparameter):
            return True
        above = facts.scopes.parent[above]
    return False


def is_leaf(node: ast.AST) -> bool:
    """Whether an expression has the form `opt_state[0].hyperparams["name"]`."""
    match node:
        case ast.Subscript(
            value=ast.Attribute(attr="hyperparams"), slice=ast.Constant(value=str()), ctx=ast.Load()
        ):
            return True
        case _:
            return False


def root_of(node: ast.expr) -> ast.expr | None:
    """The optimizer state at the beginning of such an expression."""
    while not (isinstance(node, ast.Attribute) and node.attr == "opt_state"):
        match node:
            case ast.Attribute(value=inner, attr="hyperparams" | "inner_state" | "inner_opt_state"):
                node = inner
            case ast.Subscript(
                value=inner, slice=ast.Constant() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant())
            ):
                node = inner
            case _:
                return None
    return node
