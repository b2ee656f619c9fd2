"""Names and attributes that hold NNX values, and what is done with the results of updates."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.joining import join
from migrate.analysis.kinds import UNKNOWN, Method, Sequence, Symbol, Value
from migrate.analysis.nnx_code import nnx_objects
from migrate.analysis.nnx_code.nnx_kinds import NnxArgument, NnxModel, NnxOptimizer, NnxSelf, NnxUpdates
from migrate.analysis.nnx_code.pitfalls import LostUpdate, UpdateResult
from migrate.analysis.program.scopes import Scopes
from migrate.analysis.run import Run

OF_STATES = frozenset(
    {"params", "opt_state", "tx", "step", "apply_fn", "apply_gradients", "update", "replace"}
)
"""What train states and optimizers have, and a tree of updates has not."""

MUTABLE = frozenset({Symbol("flax.nnx.var_defaults"), Symbol("flax.nnx.with_vars")})
"""What makes variables that change in place under plain `jax.jit` too."""


def attribute(run: Run, node: ast.Attribute, holder: Value) -> Value:
    """The kind of an attribute of an NNX value."""
    match holder:
        case NnxOptimizer() if node.attr == "update":
            return Method(holder, "update")
        case NnxOptimizer(marks=marks) if node.attr == "model":
            return NnxModel(marks)
        case NnxArgument():
            return Method(holder, "update") if node.attr == "update" else holder
        case NnxSelf():
            return _member(run, holder, node.attr)
        case NnxUpdates(site) if node.attr in OF_STATES:
            run.facts.pitfall(UpdateResult(site, "state"))
            return UNKNOWN
        case _:
            return UNKNOWN


def _member(run: Run, holder: NnxSelf, name: str) -> Value:
    known = run.nnx.members.get((holder.cls.node, name), UNKNOWN)
    if holder.marks and isinstance(known, (NnxModel, NnxOptimizer)):
        return replace(known, marks=holder.marks)
    return known


def bound(run: Run, target: ast.expr, kind: Value) -> Value:
    """What a target holds from now on; the result of an update does not replace what it updated."""
    if isinstance(kind, NnxUpdates):
        return _bound_updates(run, target, kind)
    if isinstance(kind, NnxArgument) and isinstance(target, (ast.Tuple, ast.List)):
        return Sequence(tuple(kind for _ in target.elts))
    _keep_member(run, target, kind)
    return kind


def _bound_updates(run: Run, target: ast.expr, kind: NnxUpdates) -> Value:
    elements = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
    held = [_held(run, element) for element in elements]
    if not all(isinstance(value, (NnxModel, NnxOptimizer)) for value in held):
        return kind
    run.facts.pitfall(UpdateResult(kind.site, "itself" if _is_itself(run, target, kind) else "other"))
    return held[0] if elements == [target] else Sequence(tuple(held))


def _held(run: Run, target: ast.expr) -> Value:
    match target:
        case ast.Name(id=name):
            return run.frame.vars.get(name, UNKNOWN)
        case ast.Attribute(value=ast.Name(id=name), attr=attr):
            holder = run.frame.vars.get(name)
            return _member(run, holder, attr) if isinstance(holder, NnxSelf) else UNKNOWN
        case _:
            return UNKNOWN


def _is_itself(run: Run, target: ast.expr, kind: NnxUpdates) -> bool:
    """Whether `optimizer = optimizer.update(model, ...)` or the like stands there as one statement."""
    match run.facts.scopes.parent.get(target):
        case ast.Assign(targets=[_], value=value) | ast.AnnAssign(value=value):
            pass
        case _:
            return False
    call = kind.site
    if value is not call or not isinstance(call.func, ast.Attribute):
        return False
    updated = {ast.unparse(part) for part in (call.func.value, *call.args[:1])}
    elements = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
    return all(ast.unparse(element) in updated for element in elements)


def _keep_member(run: Run, target: ast.expr, kind: Value) -> None:
    """`self.name = value`: one kind for each attribute, whichever method sets it."""
    match target:
        case ast.Attribute(value=ast.Name(id=name), attr=attr):
            holder = run.frame.vars.get(name)
            if isinstance(holder, NnxSelf) and isinstance(kind, (NnxModel, NnxOptimizer)):
                key = (holder.cls.node, attr)
                known, made = run.nnx.members.get(key), nnx_objects.lasting(kind)
                run.nnx.members[key] = made if known is None else join(known, made)


def settle(run: Run) -> None:
    """What can only be told when the whole module has been run."""
    _record_unread(run)
    if any(isinstance(value, Symbol) and value in MUTABLE for value in run.facts.values.values()):
        lost = [key for key, found in run.facts.pitfalls.items() if isinstance(found, LostUpdate)]
        for key in lost:
            del run.facts.pitfalls[key]


def _record_unread(run: Run) -> None:
    """Results of updates that are bound to a name which nothing reads."""
    scopes = run.facts.scopes
    for call in run.nnx.updates:
        name = _bound_name(scopes.parent.get(call))
        if name is not None and not name.id.startswith("_") and not _is_used(scopes, name):
            run.facts.pitfall(UpdateResult(call, "unread"))


def _is_used(scopes: Scopes, name: ast.Name) -> bool:
    """Whether the variable occurs anywhere else than in plain assignments to it."""
    variable = scopes.variable(name, name.id)
    for node in ast.walk(scopes.module(name)):
        if isinstance(node, ast.Name) and node.id == name.id and scopes.variable(node, name.id) == variable:
            plain = isinstance(node.ctx, ast.Store) and not isinstance(scopes.parent[node], ast.AugAssign)
            if not plain:
                return True
    return False


def _bound_name(statement: ast.AST | None) -> ast.Name | None:
    match statement:
        case ast.Assign(targets=[ast.Name() as name]) | ast.AnnAssign(target=ast.Name() as name):
            return name
        case _:
            return None
