"""Classes that extend those of `nnx`, and what annotations tell of parameters."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import UNKNOWN, Class, Function, Symbol, Value
from migrate.analysis.nnx_code.nnx_kinds import Mark, NnxModel, NnxOptimizer, NnxSelf
from migrate.analysis.program.names import canonical
from migrate.analysis.program.parameters import positional_parameters
from migrate.analysis.run import Run

MODULES = frozenset({"flax.nnx.Module", "flax.nnx.Pytree"})
OPTIMIZERS = frozenset({"flax.nnx.Optimizer", "flax.nnx.ModelAndOptimizer"})


def derives(value: Value, names: frozenset[str]) -> bool:
    """Whether a class is one of the library's classes `names`, or extends one."""
    match value:
        case Symbol(name):
            return name in names
        case Class(bases=bases):
            return any(derives(base, names) for base in bases)
        case _:
            return False


def parameters(run: Run, function: Function) -> dict[str, Value]:
    """What is known of the parameters of a function that nothing calls: `self`, and annotated ones."""
    positional = positional_parameters(function.node)
    kinds = {p.arg: _annotated(function, p) for p in (*positional, *function.node.args.kwonlyargs)}
    known = {name: kind for name, kind in kinds.items() if kind is not None}
    scope = run.facts.scopes.scope[function.node]
    holder = run.facts.classes.get(scope) if isinstance(scope, ast.ClassDef) else None
    if holder is not None and positional and not _is_static(function):
        known[positional[0].arg] = NnxSelf(holder)
    return known


def _is_static(function: Function) -> bool:
    decorators = [] if isinstance(function.node, ast.Lambda) else function.node.decorator_list
    return any(isinstance(d, ast.Name) and d.id in {"staticmethod", "classmethod"} for d in decorators)


def _annotated(function: Function, parameter: ast.arg) -> Value | None:
    if parameter.annotation is None:
        return None
    kind, marks = _resolved(function, parameter.annotation), frozenset({Mark(parameter)})
    if derives(kind, OPTIMIZERS):
        return NnxOptimizer(marks)
    return NnxModel(marks) if derives(kind, MODULES) else None


def _resolved(function: Function, node: ast.expr) -> Value:
    """What a dotted name stands for where the function is defined; it is not recorded as read."""
    match node:
        case ast.Name(id=name):
            return next((f.vars[name] for f in function.frame.chain() if name in f.vars), UNKNOWN)
        case ast.Attribute(value=value, attr=attr):
            holder = _resolved(function, value)
            return Symbol(canonical(f"{holder.name}.{attr}")) if isinstance(holder, Symbol) else UNKNOWN
        case ast.Constant(value=str(text)) if text.replace(".", "").isidentifier():
            return _resolved(function, ast.parse(text, mode="eval").body)
        case _:
            return UNKNOWN
