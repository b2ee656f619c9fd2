"""LNX034: labels by path become a state, as parameters do."""

from __future__ import annotations

from migrate.analysis.kinds import Class, Labels
from migrate.analysis.sites import MapPaths
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.path_map import paths_stay
from migrate.rewrite.edits import template
from rules.masked_transformation import RULE

SITE = MapPaths
__all__ = ["RULE", "SITE", "rewrite"]


def rewrite(plan: Plan, site: MapPaths) -> None:
    """`nnx.map_state(f, nnx.state(model, nnx.Param))`, where the model has Linen's paths."""
    _check_paths(plan, site)
    plan.edits.expressions[site.outer] = template("nnx.map_state({}, {})", *site.node.args)


def _check_paths(plan: Plan, site: MapPaths) -> None:
    labels = plan.facts.values[site.node]
    assert isinstance(labels, Labels)
    for instance in _classes(plan, labels):
        if plan.bridged or not isinstance(instance, Class):
            continue
        if not paths_stay(plan.facts, instance):
            message = f"the labels go by paths, and those of `{instance.node.name}` may be others in NNX"
            raise Blocked(site.node, "LNX034", message)


def _classes(plan: Plan, labels: Labels) -> list[object]:
    """The classes of the models whose parameters are labelled."""
    found = (plan.facts.origins.get(token, frozenset()) for token in labels.tokens)
    return [instance.cls for instances in found for instance in instances]
