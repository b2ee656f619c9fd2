"""`y, variables = model.init_with_output(key, x)`: an `init`, and the first call of the model."""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import UNKNOWN, Sequence, Value
from migrate.analysis.run import Run

NAME = "init_with_output"


def with_output(run: Run, node: ast.Call, variables: Value) -> Value:
    """The results, which two targets have to take apart."""
    if output_of(run.facts, node) is None:
        message = f"`{NAME}` is not taken apart on the spot: write `output, variables = ...`"
        run.escape(node, "LNX006", message, variables)
        return UNKNOWN
    return Sequence((UNKNOWN, UNKNOWN if variables_of(run.facts, node) is None else variables))


def output_of(facts: Facts, node: ast.Call) -> ast.expr | None:
    """What the output is assigned to."""
    targets = _targets(facts, node)
    return targets[0] if targets is not None else None


def variables_of(facts: Facts, node: ast.Call) -> ast.Name | None:
    """The name of the variables, if it is ever read."""
    targets = _targets(facts, node)
    return targets[1] if targets is not None and is_read(facts, targets[1]) else None


def is_read(facts: Facts, target: ast.Name) -> bool:
    """Whether a name is more than a place for what nobody wants."""
    variable = facts.scopes.variable(target, target.id)
    return any(isinstance(use.ctx, ast.Load) for use in facts.scopes.names(variable))


def _targets(facts: Facts, node: ast.Call) -> tuple[ast.expr, ast.Name] | None:
    match node.func, facts.scopes.parent.get(node):
        case ast.Attribute(attr=name), ast.Assign(
            targets=[ast.Tuple(elts=[output, ast.Name() as variables])]
        ) if name == NAME and not isinstance(output, ast.Starred):
            return output, variables
        case _:
            return None
