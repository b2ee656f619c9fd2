"""`net.apply = jax.jit(net.apply)`: from there on each call through the definition is a compiled one."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import ApplyFn, Instance, Jit, Value
from migrate.analysis.run import Run
from migrate.analysis.sites import CompileApply


def keep(run: Run, target: ast.Attribute, held: Instance, kind: Value) -> None:
    """Remember the statement, or that it does something else which nothing is known of."""
    statement = run.facts.scopes.parent[target]
    own = isinstance(kind, Jit) and isinstance(kind.function, ApplyFn) and kind.function.instances == {held}
    plain = isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)
    if own and plain and isinstance(target.value, ast.Name) and isinstance(statement, ast.Assign):
        call = statement.value
        assert isinstance(call, ast.Call)
        if len(call.args) == 1 and not call.keywords:
            run.facts.site(CompileApply(target, statement, target.value, call.func))
            return
    message = "the `apply` of a module definition is set"
    run.facts.escape(target, "LNX013", message, frozenset(), frozenset({held}))
