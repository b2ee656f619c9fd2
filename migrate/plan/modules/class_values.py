"""Layer classes as values: defaults of fields, and what a construction is given for them."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Partial, Symbol
from migrate.analysis.modules.class_fields import options
from migrate.analysis.modules.classes import default_of, own_fields
from migrate.analysis.modules.layers import LAYERS, NORMS
from migrate.analysis.sites import Construct, Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.constructions import prepared
from migrate.plan.modules.helpers import refuse_helper
from migrate.plan.modules.layer_arguments import EXACT


def rewrite_class_values(plan: Plan, cls: Class) -> None:
    """Every layer class that reaches a field of the class, from a default or from outside of modules."""
    for statement in own_fields(cls):
        if (default := default_of(statement)) is not None:
            _rewrite(plan, default)
    for call in prepared(plan, cls):
        for node in [*call.args[1:], *(keyword.value for keyword in call.keywords)]:
            _rewrite(plan, node)
    for site in plan.component.sites:
        if not isinstance(site, Construct | Layer):
            continue
        built = site.instance.cls if isinstance(site, Construct) else site.cls
        if built == cls:
            for node in [*site.node.args, *(keyword.value for keyword in site.node.keywords)]:
                inside = isinstance(site, Layer) and isinstance(node, ast.Name)
                if not inside:
                    _rewrite(plan, node)


def _rewrite(plan: Plan, node: ast.expr) -> None:
    match plan.facts.values.get(node):
        case Symbol(name) if name in LAYERS:
            if not isinstance(node, ast.Name | ast.Attribute):
                raise Blocked(node, "LNX111", "a layer class comes out of a call")
            _check_layer(node, name)
            plan.edits.expressions[node] = f"nnx.{LAYERS[name].target}"
        case Partial(Symbol(name), _, _, ast.Call() as call) if name in LAYERS:
            _partial(plan, call, name)
        case _:
            pass


def _check_layer(node: ast.expr, layer: str) -> None:
    if LAYERS[layer].output in {"cell", "wrapper"}:
        raise Blocked(node, "LNX111", "the class of a recurrent layer is handed to a field")
    refuse_helper(node, layer)


def _partial(plan: Plan, call: ast.Call, layer: str) -> None:
    kind = LAYERS[layer]
    _check_layer(call, layer)
    if len(call.args) != 1:
        raise Blocked(call, "LNX111", "a partial call of a layer class has arguments by position")
    for keyword in call.keywords:
        if keyword.arg not in kind.kept and keyword.arg != "rate":
            raise Blocked(call, "LNX110", f"`{keyword.arg}` of this layer has no counterpart in NNX")
        if (
            keyword.arg == "dtype"
            and layer in NORMS
            and ("promote_dtype", EXACT) not in plan.edits.added[call]
        ):
            plan.edits.added[call].append(("promote_dtype", EXACT))
    plan.edits.expressions[call.args[0]] = f"nnx.{kind.target}"


def stands_for_field(plan: Plan, node: ast.expr) -> bool:
    """Whether a class of the project is given to a field that holds a class."""
    parent = plan.parent(node)
    if isinstance(parent, ast.AnnAssign):
        return isinstance(plan.parent(parent), ast.ClassDef)
    call = plan.parent(parent) if isinstance(parent, ast.keyword) else parent
    site = plan.site(call)
    if isinstance(call, ast.Call) and call in plan.facts.prepared:
        return _holds(plan, plan.facts.prepared[call], node)
    cls = site.instance.cls if isinstance(site, Construct) else site.cls if isinstance(site, Layer) else None
    if not isinstance(cls, Class):
        return False
    return _holds(plan, cls, node)


def _holds(plan: Plan, cls: Class, node: ast.expr) -> bool:
    """Whether a class is the one that a field of another holds."""
    given = plan.facts.values.get(node)
    held = [found.cls for (owner, _), found in plan.facts.class_fields.items() if owner is cls.node]
    several = (nodes for (owner, _), nodes in plan.facts.several.items() if owner is cls.node)
    return given in held or (isinstance(given, Class) and any(given.node in nodes for nodes in several))


def is_compared(plan: Plan, node: ast.expr) -> bool:
    """`self.block_cls is Block`, of a field that holds this class or another one."""
    match plan.parent(node):
        case ast.Compare(
            left=left, ops=[ast.Is() | ast.IsNot() | ast.Eq() | ast.NotEq()], comparators=[right]
        ):
            held = options(plan.facts.values.get(right if left is node else left))
            return plan.facts.values.get(node) in {one.cls for one in held}
        case _:
            return False
