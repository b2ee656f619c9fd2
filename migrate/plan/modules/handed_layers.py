"""Layers that modules hand to one another: who holds them, and how the others come to them.

A layer that an attribute keeps is held there alone, as in Linen's tree: under `jax.jit` a second reference
would become a second layer. What was given at the construction is given at every call instead.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, GivenLayer
from migrate.analysis.modules.classes import field_names, is_extended, lineage, own_methods
from migrate.analysis.sites import HandedLayer, Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import Draft, Line
from migrate.plan.modules.own_calls import own_call, with_callers
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


def lent_fields(plan: Plan, cls: Class) -> list[str]:
    """The fields of a class whose layers other modules keep."""
    names = [name for name in field_names(cls) if (cls.node, name) in plan.facts.lent]
    extended = len(lineage(cls)) > 1 or is_extended(cls, plan.facts.classes)
    if names and extended:
        message = f"`{names[0]}` is a layer of another module, and `{cls.node.name}` is tied to another class"
        raise Blocked(cls.node, "LNX111", message)
    return names


def goes_with_call(plan: Plan, site: Layer, node: ast.expr) -> bool:
    """Whether an argument of a construction is a layer that the calls are given in its place."""
    return any(_given(site).get(name) is node for name in _handed(plan, site))


def _handed(plan: Plan, site: Layer) -> dict[str, HandedLayer | None]:
    """The lent fields of what a construction makes, with what it is handed for them."""
    names = lent_fields(plan, site.cls) if site.cls is not None else []
    return {name: plan.facts.handed_layers.get((site.node, name)) for name in names}


def at_calls(plan: Plan, site: Layer) -> list[tuple[str, str]]:
    """The layers that every call of a module is given: `table=self.shared`."""
    return [(name, _written(plan, site, name, handed)) for name, handed in _handed(plan, site).items()]


def _written(plan: Plan, site: Layer, name: str, handed: HandedLayer | None) -> str:
    if handed is None or site.lifted is not None:
        raise Blocked(site.node, "LNX111", f"it cannot be seen which layer `{name}` of this module is")
    if isinstance(handed.layer, str):
        lent = (site.owner.node, handed.layer) in plan.facts.lent
        return handed.layer if lent else f"self.{handed.layer}"
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


def needing(plan: Plan, cls: Class, name: str) -> set[str]:
    """The methods of a class that need a layer which other modules keep."""
    known = own_methods(cls)
    found = {m for m, method in known.items() if m != "setup" and _reads(plan, method, name)}
    for site in plan.facts.sites.values():
        own = isinstance(site, Layer) and site.owner.node is cls.node
        if own and isinstance(site, Layer) and any(text == name for _, text in at_calls(plan, site)):
            found |= {m for m, method in known.items() if set(site.calls) & set(ast.walk(method))}
    return with_callers(known, found)


def _reads(plan: Plan, method: ast.FunctionDef, name: str) -> bool:
    return any(_is_read(plan, node, name) for node in ast.walk(method))


def _is_read(plan: Plan, node: ast.AST, name: str) -> bool:
    value = plan.facts.values.get(node)
    return isinstance(node, ast.Attribute) and isinstance(value, GivenLayer) and value.field == name


def rewrite_lent(plan: Plan, cls: Class, draft: Draft) -> None:
    """The methods that need such a layer take it, and read it there."""
    for name in lent_fields(plan, cls):
        features = plan.facts.handed_features.get((cls.node, name))
        methods = needing(plan, cls, name)
        if any(f"self.{name}." in text for text in draft.texts()) or "setup" in methods:
            message = f"the size of `{name}`, a layer of another module, is not known"
            raise Blocked(cls.node, "LNX112", message)
        for method in own_methods(cls).values():
            for node in ast.walk(method):
                if _is_read(plan, node, name) and isinstance(node, ast.Attribute):
                    _read(plan, node, name, features)
                elif isinstance(node, ast.Call) and own_call(node) in methods:
                    plan.edits.added[node].append((name, name))
            if method.name in methods:
                _take(plan, method, name)


def _read(plan: Plan, node: ast.Attribute, name: str, features: str | None) -> None:
    parent = plan.parent(node)
    if not isinstance(parent, ast.Attribute):
        plan.edits.expressions[node] = name
    elif parent.attr == "features" and features:
        plan.edits.expressions[parent] = features
    else:
        message = f"`{parent.attr}` of a layer that another module keeps is read"
        raise Blocked(parent, "LNX111", message)


def _take(plan: Plan, method: ast.FunctionDef, name: str) -> None:
    if name in plan.facts.scopes.bound[method] or method.decorator_list[1:]:
        raise Blocked(method, "LNX111", f"`{method.name}` would need an argument `{name}`, which is taken")
    plan.edits.keyword_only[method].append(f"{name}: nnx.Embed")
