"""Wrapping a Linen module: `nnx.bridge.ToNNX(net).lazy_init(x, rngs=key)` in place of `net.init(key, x)`.

With the caller's own key the initial values are Linen's, bit by bit; a dict of keys becomes streams, which
draw other values (flax/nnx/bridge/wrappers.py, Flax 0.12).
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.sites import Init
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.construction import streams
from migrate.rewrite.edits import Piece, template

RESERVED = frozenset(
    {"train", "eval", "sow", "perturb", "set_attributes", "iter_modules", "iter_children", "rngs", "module"}
    | {"lazy_init", "set_mode"}
)
"""What a wrapper has itself: variables of these names would hide it."""


def wrapped(plan: Plan, site: Init) -> Piece:
    """The wrapped module, initialised; raises `Blocked` where its names are in the way of the wrapper's."""
    _check_names(plan, site)
    assert isinstance(site.init, ast.Attribute)
    rngs: Piece = streams(site.key) if isinstance(site.key, ast.Dict) else site.key
    arguments: list[Piece] = [*site.inputs]
    if isinstance(site.key, ast.Starred):
        arguments.append(template("*{}[1:]", site.key.value))
        rngs = template("{}[0]", site.key.value)
    for keyword in site.node.keywords:
        if keyword.arg is None:
            raise Blocked(site.node, "LNX006", "`init` is called with a dict of keywords")
        arguments.append(template(f"{keyword.arg}={{}}", keyword.value))
    arguments.append(template("rngs={}", rngs))
    text = "nnx.bridge.ToNNX({}).lazy_init(" + ", ".join(["{}"] * len(arguments)) + ")"
    return template(text, site.init.value, *arguments)


def _check_names(plan: Plan, site: Init) -> None:
    for instance in plan.facts.initialised[site.node]:
        if isinstance(instance.cls, Class) and (taken := _variable_names(instance.cls.node) & RESERVED):
            message = f"`{min(taken)}` is a name that the wrapper of the module uses itself"
            raise Blocked(instance.cls.node, "LNX115", message)


def _variable_names(node: ast.ClassDef) -> set[str]:
    """What the module may call its parameters and submodules, as far as it is written in the class."""
    names: set[str] = set()
    for part in ast.walk(node):
        match part:
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                names.add(name)
            case ast.keyword(arg="name", value=ast.Constant(value=str(name))):
                names.add(name)
            case ast.Call(func=ast.Attribute(attr="param" | "variable"), args=args):
                names |= {
                    a.value for a in args[:2] if isinstance(a, ast.Constant) and isinstance(a.value, str)
                }
            case _:
                pass
    return names
