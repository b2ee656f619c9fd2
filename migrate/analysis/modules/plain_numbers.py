"""Inputs of modules that are single numbers at a call: `scale: float = 1.0`, or `block(x, 0.5)`."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Const, Value
from migrate.analysis.modules.forwarding import signature
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.program.parameters import parameter_defaults
from migrate.analysis.run import Run


def numbers_given(run: Run, cls: Class, inputs: dict[str, Value], node: ast.Call) -> dict[str, int]:
    """The parameters that are numbers at this call: arrays without axes, as far as sizes go."""
    method = signature(cls)
    left = {name for name in _defaults(method) if name not in inputs} if method is not None else set()
    found = {name for name, value in inputs.items() if _is_number(value)} | left
    run.facts.given_arrays |= {(cls.node, name) for name in inputs.keys() - found}
    run.facts.given_numbers |= {(cls.node, name) for name in found}
    both = run.facts.given_arrays & run.facts.given_numbers
    if any((cls.node, name) in both for name in {*inputs} | found):
        message = "an input of this module is one number at one call and an array at another"
        blocked(run, node, "LNX112", message)
    return dict.fromkeys(found, 0)


def _defaults(method: ast.FunctionDef) -> set[str]:
    """The parameters with a number for a default."""
    pairs = parameter_defaults(method)
    return {a.arg for a, d in pairs if isinstance(d, ast.Constant) and type(d.value) in {int, float}}


def _is_number(value: Value) -> bool:
    return isinstance(value, Const) and type(value.value) in {int, float}
