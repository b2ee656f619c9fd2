"""Several models that are trained as one: how they are written, and in which order their leaves stand."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Dict, Group, Record, Sequence, Transformation, Value
from migrate.analysis.training.groups import COLLECTIONS
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.records import new_names


def is_display(plan: Plan, node: ast.Dict) -> bool:
    """Whether a dict holds models under names, and not the variables of one model."""
    value = plan.facts.values.get(node)
    return isinstance(value, Dict) and all(key not in COLLECTIONS for key, _ in value.items)


def type_of(plan: Plan, group: Group, node: ast.AST) -> str:
    """The type of several models, as it can be written at `node`."""
    match group.shape:
        case Record(cls):
            return plan.class_name(cls.node, node) or "object"
        case Sequence():
            return "tuple[nnx.Module, ...]"
        case _:
            return "dict[str, nnx.Module]"


def check_order(plan: Plan, node: ast.AST, shape: Value, transformation: Value | None) -> None:
    """NNX sorts fields by name: a transformation that may look at the order of leaves would see another."""
    if not isinstance(shape, Record):
        return
    names = [*new_names(plan.facts, shape.cls).values()]
    known = isinstance(transformation, Transformation) and not transformation.ordered
    if names != sorted(names) and not known:
        message = (
            f"the fields of `{shape.cls.node.name}` are not in alphabetical order, in which NNX trains them, "
            "and it cannot be seen that this transformation does not depend on the order"
        )
        raise Blocked(node, "LNX036", message)
