"""`jax.lax.cond` and `jax.lax.switch` with models among their operands.

Each branch works on copies of what it is given, and what the chosen one gives are new objects,
in both styles.
"""

from __future__ import annotations

import ast
import functools

from migrate.analysis.activation import Arguments, enter_bound, lost
from migrate.analysis.ageing import renamed
from migrate.analysis.joining import join
from migrate.analysis.kinds import UNKNOWN, Function, Sequence, Value, followed, tokens_of
from migrate.analysis.program.parameters import positional_parameters
from migrate.analysis.run import Run
from migrate.analysis.sites import Binding, Choose
from migrate.analysis.training.carries import mixes
from migrate.analysis.training.copies import adopt, copies, returned

NAMES = frozenset({"jax.lax.cond", "jax.lax.switch"})


def call(run: Run, name: str, given: Arguments) -> Value:
    """What a condition gives some of whose operands are followed."""
    node, keywords = given.node, dict(given.keywords)
    first = 3 if name == "jax.lax.cond" else 2
    branches = _branches(given.args[1:first])
    starred = any(isinstance(arg, ast.Starred) for arg in node.args)
    if starred or not set(keywords) <= {"operand"} or not branches or followed(given.args[0]):
        return lost(run, given)
    operands = (*given.args[first:], *keywords.values())
    nodes = (*node.args[first:], *(keyword.value for keyword in node.keywords))
    outcomes = [_outcome(run, given, branch, operands, nodes) for branch in branches]
    run.facts.site(Choose(node, tuple(node.args[1:first])))
    result = functools.reduce(join, outcomes)
    if any(map(followed, outcomes)) and mixes(result):
        run.escape(node, "LNX202", "the branches of a condition give different things", *outcomes)
        return UNKNOWN
    return result


def _branches(values: tuple[Value, ...]) -> list[Function]:
    """The functions of which one is chosen; none where any of them is not known."""
    match values:
        case (Sequence(items),):
            values = items
    return [v for v in values if isinstance(v, Function)] if _all_functions(values) else []


def _all_functions(values: tuple[Value, ...]) -> bool:
    return len(values) > 1 and all(isinstance(value, Function) for value in values)


def _outcome(
    run: Run, given: Arguments, branch: Function, operands: tuple[Value, ...], nodes: tuple[ast.expr, ...]
) -> Value:
    """What one branch gives, under names that are the same for what the others give in its place."""
    names = copies(branch, operands, "operand")
    adopt(run, names)
    parameters = [a.arg for a in positional_parameters(branch.node)]
    pairs = tuple(zip(parameters, nodes, strict=False))
    run.facts.bindings[given.node][branch.node] = Binding(given.node, branch.node, pairs)
    with run.freezing(run.visible()), run.collecting() as updated:
        inside = [renamed(operand, names, fresh=True) for operand in operands]
        result = enter_bound(run, branch, given.node, inside)
    if discarded := frozenset(updated) & frozenset(names.values()) - tokens_of(result):
        message = "a train state is updated in a branch of a condition and not given back"
        run.facts.escape(given.node, "LNX202", message, discarded)
    run.facts.bodies.add(branch.node)
    again = {token: returned(run, given.node, token, names) for token in tokens_of(result)}
    adopt(run, again)
    return renamed(result, again, fresh=True)
