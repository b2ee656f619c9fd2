"""Layers that modules hand to one another: who holds them, and how the others come to them.

A layer that an attribute keeps is held there alone, as in Linen's tree: under `jax.jit` a second reference
would become a second layer. What was given at the construction is given at every call instead.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Const
from migrate.analysis.modules.classes import field_names
from migrate.analysis.sites import HandedLayer, Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import Line
from migrate.plan.modules.lent_names import asked_fields, lent_fields, lent_name
from migrate.rewrite.edits import template


def is_handed(plan: Plan, node: ast.expr) -> bool:
    """Whether a layer stands where a module is made that takes it for a field."""
    parent = plan.parent(node)
    call = plan.parent(parent) if isinstance(parent, ast.keyword) else parent
    sites = {instance.site for instance in plan.instances(node)}
    return any(h.node is call and {h.layer} == sites for h in plan.facts.handed_layers.values())


def gives_layer(plan: Plan, node: ast.expr) -> bool:
    """`return self.encoder` in a method that is there for callers."""
    function = plan.facts.scopes.function(node)
    if not isinstance(plan.parent(node), ast.Return) or not isinstance(function, ast.FunctionDef):
        return False
    own = isinstance(plan.facts.scopes.parent[function], ast.ClassDef)
    return own and function.name not in {"__call__", "setup"} and not function.decorator_list


def goes_with_call(plan: Plan, site: Layer, node: ast.expr) -> bool:
    """Whether an argument of a construction is a layer that the calls are given in its place."""
    asked = asked_fields(plan, site.cls) if site.cls is not None else ()
    handed = _handed(plan, site)
    for name in asked:
        if (known := handed[name]) is not None and isinstance(known.layer, str):
            raise Blocked(site.node, "LNX111", f"`{name}` of this module is a layer that another one keeps")
    return any(_given(site).get(name) is node for name in handed if name not in asked)


def _handed(plan: Plan, site: Layer) -> dict[str, HandedLayer | None]:
    """The lent fields of what a construction makes, with what it is handed for them."""
    names = lent_fields(plan, site.cls) if site.cls is not None else []
    return {name: plan.facts.handed_layers.get((site.node, name)) for name in names}


def at_calls(plan: Plan, site: Layer) -> list[tuple[str, str]]:
    """The layers that every call of a module is given: `table=self.shared`."""
    found = _handed(plan, site)
    if site.cls is None or not found:
        return []
    if site.lifted is not None or plan.facts.partials.get(site.node):
        raise _unseen(site, min(found))
    given = {name: handed for name, handed in found.items() if not is_left_out(plan, site, name)}
    return [(lent_name(plan, site.cls, name), _chosen(plan, site, name, h)) for name, h in given.items()]


def is_left_out(plan: Plan, site: Layer, name: str) -> bool:
    """Whether a module is made without a layer for this field."""
    given = _given(site).get(name)
    return given is None or plan.facts.values.get(given) == Const(None)


def _unseen(site: Layer, name: str) -> Blocked:
    return Blocked(site.node, "LNX111", f"it cannot be seen which layer `{name}` of this module is")


def _chosen(plan: Plan, site: Layer, name: str, handed: HandedLayer | None) -> str:
    """The layer, or the expression that decides between it and None."""
    place = _written(plan, site, name, handed)
    if handed is None or handed.choice is None:
        return place
    test = plan.facts.files.segment(handed.choice.test)
    if isinstance(handed.choice.orelse, ast.Constant):
        return f"{place} if {test} else None"
    return f"None if {test} else {place}"


def _written(plan: Plan, site: Layer, name: str, handed: HandedLayer | None) -> str:
    if handed is None:
        raise _unseen(site, name)
    if isinstance(handed.layer, str):
        lent = (site.owner.node, handed.layer) in plan.facts.lent
        return lent_name(plan, site.owner, handed.layer) if lent else f"self.{handed.layer}"
    layer = plan.facts.sites.get(handed.layer)
    if isinstance(layer, Layer) and layer.kept != "*":
        return f"self.{layer.kept}"
    if site.kept in {None, "*"} or site.explicit:
        raise Blocked(site.node, "LNX111", f"the layer for `{name}` has no place of its own")
    return f"self.{site.kept}.{name}"


def kept_inside(plan: Plan, statement: ast.stmt) -> list[Line]:
    """`self.decoder.table = table`: what nothing else keeps belongs to the module that is handed it."""
    lines: list[Line] = []
    for site in [s for n in ast.walk(statement) if isinstance(s := plan.site(n), Layer)]:
        for name, handed in _handed(plan, site).items():
            layer = (
                plan.facts.sites.get(handed.layer) if handed and isinstance(handed.layer, ast.Call) else None
            )
            if isinstance(layer, Layer) and layer.kept == "*":
                place = _written(plan, site, name, handed)
                lines.append((template(f"{place} = {{}}", _given(site)[name]), statement))
    return lines


def _given(site: Layer) -> dict[str | None, ast.expr]:
    """The arguments of a construction by the names of the fields."""
    names = field_names(site.cls) if site.cls is not None else ()
    return {**dict(zip(names, site.node.args, strict=False)), **{k.arg: k.value for k in site.node.keywords}}
