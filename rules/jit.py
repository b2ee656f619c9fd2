"""LNX202: `jax.jit` of a step: argument numbers follow the arguments, `nnx.jit` in the stateful style."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Symbol
from migrate.analysis.sites import Compile
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.positions import moved
from migrate.rule import Rule

SITE = Compile

RULE = Rule(
    code="LNX202",
    name="jit",
    title="a compiled step can take model and optimizer",
    fix="automatic",
    what="",
    why="",
    use_instead="",
    fix_safety="",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(),
)
NUMBERS = frozenset({"static_argnums", "donate_argnums"})
NAMES = frozenset({"static_argnames", "donate_argnames"})


def rewrite(plan: Plan, site: Compile) -> None:
    """The options stay, shifted where a state became two arguments."""
    call = site.node if isinstance(site.node, ast.Call) else None
    if call is not None:
        for keyword in call.keywords:
            if keyword.arg in NUMBERS:
                plan.edits.arguments[call][keyword.value] = (
                    (keyword.arg, moved(plan, site.function, keyword.value)),
                )
            elif keyword.arg in NAMES:
                _check_names(plan, site, keyword)
            elif keyword.arg in {None, "in_shardings", "out_shardings"}:
                raise Blocked(call, "LNX202", f"`jit` is called with `{keyword.arg or '**'}`")
    if plan.style == "stateful":
        plan.edits.expressions[_transform(plan, site.node)] = "nnx.jit"


def _transform(plan: Plan, node: ast.expr) -> ast.expr:
    """The expression that names `jax.jit`: the decorator, the callee, or the first of a `partial`."""
    if not isinstance(node, ast.Call):
        return node
    callee = plan.facts.values.get(node.func)
    return node.args[0] if isinstance(callee, Symbol) and callee.name == "functools.partial" else node.func


def _check_names(plan: Plan, site: Compile, keyword: ast.keyword) -> None:
    changed = plan.edits.parameters.get(site.function, {})
    values = [n.value for n in ast.walk(keyword.value) if isinstance(n, ast.Constant)]
    if any(value in changed for value in values):
        raise Blocked(keyword.value, "LNX202", f"`{keyword.arg}` names an argument that changes")
