"""Lists of layers whose names are computed in the comprehension that builds them.

Linen keeps such layers under these names, beside the list. Each becomes an attribute of that name, and
the list is made from them where it is read.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import own_methods
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.rewrite.edits import Suite, template


def named_list(plan: Plan, site: Layer) -> Suite:
    """`for i in range(n): setattr(self, str(i), Block(...))`."""
    comprehension, name = _parts(plan, site)
    (turns,) = comprehension.generators
    header = template("for {} in {}:", turns.target, turns.iter)
    line = template("setattr(self, {}, {})", name, site.node)
    return Suite(header, ((line, plan.statement(site.node)),))


def read_named_lists(plan: Plan, cls: Class) -> None:
    """Every read of such a list is written as the comprehension that finds the layers."""
    sites = [s for s in plan.facts.sites.values() if isinstance(s, Layer) and s.owner.node is cls.node]
    lists: dict[str, str] = {}
    for site in sites:
        if site.explicit and site.kept == "*" and isinstance(plan.parent(site.node), ast.ListComp):
            comprehension, name = _parts(plan, site)
            statement = plan.statement(site.node)
            assert isinstance(statement, ast.Assign)
            target = statement.targets[0]
            assert isinstance(target, ast.Attribute)
            text = plan.facts.files.segment
            (turns,) = comprehension.generators
            lists[target.attr] = (
                f"[getattr(self, {text(name)}) for {text(turns.target)} in {text(turns.iter)}]"
            )
            _read_by_numbers(plan, cls, target.attr, name, turns)
    for method in own_methods(cls).values():
        for node in ast.walk(method):
            match node:
                case ast.Attribute(value=ast.Name(id="self"), attr=attr, ctx=ast.Load()) if attr in lists:
                    if plan.parent(node) in plan.edits.expressions:
                        continue
                    plan.edits.expressions[node] = lists[attr]


def _read_by_numbers(plan: Plan, cls: Class, attr: str, name: ast.expr, turns: ast.comprehension) -> None:
    """`self.blocks[i]` in a loop over the same numbers is the layer of that name."""
    text = plan.facts.files.segment
    for node in (n for method in own_methods(cls).values() for n in ast.walk(method)):
        match node, name, turns.target:
            case (
                ast.Subscript(
                    value=ast.Attribute(value=ast.Name(id="self"), attr=found), slice=ast.Name(id=index)
                ),
                ast.Call(func=ast.Name(id="str"), args=[ast.Name(id=counted)]),
                ast.Name(id=target),
            ) if found == attr and counted == target and _counts(plan, node, index, text(turns.iter)):
                plan.edits.expressions[node] = f"getattr(self, str({index}))"


def _counts(plan: Plan, node: ast.AST, name: str, iterated: str) -> bool:
    """Whether a name is bound by a loop over these numbers, and by nothing else."""
    variable = plan.facts.scopes.variable(node, name)
    stores = [n for n in plan.facts.scopes.names(variable) if not isinstance(n.ctx, ast.Load)]
    loops = [plan.parent(store) for store in stores]
    return bool(loops) and all(
        isinstance(loop, ast.For) and plan.facts.files.segment(loop.iter) == iterated for loop in loops
    )


def _parts(plan: Plan, site: Layer) -> tuple[ast.ListComp, ast.expr]:
    comprehension = plan.parent(site.node)
    name = next((keyword.value for keyword in site.node.keywords if keyword.arg == "name"), None)
    if not isinstance(comprehension, ast.ListComp) or name is None:
        raise Blocked(site.node, "LNX111", "the name of a layer is computed")
    return comprehension, name
