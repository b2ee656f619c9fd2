"""States that are made by their class: `TrainState(step=0, ..., tx=tx, opt_state=tx.init(params))`.

With a first step and an optimizer state made on the spot of the same parameters, that is what `create` does.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import Const, Optimizer
from migrate.analysis.run import Run
from migrate.analysis.training.bare_states import FIELDS

GONE = frozenset({"step", "opt_state"})
"""What `create` sets by itself."""


def as_create(run: Run, given: Arguments) -> Arguments | None:
    """The arguments of the `create` that makes the same state; None where there is none."""
    keywords = dict(given.keywords)
    if given.args or not keywords.keys() >= FIELDS or "**" in keywords:
        return None
    expressions = {k.arg: k.value for k in given.node.keywords}
    step, opt_state = keywords["step"], expressions["opt_state"]
    first = isinstance(step, Const) and type(step.value) is int and step.value == 0
    if not first or not isinstance(keywords["opt_state"], Optimizer):
        return None
    if not _is_made_of(opt_state, expressions["tx"], expressions["params"]):
        return None
    run.facts.sites.pop(opt_state, None)
    run.facts.values.pop(opt_state, None)
    return replace(given, keywords=tuple((n, v) for n, v in given.keywords if n not in GONE))


def _is_made_of(opt_state: ast.expr, tx: ast.expr, params: ast.expr) -> bool:
    """Whether it is `tx.init(params)` of what the state is given beside it, each by its name."""
    match opt_state:
        case ast.Call(func=ast.Attribute(value=receiver, attr="init"), args=[tree], keywords=[]):
            same = [ast.dump(receiver), ast.dump(tree)] == [ast.dump(tx), ast.dump(params)]
            return same and not any(isinstance(n, ast.Call) for e in (tx, params) for n in ast.walk(e))
        case _:
            return False
