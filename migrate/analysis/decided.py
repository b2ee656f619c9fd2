"""`if tx is not None`, `if has_aux`: tests that a call decides by what it gives for a parameter.

A function is run once for each call of it, so that each takes its own way: the same function may make a state
with an optimizer for one caller and without one for another.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.kinds import (
    ApplyFn,
    Const,
    Function,
    Instance,
    Params,
    Transformation,
    Value,
    Variables,
)
from migrate.analysis.program.parameters import all_parameters, parameter_defaults
from migrate.analysis.program.scopes import FUNCTIONS, FunctionNode
from migrate.analysis.run import Run
from migrate.analysis.unseen import Skipped, flag_of

THERE = (Transformation, Params, Variables, Instance, ApplyFn, Function)
"""What is surely not None."""


def left_out(node: FunctionNode) -> dict[str, Value]:
    """The parameters that are None, or a flag, where a call does not give them."""
    known = ((a.arg, d.value) for a, d in parameter_defaults(node) if isinstance(d, ast.Constant))
    return {name: Const(value) for name, value in known if value is None or isinstance(value, bool)}


def possible(run: Run, node: ast.If | ast.IfExp) -> list[bool]:
    """The sides that the running call may take: True for the first one."""
    both = node in run.facts.undecided and flag_of(node.test) is None
    known = _decided(run, node.test) if run.owner is None and not both else None
    sides = [True, False] if known is None else [known]
    run.taken |= {(node, side) for side in sides}
    return sides


def pass_by(run: Run, node: ast.If | ast.IfExp, sides: list[bool], start: Skipped) -> None:
    """Remember where the program stood in front of a side that this call does not take."""
    for place in {(node, side) for side in {True, False}.difference(sides)} - run.skipped.keys():
        run.skipped[place] = replace(start, origins=run.origins_in_sight())


def _decided(run: Run, test: ast.expr) -> bool | None:
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            opposite = _decided(run, operand)
            return None if opposite is None else not opposite
        case ast.Compare(
            left=ast.Name() as name,
            ops=[ast.Is() | ast.IsNot() as how],
            comparators=[ast.Constant(value=None)],
        ) if _is_parameter(run, name):
            value = run.frame.vars.get(name.id)
            if value == Const(None) or isinstance(value, THERE):
                return (value == Const(None)) == isinstance(how, ast.Is)
        case ast.Name() if _is_parameter(run, test) and _is_given_once(run, test):
            value = run.frame.vars.get(test.id)
            return value.value if isinstance(value, Const) and isinstance(value.value, bool) else None
        case _:
            pass
    return None


def _is_parameter(run: Run, name: ast.Name) -> bool:
    """Whether a name is a parameter of the running function that no inner function binds."""
    scopes = run.facts.scopes
    variable = scopes.variable(name, name.id)
    if variable is None or variable.scope is not run.frame.scope or not isinstance(variable.scope, FUNCTIONS):
        return False
    shared = any(names.get(variable.name) is variable.scope for names in scopes.outer.values())
    return not shared and variable.name in {arg.arg for arg in all_parameters(variable.scope)}


def _is_given_once(run: Run, name: ast.Name) -> bool:
    """Whether nothing binds the name anew."""
    variable = run.facts.scopes.variable(name, name.id)
    return all(isinstance(node.ctx, ast.Load) for node in run.facts.scopes.names(variable))
