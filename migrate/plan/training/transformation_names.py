"""What is written where a gradient transformation loses its name, or its place among the parameters."""

from __future__ import annotations

import ast

from migrate.analysis.program.scopes import FUNCTIONS, Variable
from migrate.plan.context import Plan
from migrate.plan.training.transformations import NEW_NAME


def rewrite_transformations(plan: Plan) -> None:
    """Take out parameters that nothing needs, and rename what has the name of an optimizer."""
    for variable in plan.transformations.dropped:
        _drop(plan, variable)
    taken = {plan.naming.of(v).optimizer for v, role in plan.roles.role.items() if role == "optimizer"}
    for variable in plan.transformations.renamable:
        if variable.name in taken:
            for node in plan.facts.scopes.names(variable):
                plan.edits.expressions[node] = NEW_NAME


def _drop(plan: Plan, variable: Variable) -> None:
    assert isinstance(variable.scope, FUNCTIONS)
    plan.edits.parameters[variable.scope][variable.name] = ()
    for call, bindings in plan.facts.bindings.items():
        binding = bindings.get(variable.scope)
        if binding is not None:
            argument = dict(binding.arguments)[variable.name]
            assert isinstance(argument, ast.expr)
            plan.edits.arguments[call][argument] = ()
