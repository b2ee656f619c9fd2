"""Modules that are given layers of other modules at their calls: which methods need them, and take them."""

from __future__ import annotations

import ast
import re

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import fields, own_methods
from migrate.analysis.sites import Construct, Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import Draft, texts_of
from migrate.plan.modules.handed_layers import is_left_out
from migrate.plan.modules.lent_names import is_read, lent_fields, lent_name
from migrate.plan.modules.module_fields import annotation
from migrate.plan.modules.own_calls import own_call, with_callers
from migrate.rewrite.edits import Piece


def needing(plan: Plan, cls: Class, name: str) -> set[str]:
    """The methods of a class that need a layer which other modules keep."""
    known = own_methods(cls)
    found = {m for m, method in known.items() if m != "setup" and _reads(plan, method, name)}
    for handed in plan.facts.handed_layers.values():
        site = plan.facts.sites.get(handed.node)
        if handed.owner.node is cls.node and handed.layer == name and isinstance(site, Layer):
            found |= {m for m, method in known.items() if set(site.calls) & set(ast.walk(method))}
    return with_callers(known, found)


def _reads(plan: Plan, method: ast.FunctionDef, name: str) -> bool:
    return any(is_read(plan, node, name) for node in ast.walk(method))


def rewrite_lent(plan: Plan, cls: Class, draft: Draft) -> None:
    """The methods that need such a layer take it, and read it there."""
    for field in lent_fields(plan, cls):
        features = plan.facts.handed_features.get((cls.node, field))
        methods, name = needing(plan, cls, field), lent_name(plan, cls, field)
        if any(re.search(rf"\bself\.{field}\b", text) for text in draft.texts()) or "setup" in methods:
            message = f"the size of `{field}`, a layer of another module, is not known"
            raise Blocked(cls.node, "LNX112", message)
        parameter = f"{name}: {_declared(plan, cls, field)}"
        for method in own_methods(cls).values():
            for node in ast.walk(method):
                if is_read(plan, node, field) and isinstance(node, ast.Attribute):
                    _read(plan, node, name, features)
                elif isinstance(node, ast.Call) and own_call(node) in methods:
                    plan.edits.added[node].append((name, name))
            if method.name in methods:
                _take(plan, method, parameter)


def check_lent(plan: Plan, cls: Class) -> None:
    """Nothing that is written anew may read such a layer from the instance, which has none."""
    names = lent_fields(plan, cls)
    for node in ast.walk(cls.node) if names else ():
        pieces: list[Piece] = []
        if isinstance(node, ast.expr) and node in plan.edits.expressions:
            pieces.append(plan.edits.expressions[node])
        if isinstance(node, ast.Call):
            pieces += [piece for _, piece in plan.edits.added.get(node, ())]
        texts = [text for piece in pieces for text in texts_of(piece)]
        for name in names:
            if any(re.search(rf"\bself\.{name}\b", text) for text in texts):
                message = f"what is called here depends on `{name}`, a layer of another module"
                raise Blocked(node, "LNX111", message)


def _declared(plan: Plan, cls: Class, field: str) -> str:
    """The annotation of the field, and None as the default where a module is made without the layer."""
    statement = next(s for s in fields(cls) if isinstance(s.target, ast.Name) and s.target.id == field)
    default = statement.value is not None
    sites = [s for s in plan.facts.sites.values() if isinstance(s, Layer) and s.cls is not None]
    made = [s for s in sites if s.cls is not None and s.cls.node is cls.node]
    optional = _made_outside(plan, cls, field) or default
    optional |= any(is_left_out(plan, site, field) for site in made)
    return annotation(plan, statement) + (" = None" if optional else "")


def _made_outside(plan: Plan, cls: Class, field: str) -> bool:
    """Whether such a module is a definition outside of any module, which has no layer to give."""
    sites = [s for s in plan.facts.sites.values() if isinstance(s, Construct) and s.instance.cls == cls]
    for site in sites:
        plain = plan.facts.values.get(site.node.func) == cls and not site.node.args
        if not plain or {keyword.arg for keyword in site.node.keywords} & {field, None}:
            message = f"it cannot be seen which layer `{field}` of this module is"
            raise Blocked(site.node, "LNX111", message)
    return bool(sites)


def _read(plan: Plan, node: ast.Attribute, name: str, features: str | None) -> None:
    parent = plan.parent(node)
    if not isinstance(parent, ast.Attribute):
        plan.edits.expressions[node] = name
    elif parent.attr == "features" and features:
        plan.edits.expressions[parent] = features
    else:
        message = f"`{parent.attr}` of a layer that another module keeps is read"
        raise Blocked(parent, "LNX111", message)


def _take(plan: Plan, method: ast.FunctionDef, parameter: str) -> None:
    if method.decorator_list[1:]:
        name = parameter.partition(":")[0]
        raise Blocked(method, "LNX111", f"`{method.name}` would need an argument `{name}`, but is decorated")
    plan.edits.keyword_only[method].append(parameter)
