"""What a program shows of a definition before it has parameters: its table, or the shapes of its variables.

Such a call initialises nothing, so that what it gives is plain data.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments, lost
from migrate.analysis.kinds import UNKNOWN, Instance, Method, Partial, Value, followed
from migrate.analysis.modules import methods as modules
from migrate.analysis.run import Run
from migrate.analysis.shapes import arrays
from migrate.analysis.shapes.sizes import UNKNOWN_SHAPE
from migrate.analysis.sites import Init, Outline

FUNCTION = "flax.linen.tabulate"
OPTIONS = frozenset({"depth", "console_kwargs", "table_kwargs", "column_kwargs"}) | {
    "compute_flops",
    "compute_vjp_flops",
}
"""Keywords of `tabulate` that mean the same in NNX."""


def is_function(given: Arguments) -> bool:
    """`nn.tabulate(net, key)` of a definition."""
    return len(given.args) == 2 and isinstance(given.args[0], Instance)


def named(run: Run, given: Arguments) -> Value:
    """What `nn.tabulate(net, key)` gives, where it is called on the spot."""
    parent = run.facts.scopes.parent[given.node]
    instance = given.args[0]
    if not (isinstance(parent, ast.Call) and parent.func is given.node) or followed(given.args[1]):
        return lost(run, given)
    assert isinstance(instance, Instance)
    return Method(instance, "tabulate")


def tabulated(run: Run, instance: Instance, given: Arguments) -> Value:
    """`net.tabulate(key, x)`, or `nn.tabulate(net, key)(x)`."""
    node, function = given.node, given.node.func
    if isinstance(function, ast.Call):
        definition, key = function.args[:2]
        options, args, values = [*function.keywords], node.args, given.args
    elif isinstance(function, ast.Attribute) and node.args:
        definition, key = function.value, node.args[0]
        options = [k for k in node.keywords if k.arg in OPTIONS]
        args, values = node.args[1:], given.args[1:]
    else:
        return _refused(run, instance, given)
    if any(option.arg not in OPTIONS for option in options):
        return _refused(run, instance, given)
    inputs = [k for k in node.keywords if k not in options]
    init = _init(run, instance, given, key, args, values, inputs)
    if init is None:
        return _refused(run, instance, given)
    run.facts.site(Outline(node, definition, init, True, (*options,)))
    return UNKNOWN


def init_of(value: Value) -> Instance | None:
    """The definition whose `init` a function is, perhaps with keywords that `partial` gives it."""
    match value:
        case Method(Instance() as instance, "init"):
            return instance
        case Partial(Method(Instance() as instance, "init"), ()):
            return instance
        case _:
            return None


def shaped(run: Run, instance: Instance, given: Arguments) -> Value:
    """`jax.eval_shape(net.init, key, x)`, or `jax.eval_shape(partial(net.init, train=False), key, x)`."""
    node, function, before = given.node, given.node.args[0], given.args[0]
    early: list[ast.keyword] = []
    if isinstance(before, Partial) and isinstance(function, ast.Call) and function is before.site:
        given = replace(given, keywords=(*before.keywords, *given.keywords))
        early = function.keywords
        function = function.args[0]
    if not isinstance(function, ast.Attribute) or len(node.args) < 2:
        return _refused(run, instance, given)
    keywords = [*early, *node.keywords]
    init = _init(run, instance, given, node.args[1], node.args[2:], given.args[2:], keywords)
    if init is None:
        return _refused(run, instance, given)
    run.facts.site(Outline(node, function.value, init, False))
    return UNKNOWN


def _refused(run: Run, instance: Instance, given: Arguments) -> Value:
    values = (*given.args, *dict(given.keywords).values())
    message = "a definition is shown here with arguments that have no rewriting yet"
    run.escape(given.node, "LNX006", message, instance, *values)
    return UNKNOWN


def _init(
    run: Run,
    instance: Instance,
    given: Arguments,
    key: ast.expr,
    args: list[ast.expr],
    values: tuple[Value, ...],
    keywords: list[ast.keyword],
) -> Init | None:
    """What `init` with these arguments would be; None where they cannot be told apart."""
    names = modules.call_inputs(instance)
    known = dict(given.keywords)
    spread = any(isinstance(a, ast.Starred) for a in (key, *args))
    if run.owner is not None or spread or any(k.arg not in names for k in keywords):
        return None
    if any(map(followed, (*values, *known.values()))):
        return None
    definition = replace(instance, made=())
    shapes = tuple(arrays.of(value) or UNKNOWN_SHAPE for value in values)
    by_name = {k.arg: k.value for k in keywords if k.arg is not None}
    named = tuple((n, node, arrays.of(known[n]) or UNKNOWN_SHAPE) for n, node in by_name.items())
    modules.initialised(run, definition, given.node, values, {n: known[n] for n in by_name})
    run.facts.initialised[given.node] = run.facts.initialised.get(given.node, frozenset()) | {definition}
    return Init(given.node, definition, key, tuple(args), shapes, named)
