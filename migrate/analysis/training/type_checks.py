"""Questions of the type of a train state: `isinstance(state, TrainState)`, and a test that asserts it."""

from __future__ import annotations

import ast

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, Class, Holder, State, Symbol, Value
from migrate.analysis.run import Run
from migrate.analysis.sites import CheckType

TRAIN_STATE = Symbol("flax.TrainState")


def checked(run: Run, callee: Value, given: Arguments) -> Value | None:
    """What such a question gives; None where the call is something else."""
    match given.args[:2]:
        case (State(cls=None), asked) if asked == TRAIN_STATE and _asks(run, callee, given):
            run.facts.site(CheckType(given.node, given.node.args[0], given.node.args[1]))
            return UNKNOWN
        case (Holder(cls=cls), asked) if asked == cls and _asks(run, callee, given):
            return UNKNOWN
        case _:
            return None


def _asks(run: Run, callee: Value, given: Arguments) -> bool:
    node = given.node
    if len(given.args) != len(node.args) or any(isinstance(arg, ast.Starred) for arg in node.args):
        return False
    if callee == Symbol("builtins.isinstance"):
        return len(given.args) == 2
    match node.func:
        case ast.Attribute(value=ast.Name() as receiver, attr="assertIsInstance"):
            return _is_test_case(run, receiver)
        case _:
            return False


def _is_test_case(run: Run, receiver: ast.Name) -> bool:
    """Whether a name is the first parameter of a method of a test case."""
    scopes = run.facts.scopes
    variable = scopes.variable(receiver, receiver.id)
    method = variable.scope if variable is not None else None
    if not isinstance(method, ast.FunctionDef) or not method.args.args:
        return False
    owner = run.facts.classes.get(scopes.scope[method])  # type: ignore[call-overload]
    return method.args.args[0].arg == receiver.id and owner is not None and _extends_test_case(owner)


def _extends_test_case(cls: Class) -> bool:
    for base in cls.bases:
        if isinstance(base, Symbol) and base.name.endswith("TestCase"):
            return True
        if isinstance(base, Class) and _extends_test_case(base):
            return True
    return False
