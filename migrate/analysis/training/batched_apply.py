"""`jax.vmap(model.apply, in_axes=(None, 0))(variables, x)`: one model for every entry of its inputs.

`jax.checkpoint(model.apply)(variables, x)` goes likewise.

Only where it is called on the spot: what goes on as a value might be called with anything.
"""

from __future__ import annotations

import ast

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import ApplyFn, followed
from migrate.analysis.run import Run

OPTIONS = {
    "jax.vmap": frozenset({"in_axes", "out_axes", "axis_name", "axis_size"}),
    "jax.checkpoint": frozenset({"policy", "prevent_cse"}),
}


def is_known(run: Run, name: str, given: Arguments) -> bool:
    """Whether the variables are the same for all entries, and the call gives nothing but inputs."""
    node = given.node
    above = run.facts.scopes.parent[node]
    if not isinstance(above, ast.Call) or above.func is not node or above.keywords or len(given.args) != 1:
        return False
    if not isinstance(given.args[0], ApplyFn) or any(isinstance(a, ast.Starred) for a in above.args):
        return False
    options = {keyword.arg: keyword.value for keyword in node.keywords}
    plain = options.keys() <= OPTIONS[name] and not any(followed(value) for _, value in given.keywords)
    return plain and (name == "jax.checkpoint" or _leave_the_first(options.get("in_axes")))


def _leave_the_first(axes: ast.expr | None) -> bool:
    match axes:
        case (
            ast.Tuple(elts=[ast.Constant(value=None), _, *_])
            | ast.List(elts=[ast.Constant(value=None), _, *_])
        ):
            return not any(isinstance(axis, ast.Starred) for axis in axes.elts)
        case _:
            return False
