"""Dicts of layers that `setup` writes out: `self.heads = {"mean": nn.Dense(3), "scale": nn.Dense(3)}`.

Linen keeps such layers as `heads_mean` and `heads_scale`.
"""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import UNKNOWN, Class, Const, Dict, Instance, Sequence, Value
from migrate.analysis.modules.classes import own_methods
from migrate.analysis.modules.setups import in_setup
from migrate.analysis.run import Run
from migrate.analysis.sites import Layer

SHOWN = ("items", "keys", "values")


def kept_dict(run: Run, target: ast.Attribute, kind: Value) -> bool:
    """Whether `setup` gives an attribute such a dict; its layers have their names from then on."""
    node = run.facts.scopes.parent[target]
    if not isinstance(node, ast.Assign) or not isinstance(kind, Dict) or not in_setup(run, target):
        return False
    layers = _layers(run.facts, node, target)
    if layers is None or run.owner is None or _is_set_again(run.owner, target):
        return False
    for name, site in layers.items():
        run.facts.sites[site.node] = site.named(name)
    return True


def dicts_of(facts: Facts, cls: Class) -> dict[str, dict[str, Layer]]:
    """The dicts of a class by their attributes, with the layers by their names."""
    setup = own_methods(cls).get("setup")
    found: dict[str, dict[str, Layer]] = {}
    for node in ast.walk(setup) if setup is not None else ():
        if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Attribute):
            layers = _layers(facts, node, target)
            if layers is not None and all(site.kept == name for name, site in layers.items()):
                found[target.attr] = layers
    return found


def _layers(facts: Facts, node: ast.Assign, target: ast.Attribute) -> dict[str, Layer] | None:
    match node:
        case ast.Assign(
            targets=[ast.Attribute(value=ast.Name(id="self"))], value=ast.Dict(keys=keys, values=values)
        ) if values:
            found: dict[str, Layer] = {}
            for key, value in zip(keys, values, strict=True):
                site = facts.sites.get(value)
                if not isinstance(key, ast.Constant) or not isinstance(key.value, str | int):
                    return None
                name = f"{target.attr}_{key.value}"
                if not isinstance(site, Layer) or site.explicit or not name.isidentifier() or name in found:
                    return None
                found[name] = site
            return found
        case _:
            return None


def _is_set_again(cls: Class, target: ast.Attribute) -> bool:
    nodes = (node for method in own_methods(cls).values() for node in ast.walk(method))
    stores = [n for n in nodes if isinstance(n, ast.Attribute) and not isinstance(n.ctx, ast.Load)]
    return sum(node.attr == target.attr for node in stores) > 1


def _is_of_layers(value: Value) -> bool:
    return isinstance(value, Dict) and all(isinstance(item, Instance) for _, item in value.items)


def item(run: Run, holder: Value, index: Value) -> Value | None:
    """`self.heads["mean"]` of such a dict; None for anything else."""
    if run.owner is None or not isinstance(holder, Dict) or not holder.items or not _is_of_layers(holder):
        return None
    return holder.get(index.value) if isinstance(index, Const) else UNKNOWN


def is_read_through(run: Run, node: ast.Attribute, holder: Value) -> bool:
    """Whether a method of such a dict is called that only shows what is in it, as a loop needs it."""
    call = run.facts.scopes.parent[node]
    shown = node.attr in SHOWN and isinstance(call, ast.Call) and not call.args and not call.keywords
    return run.owner is not None and _is_of_layers(holder) and shown


def turns(run: Run, node: ast.expr) -> list[Value] | None:
    """What a loop over `self.heads.items()` or `self.heads.values()` binds, turn by turn."""
    match node:
        case ast.Call(func=ast.Attribute(value=holder, attr=how), args=[], keywords=[]):
            value = run.facts.values.get(holder, UNKNOWN)
            if run.owner is None or not isinstance(value, Dict) or not _is_of_layers(value):
                return None
            match how:
                case "values":
                    return [layer for _, layer in value.items]
                case "items":
                    return [Sequence((Const(key), layer)) for key, layer in value.items]
                case _:
                    return None
        case _:
            return None
