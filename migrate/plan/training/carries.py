"""The parameters that receive the carry of a loop of jax."""

from __future__ import annotations

from migrate.analysis.facts import Facts
from migrate.analysis.program.parameters import positional_parameters
from migrate.analysis.program.scopes import Variable
from migrate.analysis.sites import Carry


def carried(facts: Facts) -> dict[Variable, Carry]:
    """The parameters that receive the whole carry of a loop."""
    sites = [site for site in facts.sites.values() if isinstance(site, Carry)]
    return {Variable(site.body, _parameter(site)): site for site in sites}


def _parameter(site: Carry) -> str:
    return positional_parameters(site.body)[site.parameter].arg
