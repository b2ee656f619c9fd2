"""Labels and masks by path: `path_aware_map(f, params)` whose result goes to a transformation of optax.

NNX hands the transformation a state, which a dict of labels does not fit, so that they become a state too.
"""

from __future__ import annotations

import ast

from migrate.analysis.activation import Arguments, enter_callbacks, lost
from migrate.analysis.kinds import Function, Labels, Params, Symbol, Value
from migrate.analysis.program.parameters import positional_parameters
from migrate.analysis.run import Run
from migrate.analysis.sites import MapPaths
from migrate.analysis.training.masks import reads_shapes
from migrate.analysis.training.same_trees import SAME

NAME = "flax.traverse_util.path_aware_map"
MASKING = frozenset({"optax.masked", "optax.multi_transform", "optax.partition"})
"""Transformations that take labels or a mask in second place."""
WITH_MASKS = frozenset({"optax.adamw", "optax.lion", "optax.lamb", "optax.add_decayed_weights"})
"""Others that take a mask by its keyword."""


def mapped(run: Run, given: Arguments) -> Value:
    """The labels, where nothing but transformations takes them and nothing but paths makes them."""
    node, args = given.node, given.args
    outer = _outermost(run, node)
    if len(args) != 2 or given.keywords or not isinstance(args[1], Params):
        return lost(run, given)
    if not _is_of_paths(args[0]) or not _is_taken(run, outer):
        return lost(run, given)
    enter_callbacks(run, given)
    run.facts.trees.add(node.args[1])
    run.facts.site(MapPaths(node, outer))
    return Labels(args[1].tokens)


def _is_of_paths(function: Value) -> bool:
    """Whether a function of a path and a leaf asks for nothing of the leaf but its shape."""
    if not isinstance(function, Function) or isinstance(function.node, ast.AsyncFunctionDef):
        return False
    names = positional_parameters(function.node)
    return len(names) == 2 and reads_shapes(function.node, names[1].arg)


def _outermost(run: Run, node: ast.expr) -> ast.expr:
    """The labels below `freeze` and `unfreeze`, which a state does not need."""
    parent = run.facts.scopes.parent[node]
    if isinstance(parent, ast.Call) and parent.args == [node] and not parent.keywords:
        callee = run.facts.values.get(parent.func)
        if isinstance(callee, Symbol) and callee.name in SAME:
            return _outermost(run, parent)
    return node


def _is_taken(run: Run, node: ast.expr) -> bool:
    """Whether the labels, or every use of the one name that they get, are an argument of a transformation."""
    scopes = run.facts.scopes
    match scopes.parent[node]:
        case ast.Assign(targets=[ast.Name() as target]) if target not in scopes.members:
            names = scopes.names(scopes.variable(target, target.id))
            loads = [name for name in names if name is not target]
            inside = all(scopes.function(name) is scopes.function(target) for name in loads)
            return inside and all(_is_argument(run, name) for name in loads)
        case _:
            return _is_argument(run, node)


def _is_argument(run: Run, node: ast.expr) -> bool:
    match run.facts.scopes.parent[node]:
        case ast.Call(func=function, args=[_, second], keywords=[]) if second is node:
            return _names(run, function, MASKING)
        case ast.keyword(arg="param_labels" | "mask") as keyword:
            call = run.facts.scopes.parent[keyword]
            return isinstance(call, ast.Call) and _names(run, call.func, MASKING | WITH_MASKS)
        case _:
            return False


def _names(run: Run, function: ast.expr, known: frozenset[str]) -> bool:
    callee = run.evaluate(function) if isinstance(function, ast.Attribute | ast.Name) else None
    return isinstance(callee, Symbol) and callee.name in known
