"""The output that a model gives where it is initialised: its first call, behind its construction."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Const
from migrate.analysis.sites import Init
from migrate.analysis.training.initial_outputs import is_read, variables_of
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drawing import drawing
from migrate.plan.training.whole_variables import OTHERS, names_any
from migrate.rewrite.edits import Template, template

ASKING = frozenset({"is_initializing", "is_mutable_collection", "has_variable"})
"""What tells a module that it is being initialised."""


def name_beside(plan: Plan, site: Init, otherwise: str | None) -> str:
    """What the model is called: as the variables were, or as the definition where nothing reads them."""
    variables = variables_of(plan.facts, site.node)
    if variables is not None:
        return plan.names(variables).model
    if otherwise is None:
        raise Blocked(site.node, "LNX010", "the model that is initialised here has no name")
    return otherwise


def write_output(plan: Plan, site: Init, name: str) -> None:
    """`y = model(x)` where `y, variables = model.init_with_output(key, x)` stood."""
    assert site.output is not None
    statement = plan.statement(site.node)
    assert isinstance(statement, ast.Assign)
    if not is_called(plan, site):
        plan.edits.statements[statement] = []
        return
    _check(plan, site)
    plan.edits.expressions[statement.targets[0]] = _bare(site.output)
    plan.edits.expressions[site.node.func] = name
    plan.edits.arguments[site.node][site.key] = ()


def _bare(target: ast.expr) -> Template:
    """A target without the parentheses that several need beside another one."""
    parts = target.elts if isinstance(target, ast.Tuple) and len(target.elts) > 1 else [target]
    return template(", ".join("{}" for _ in parts), *parts)


def is_called(plan: Plan, site: Init) -> bool:
    """Whether anything reads the output."""
    return not isinstance(site.output, ast.Name) or is_read(plan.facts, site.output)


def kept_samples(plan: Plan, site: Init) -> tuple[ast.expr, ...]:
    """The samples that the first call is given."""
    return site.samples() if site.output is not None and is_called(plan, site) else ()


def _check(plan: Plan, site: Init) -> None:
    """The first call of a model gives what `init` gave if neither statistics nor random keys come in."""
    for instance in plan.facts.initialised[site.node]:
        if not isinstance(instance.cls, Class):
            continue
        if names_any(plan.facts, instance.cls.node, OTHERS | ASKING):
            message = "the output is read of a module that is told that it is being initialised"
            raise Blocked(site.node, "LNX006", message)
        told = [*site.node.keywords, *instance.site.keywords]
        flagged = any(plan.facts.values.get(k.value) in (Const(True), Const(False)) for k in told)
        if "__call__" in drawing(plan, instance.cls) and (isinstance(site.key, ast.Dict) or not flagged):
            message = "the output is read of a module that draws random numbers: call `apply` with keys"
            raise Blocked(site.node, "LNX006", message)
