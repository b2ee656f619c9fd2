"""Whether a definition and its `init` can become one construction."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from migrate.analysis.facts import Facts
from migrate.analysis.sites import Init, Outline, ReadField, Site
from migrate.plan.blocked import Blocked
from migrate.plan.training.meeting import never_meet
from migrate.plan.training.moving import moves_to_init
from migrate.plan.training.outlines import shows_model


def merged(facts: Facts, sites: Iterable[Site], site: Init) -> tuple[ast.Call, str]:
    """The construction, which stands or may stand in the block of `init`, and its name; raises `Blocked`."""
    callee = site.init
    assert isinstance(callee, ast.Attribute)
    node, scopes = site.instance.site, facts.scopes
    statement = scopes.statement(node)
    if len(facts.initialised[site.node]) > 1:
        raise Blocked(site.node, "LNX006", "different definitions are initialised at one place")
    if not isinstance(callee.value, ast.Name):
        raise Blocked(site.node, "LNX006", "`init` is called on a definition that has no name")
    name = callee.value.id
    targets = statement.targets if isinstance(statement, ast.Assign) and statement.value is node else []
    if [ast.unparse(target) for target in targets] != [name]:
        raise Blocked(
            site.node, "LNX006", "the definition comes from elsewhere than one assignment in this scope"
        )
    moved = scopes.function(node) is not scopes.function(site.node)
    if moved and not moves_to_init(facts, site):
        raise Blocked(
            site.node, "LNX006", "the definition is made in one function and initialised in another"
        )
    if not moved and scopes.block(statement) is not scopes.block(scopes.statement(site.node)):
        raise Blocked(site.node, "LNX006", "the definition and its `init` stand in different blocks")
    if not moved and never_meet(facts, node, site):
        raise Blocked(site.node, "LNX006", "what the definition is made from changes before `init`")
    if sum(isinstance(s, Init) and s.instance == site.instance for s in sites) > 1:
        raise Blocked(site.node, "LNX006", "one definition is initialised more than once")
    return node, name


def stay_apart(facts: Facts, sites: Iterable[Site]) -> frozenset[ast.Call]:
    """The `init` calls, and the constructions of what they initialise, that cannot be merged."""
    every = [*sites]
    inits = [site for site in every if isinstance(site, Init)]
    apart: set[ast.Call] = set()
    for site in inits:
        try:
            merged(facts, every, site)
        except Blocked:
            apart |= {site.node, *(instance.site for instance in facts.initialised[site.node])}
    for outline in every:
        if isinstance(outline, Outline) and not shows_model(facts, every, outline):
            apart |= {instance.site for instance in facts.initialised[outline.node]}
        if isinstance(outline, ReadField) and not outline.given and not shows_model(facts, every, outline):
            apart.add(outline.instance.site)
    while more := {s.node for s in inits if s.node not in apart and s.instance.site in apart}:
        apart |= more
    return frozenset(apart)
