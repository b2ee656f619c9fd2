"""How one layer is constructed in NNX."""

from __future__ import annotations

import ast
import re

from migrate.analysis.kinds import Length, Loop
from migrate.analysis.layers import LAYERS, LayerKind
from migrate.analysis.modules import placeholder
from migrate.analysis.sites import Layer
from migrate.analysis.sizes import Size
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.rewrite.edits import Piece, template


def construction(plan: Plan, site: Layer, arguments: dict[str, str]) -> Piece:
    """`nnx.Linear(in, out, ..., rngs=rngs)` for a layer built inside a module."""
    kind = LAYERS[site.layer]
    size = site.inputs.axis(-1) if site.inputs else None
    if size is None:
        message = "the size of this layer's input cannot be told from the code"
        raise Blocked(site.node, "LNX112", message)
    _check_size(plan, site, size)
    for node in ast.walk(site.node):
        value = plan.facts.values.get(node)
        if isinstance(value, Length) and isinstance(node, ast.expr) and node is not site.node:
            written = renamed(value.size, arguments)
            if written != plan.facts.files.segment(node):
                plan.edits.expressions[node] = written
    _check_hoistable(plan, site)
    pieces = layer_arguments(plan, site.node, kind)
    parts = [f"nnx.{kind.target}(", renamed(size, arguments)]
    for piece in pieces:
        parts += [", ", piece]  # type: ignore[list-item]
    return template("{}" * len(parts) + ", rngs=rngs)", *parts)


def _check_size(plan: Plan, site: Layer, size: Size) -> None:
    """The size is written in `__init__`, so it may read nothing that is local to a method."""
    scopes = plan.facts.scopes
    method = scopes.function(site.node)
    running = {r.name for r in plan.facts.loops.values()}
    turns = target_names(site.loop) if site.loop is not None else set()
    for name in size.names - running - turns - {"self"}:
        inputs = {
            placeholder(parameter.arg).text
            for parameter in ast.walk(method)
            if isinstance(parameter, ast.arg)
        }
        if name not in inputs and name in scopes.bound[method]:
            message = f"the size of this layer's input is made from `{name}`, which is local to a method"
            raise Blocked(site.node, "LNX112", message)


def renamed(size: Size, arguments: dict[str, str]) -> str:
    """A size in the final names of the arguments."""
    text = size.text
    for parameter, argument in arguments.items():
        text = re.sub(rf"\b{re.escape(placeholder(parameter).text)}\b", argument, text)
    return text


def layer_arguments(plan: Plan, node: ast.Call, kind: LayerKind) -> list[Piece]:
    """The output size, then what else was given, as keywords where NNX wants them."""
    given: dict[str, ast.expr] = {}
    for name, value in zip(kind.positional, node.args, strict=False):
        given[name] = value
    if len(node.args) > len(kind.positional):
        raise Blocked(node, "LNX110", "a layer is given more positional arguments than it has fields")
    for keyword in node.keywords:
        if keyword.arg is None:
            raise Blocked(node, "LNX110", "the arguments of a layer are spread from a dict")
        given[keyword.arg] = keyword.value
    given.pop("name", None)
    if kind.sized not in given:
        raise Blocked(node, "LNX112", "the output size of this layer is not given")
    size = given.pop(kind.sized)
    for name in given:
        if name not in kind.kept:
            raise Blocked(node, "LNX110", f"`{name}` of this layer has no counterpart in NNX")
    return [size, *(template(f"{name}={{}}", value) for name, value in given.items())]


def _check_hoistable(plan: Plan, site: Layer) -> None:
    """The arguments move to `__init__`, so they may read nothing that is local to `__call__`."""
    scopes = plan.facts.scopes
    for node in ast.walk(site.node):
        if node in plan.edits.expressions or not isinstance(node, ast.Name):
            continue
        if any(_inside(scopes.parent, node, edited) for edited in plan.edits.expressions):
            continue
        variable = scopes.variable(node, node.id)
        if site.loop is not None and node.id in target_names(site.loop):
            continue
        local = variable is not None and variable.scope is scopes.function(site.node)
        if local and node.id != "self" and not _in_setup(plan, site):
            raise Blocked(
                site.node, "LNX111", f"a layer is built from `{node.id}`, which is local to `__call__`"
            )


def target_names(loop: Loop) -> set[str]:
    """The names that a loop binds at each turn."""
    bound = {n.id for n in ast.walk(loop.node.target) if isinstance(n, ast.Name)}
    return bound | {loop.index}


def _in_setup(plan: Plan, site: Layer) -> bool:
    function = plan.facts.scopes.function(site.node)
    return isinstance(function, ast.FunctionDef) and function.name == "setup"


def _inside(parent: dict[ast.AST, ast.AST], node: ast.AST, outer: ast.AST) -> bool:
    current: ast.AST | None = node
    while current is not None:
        if current is outer:
            return True
        current = parent.get(current)
    return False
