"""Sizes that `setup` knows only behind the construction of the layer that needs them."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import methods
from migrate.analysis.modules.setup_names import is_final
from migrate.analysis.shapes.sizes import Size
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan

BEHIND = "`setup` knows the size of this layer's input only behind the layer: build it there"


def check_start(plan: Plan, site: Layer, start: Size, place: ast.AST) -> None:
    """The size that a running one begins with must be known where the layers are built."""
    if _runs_behind(plan, site, start) or not _names_are_final(plan, site.owner, start, place):
        raise Blocked(site.node, "LNX112", BEHIND)


def is_behind(plan: Plan, site: Layer, found: Size) -> bool:
    """Whether a size is known only behind what needs it in `setup`, or elsewhere."""
    return _runs_behind(plan, site, found) or not _names_are_final(plan, site.owner, found, site.node)


def _names_are_final(plan: Plan, owner: Class, found: Size, place: ast.AST) -> bool:
    """Whether the names of `setup` that a size reads mean the same from this place on."""
    setup = methods(owner).get("setup")
    bound = plan.facts.scopes.bound[setup] if setup is not None else set()
    running = {r.name for turns in plan.facts.loops.values() for r in turns.running}
    local = (found.names & {*bound}) - running - {"self"}
    return all(is_final(plan.facts, owner, name, place) for name in local)


def _runs_behind(plan: Plan, site: Layer, found: Size) -> bool:
    inside = set(ast.walk(site.owner.node))
    for loop, turns in plan.facts.loops.items():
        running = {each.name for each in turns.running} & found.names
        if not running or turns.built is None or loop not in inside or not isinstance(loop, ast.For):
            continue
        same = plan.facts.scopes.function(site.node) is plan.facts.scopes.function(loop)
        behind = site.node.lineno > (loop.end_lineno or loop.lineno)
        if turns.built is not site.node and not (same and behind):
            return True
    return False
