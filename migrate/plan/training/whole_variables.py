"""Training on the whole dict of variables: only right where there is nothing in it but parameters.

Linen differentiates and updates every leaf of what it is given, batch statistics too if they are in it; NNX
asks for parameters alone.
"""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Class, Group, Holder, Instance, State, Value, Variables
from migrate.analysis.sites import Differentiate, InitOptimizer
from migrate.analysis.training import groups
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan

OTHERS = frozenset({"BatchNorm", "SpectralNorm", "WeightNorm", "variable", "put_variable", "perturb"})
"""What brings other collections than parameters into a module."""


def check_whole_variables(plan: Plan) -> None:
    """Raise `Blocked` where a model with other collections is trained on all of its variables."""
    for node in plan.component.nodes:
        value = plan.facts.values[node]
        if _trained(plan, node, value):
            for instance in _origins(plan.facts, value):
                if isinstance(instance.cls, Class) and has_others(plan.facts, instance.cls.node):
                    message = (
                        f"all variables of `{instance.cls.node.name}` are trained, and it has more than "
                        'parameters: take `["params"]` of what `init` gives'
                    )
                    raise Blocked(node, "LNX001", message)


def has_only_parameters(facts: Facts, value: Value) -> bool:
    """Whether the variables of the models behind a value are parameters and nothing else."""
    classes = [instance.cls for instance in _origins(facts, value)]
    known = [cls.node for cls in classes if isinstance(cls, Class)]
    return not any(has_others(facts, node) for node in known)


def _trained(plan: Plan, node: ast.AST, value: Value) -> bool:
    match value:
        case State(group=Group()):
            return True
        case State() | Holder():
            return value.whole
        case Variables() | Group():
            call = plan.facts.scopes.parent.get(node)
            if call is not None and isinstance(plan.facts.sites.get(call), InitOptimizer):
                return True
            grad = call.func if isinstance(call, ast.Call) and call.func is not node else None
            return grad is not None and isinstance(
                plan.facts.sites.get(_transform(plan, grad)), Differentiate
            )
        case _:
            return False


def _transform(plan: Plan, callee: ast.expr) -> ast.AST:
    """The call of `jax.grad` that made a function, if it is known where that was."""
    from_call = getattr(plan.facts.values.get(callee), "site", None)
    return from_call if isinstance(from_call, ast.AST) else callee


def _origins(facts: Facts, value: Value) -> frozenset[Instance]:
    group = value.group if isinstance(value, State) else value
    if isinstance(group, Group):
        return frozenset().union(*(_origins(facts, part) for part in groups.parts(group)))
    tokens = value.tokens if isinstance(value, (State, Holder, Variables)) else frozenset()
    return frozenset().union(*(facts.origins.get(token, frozenset()) for token in tokens))


def has_others(facts: Facts, node: ast.ClassDef) -> bool:
    """Whether a class, its bases or a module that it names brings in other collections."""
    return names_any(facts, node, OTHERS)


def names_any(
    facts: Facts, node: ast.ClassDef, words: frozenset[str], seen: frozenset[ast.ClassDef] = frozenset()
) -> bool:
    """Whether one of the words stands in a class, its bases or a module that it names."""
    seen |= {node}
    classes = {c.name: c for c in reversed(facts.classes)}
    for part in ast.walk(node):
        name = part.attr if isinstance(part, ast.Attribute) else part.id if isinstance(part, ast.Name) else ""
        if name in words:
            return True
        value = facts.values.get(part)
        inner = value.node if isinstance(value, Class) else None
        inner = inner or classes.get(name)
        if inner is not None and inner not in seen and names_any(facts, inner, words, seen):
            return True
    return False
