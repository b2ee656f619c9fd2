"""The names of layers and parameters in quotes."""

from __future__ import annotations

from migrate.analysis.sites import Layer, Parameter
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan


def quoted(plan: Plan, site: Layer | Parameter) -> str:
    """A name in the quotes that the file uses; an f-string has others inside before Python 3.12."""
    text = plan.facts.file(site.node).source.text
    preferred = sorted(('"', "'"), key=text.count, reverse=True)
    quote = next((q for q in preferred if q not in site.name), None)
    if quote is None:
        raise Blocked(site.node, "LNX111", "the name of a layer in a loop would need nested quotes")
    return f"{'f' * ('{' in site.name)}{quote}{site.name}{quote}"
