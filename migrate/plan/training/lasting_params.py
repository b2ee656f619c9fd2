"""Parameters that an attribute goes on holding while a state trains a copy of them.

The state's model takes the name that the definition had, and the first parameters keep a name of their own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import tokens_of
from migrate.analysis.program.scopes import Variable
from migrate.analysis.sites import CreateState, Init


def _copied(facts: Facts) -> Iterator[CreateState]:
    return (site for site in facts.sites.values() if isinstance(site, CreateState) and site.copied)


def lasts(facts: Facts, variable: Variable) -> bool:
    """Whether a state is created from a copy of what this attribute holds."""
    named = {node for site in _copied(facts) for node in ast.walk(site.params) if isinstance(node, ast.Name)}
    members = facts.scopes.members
    return any(members[node].variable == variable for node in named if node in members)


def is_beside(facts: Facts, init: Init) -> bool:
    """Whether a state is created from a copy of what `init` gives, whose definition is an attribute."""
    callee = init.init
    if not isinstance(callee, ast.Attribute) or callee.value not in facts.scopes.members:
        return False
    tokens = (tokens_of(facts.values[site.params]) for site in _copied(facts))
    origins = (facts.origins.get(token, frozenset()) for each in tokens for token in each)
    return any(instance.site is init.instance.site for each in origins for instance in each)
