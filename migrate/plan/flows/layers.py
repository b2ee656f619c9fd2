"""Layers inside a module that go on as values: called, named, listed or handed to another module."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Batched, Chain, Symbol
from migrate.analysis.modules.optional_layers import alternatives
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.handed_layers import gives_layer, is_handed
from migrate.plan.modules.layer_dicts import is_in_dict
from migrate.plan.modules.moved import in_setup
from migrate.plan.modules.recurrent import is_wrapper
from migrate.plan.modules.weight_norms import is_norm


def _in_sequence(plan: Plan, node: ast.expr) -> bool:
    """Whether a list is that of a `Sequential`, or kept as it is by `setup`."""
    return node in plan.facts.lists or isinstance(plan.facts.values.get(plan.parent(node)), Chain)


def write_layer(plan: Plan, node: ast.expr, parent: ast.AST) -> None:
    """A layer inside a module may be called, or named to be called."""
    called = isinstance(parent, ast.Call) and parent.func is node
    named = isinstance(parent, ast.Assign) and parent.value is node
    listed = isinstance(parent, ast.List | ast.Tuple | ast.ListComp) and _in_sequence(plan, parent)
    listed |= isinstance(parent, ast.List) and in_setup(plan, node) and _is_kept_in_list(plan, node)
    listed |= isinstance(parent, ast.List) and _is_local_list(plan, parent)
    listed |= node in plan.facts.in_tuples or is_in_dict(plan, node)
    appended = isinstance(parent, ast.Call) and node in parent.args and _fills_list(plan, parent)
    asked = isinstance(parent, ast.Call) and parent.args[:1] == [node] and _asks(plan, parent)
    if (
        called
        or named
        or listed
        or appended
        or asked
        or _unpacked(plan, node, parent)
        or isinstance(parent, ast.Attribute)
        or (isinstance(parent, ast.Return) and _is_in_property(plan, parent))
        or _is_alternative(plan, node, parent)
        or is_handed(plan, node)
        or gives_layer(plan, node)
        or isinstance(plan.facts.values.get(parent), Batched)
    ):
        return
    call = plan.site(plan.parent(parent) if isinstance(parent, ast.keyword) else parent)
    if not (is_wrapper(call) or is_norm(call)):
        raise Blocked(node, "LNX111", "a layer is handed on as a value")


def _is_in_property(plan: Plan, node: ast.Return) -> bool:
    """Whether a property gives the layer: it was followed to where it is read."""
    function = plan.facts.scopes.function(node)
    decorators = function.decorator_list if isinstance(function, ast.FunctionDef) else []
    return [plan.facts.values.get(decorator) for decorator in decorators] == [Symbol("builtins.property")]


def _is_local_list(plan: Plan, node: ast.List) -> bool:
    """`blocks = [Block(1), Block(2)]` in `__call__`: a list of attributes, which stays a list."""
    statement = plan.parent(node)
    named = isinstance(statement, ast.Assign) and all(isinstance(t, ast.Name) for t in statement.targets)
    return named and not in_setup(plan, node)


def _asks(plan: Plan, node: ast.Call) -> bool:
    return plan.facts.values.get(node.func) == Symbol("builtins.isinstance")


def _is_kept_in_list(plan: Plan, node: ast.expr) -> bool:
    """Whether a layer goes into a list that an attribute keeps."""
    sites = (plan.site(instance.site) for instance in plan.instances(node))
    return all(isinstance(site, Layer) and site.kept == "*" for site in sites)


def _fills_list(plan: Plan, node: ast.Call) -> bool:
    """`layers.append(Block())` in `setup`."""
    return in_setup(plan, node) and isinstance(node.func, ast.Attribute) and node.func.attr == "append"


def _unpacked(plan: Plan, node: ast.expr, parent: ast.AST) -> bool:
    """`self.query, self.key = nn.Dense(n), nn.Dense(n)` in `setup`."""
    statement = plan.statement(node)
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple() as value):
            plain = not any(isinstance(part, ast.Starred) for part in (*targets, *value.elts))
            return value is parent and plain and len(targets) == len(value.elts) and in_setup(plan, node)
        case _:
            return False


def _is_alternative(plan: Plan, node: ast.expr, parent: ast.AST) -> bool:
    """Whether `setup` keeps a layer or something else by a condition, or it is asked which of the two."""
    if isinstance(parent, ast.IfExp) and node is not parent.test:
        above = plan.parent(parent)
        kept = isinstance(above, ast.IfExp | ast.Assign) or is_handed(plan, parent)
        return kept and in_setup(plan, node)
    return isinstance(parent, ast.Compare) and alternatives(plan.facts.values[node]) is not None
