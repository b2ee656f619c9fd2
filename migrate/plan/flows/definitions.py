"""Module definitions and their `apply` that go on as values."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import ApplyFn
from migrate.analysis.sites import (
    Apply,
    ApplyFunction,
    CloneState,
    CompileApply,
    CreateHolder,
    CreateState,
    Layer,
    Outline,
    StateOfTree,
)
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.flows.layers import write_layer
from migrate.plan.functions.parameters import pass_on, receivers
from migrate.plan.training.beside import record_of


def write_definition(plan: Plan, node: ast.expr) -> None:
    """A definition that is applied, named, handed on, or stays an object of the program."""
    parent = plan.parent(node)
    if record_of(plan, node):
        return
    if any(isinstance(plan.site(instance.site), Layer) for instance in plan.instances(node)):
        write_layer(plan, node, parent)
        return
    if (parameters := receivers(plan, node)) is not None:
        pass_on(plan, node, parameters)
        return
    if not isinstance(plan.facts.values[node], ApplyFn) and _goes_on(plan, node):
        return
    above = plan.parent(parent) if isinstance(parent, ast.Call) else None
    if isinstance(above, ast.Assign) and isinstance(plan.site(above.targets[0]), CompileApply):
        return
    match parent:
        case ast.Attribute():
            return
        case ast.Call(func=function) if function is node:
            return
        case ast.Call() if isinstance(plan.site(plan.parent(parent)), Apply | ApplyFunction | Outline):
            return
        case ast.keyword() if isinstance(
            plan.site(plan.parent(parent)), (CreateState, CreateHolder, CloneState, StateOfTree)
        ):
            return
        case ast.Assign(targets=[ast.Name()]) if isinstance(node, ast.Call):
            return
        case ast.Assign(targets=[ast.Name()]) if isinstance(plan.facts.values[node], ApplyFn):
            plan.edits.statements[parent] = []
        case _:
            raise Blocked(node, "LNX010", "a module definition or its apply function is used as a value")


def _goes_on(plan: Plan, node: ast.expr) -> bool:
    """Whether a definition stays an object of the program, which may go where it went."""
    return plan.bridged or all(i.site in plan.definitions.apart for i in plan.instances(node))
