"""A cell in a static method that only makes a first carry: `nn.GRUCell(n).initialize_carry(key, shape)`.

It has no parameters, and its carry is zeros. Linen counts it where a compact method comes by: what that
builds next of its class has the next number. With `parent=None` it belongs to no module and is not counted.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Const, FreeCell
from migrate.analysis.modules.called_once import STOPS
from migrate.analysis.modules.classes import is_module, is_static, methods
from migrate.analysis.modules.counting import name_of
from migrate.analysis.run import Run
from migrate.analysis.sites import FreeCarry

SINGLE = frozenset({"flax.linen.GRUCell", "flax.linen.MGUCell", "flax.linen.SimpleCell"})
PAIRS = frozenset({"flax.linen.LSTMCell", "flax.linen.OptimizedLSTMCell"})
DECIDING = frozenset({None, "carry_init", "name", "param_dtype"})
"""Arguments that change the carry, or what Linen counts."""


def made(run: Run, layer: str, node: ast.Call) -> FreeCell | None:
    """The cell, where nothing else is asked of it; its number is taken."""
    owner = _owner(run, node)
    if layer not in SINGLE | PAIRS or owner is None or {k.arg for k in node.keywords} & DECIDING:
        return None
    parent = next((run.facts.values.get(k.value) for k in node.keywords if k.arg == "parent"), None)
    detached = parent == Const(None)
    if parent is not None and not detached:
        return None
    call, features = _carry(run, node), _features(node)
    if call is None or features is None:
        return None
    if run.owner is not None and not detached:
        if run.owner.node is not owner.node or run.loops or run.tests or not _is_counted(run, owner, node):
            return None
        name_of(run, layer.rpartition(".")[2])
    run.facts.site(FreeCarry(call, owner, node, features, layer in PAIRS))
    return FreeCell(layer)


def _owner(run: Run, node: ast.Call) -> Class | None:
    """The module class whose static method the node stands in."""
    method = run.facts.scopes.method(node)
    if method is None or method is not run.facts.scopes.function(node) or not is_static(method):
        return None
    above = run.facts.scopes.parent[method]
    cls = run.facts.classes.get(above) if isinstance(above, ast.ClassDef) else None
    return cls if cls is not None and is_module(cls) else None


def _is_counted(run: Run, owner: Class, node: ast.Call) -> bool:
    """Whether it is plain how often the class calls the method that makes the cell: once, in `__call__`."""
    scopes = run.facts.scopes
    method, call = scopes.method(node), methods(owner).get("__call__")
    name = method.name if method is not None else ""
    named = (n for n in ast.walk(owner.node) if isinstance(n, ast.Attribute) and n.attr == name)
    found = [n for n in named if scopes.function(n) is not method]
    if not found:
        return True
    above: ast.AST = scopes.parent[found[0]]
    if len(found) > 1 or not isinstance(above, ast.Call) or above.func is not found[0]:
        return False
    while above in scopes.parent and not isinstance(above, (*STOPS, ast.For, ast.If)):
        above = scopes.parent[above]
    return above is call


def _features(node: ast.Call) -> ast.expr | None:
    given = [*node.args, *(k.value for k in node.keywords if k.arg == "features")]
    return given[0] if len(given) == 1 and not isinstance(given[0], ast.Starred) else None


def _carry(run: Run, node: ast.Call) -> ast.Call | None:
    """The one call of `initialize_carry`, on the cell or on its name."""
    scopes, parent = run.facts.scopes, run.facts.scopes.parent[node]
    match parent:
        case ast.Assign(targets=[ast.Name(id=name) as target]):
            others = [n for n in scopes.names(scopes.variable(target, name)) if n is not target]
            parent = scopes.parent[others[0]] if len(others) == 1 else parent
    call = scopes.parent.get(parent)
    match parent, call:
        case ast.Attribute(attr="initialize_carry"), ast.Call(func=function, args=[_, shape], keywords=[]):
            plain = function is parent and not isinstance(shape, ast.Starred)
            return call if plain and isinstance(call, ast.Call) else None
        case _:
            return None
