"""`functools.partial`, which may hand a module definition to a function before anything else is known."""

from __future__ import annotations

import ast

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import Partial, Value, followed
from migrate.analysis.program.parameters import positional_parameters
from migrate.analysis.run import Run, functions_in, is_definition
from migrate.analysis.sites import Binding


def applied(partial: Partial, given: Arguments) -> Arguments:
    """The arguments of a call of a partial call, all together."""
    names = dict(partial.keywords) | dict(given.keywords)
    sources = (*given.sources, partial.site) if partial.site is not None else given.sources
    return Arguments(given.node, (*partial.args, *given.args), tuple(names.items()), sources)


def made(run: Run, given: Arguments) -> Value:
    """`partial(function, *args, **keywords)`; which parameters get definitions is remembered."""
    partial = Partial(given.args[0], given.args[1:], given.keywords, given.node)
    spread = any(isinstance(a, ast.Starred) for a in given.node.args) or "**" in dict(given.keywords)
    if followed(partial) and is_definition(partial) and not spread:
        for function in functions_in(partial.function):
            names = [a.arg for a in positional_parameters(function.node)]
            pairs = [*zip(names, given.node.args[1:], strict=False)]
            pairs += [(k.arg, k.value) for k in given.node.keywords if k.arg is not None]
            run.facts.handed[given.node][function.node] = Binding(given.node, function.node, tuple(pairs))
    return partial
