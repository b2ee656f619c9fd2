"""`out, vjp_fn = jax.vjp(function, params, *inputs)`: gradients by parameters that a later call gives.

The function that gives them is known as a method of the gradients.
"""

from __future__ import annotations

import ast

from migrate.analysis.activation import Arguments, enter_bound, lost
from migrate.analysis.kinds import UNKNOWN, Const, Function, Grads, Method, Params, Sequence, Value, followed
from migrate.analysis.program.parameters import positional_parameters
from migrate.analysis.run import Run
from migrate.analysis.sites import Binding, Differentiate

NAME = "jax.vjp"
PULLBACK = "pullback"
"""The method by whose name the second result is known."""


def taken(run: Run, given: Arguments) -> Value:
    """The result of the function and what gives the gradients, and `aux` behind them."""
    options = dict(given.keywords)
    aux = options.get("has_aux", Const(False))
    if not _is_known(given) or not options.keys() <= {"has_aux"} or not isinstance(aux, Const):
        return lost(run, given)
    function, params, *inputs = given.args
    assert isinstance(function, Function) and isinstance(params, Params)
    if any(params.tokens & frozen for frozen in run.frozen):
        message = "the gradient of a model of the enclosing scope is taken inside a traced function"
        run.escape(given.node, "LNX203", message, params)
    with run.freezing(run.visible()), run.differentiating():
        value = enter_bound(run, function, given.node, (params, *inputs))
    run.escape(given.node, "LNX203", "a followed value is a result of a function under `jax.vjp`", value)
    run.facts.site(Differentiate(given.node, given.node.args[0], (0,)))
    names = [argument.arg for argument in positional_parameters(function.node)]
    pairs = tuple(zip(names, given.node.args[1:], strict=True))
    run.facts.bindings[given.node][function.node] = Binding(given.node, function.node, pairs)
    run.facts.links |= {(token, function.node) for token in params.tokens}
    grads = Sequence((Grads(params.tokens), *(UNKNOWN for _ in inputs)))
    pullback = Method(grads, PULLBACK)
    return Sequence((UNKNOWN, pullback, UNKNOWN) if aux.value else (UNKNOWN, pullback))


def _is_known(given: Arguments) -> bool:
    """Whether parameters stand in first place, and nothing else that is followed beside them."""
    match given.args:
        case (Function(node), Params(), *inputs):
            starred = any(isinstance(argument, ast.Starred) for argument in given.node.args)
            fits = len(positional_parameters(node)) == len(inputs) + 1
            return fits and not starred and not any(map(followed, inputs))
        case _:
            return False


def is_pullback(value: Value) -> bool:
    """Whether a value is what `jax.vjp` gives beside the result."""
    return isinstance(value, Method) and value.name == PULLBACK and isinstance(value.receiver, Sequence)


def gives(run: Run, node: ast.expr) -> bool:
    """Whether an expression is a call of such a value, which keeps the places of what it gives."""
    return isinstance(node, ast.Call) and is_pullback(run.facts.values.get(node.func, UNKNOWN))


def called(run: Run, pullback: Method, given: Arguments) -> Value:
    """The gradients, beside those by inputs."""
    if len(given.args) != 1 or given.keywords or any(map(followed, given.args)):
        return lost(run, given, pullback)
    return pullback.receiver
