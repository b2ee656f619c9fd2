"""Sizes by the names of `setup`: `self.down = Down(block_in)` behind a loop that has changed `block_in`.

Such a name means the same wherever `setup` binds it no more.
"""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import methods
from migrate.analysis.modules.hoisting import holes, spliced
from migrate.analysis.modules.summaries import BUILTINS
from migrate.analysis.program.scopes import COMPREHENSIONS
from migrate.analysis.run import Run
from migrate.analysis.sites import Layer

LOOPS = (*COMPREHENSIONS, ast.For, ast.While, ast.Lambda)


def by_names(run: Run, site: Layer, node: ast.expr) -> str | None:
    """An argument of a construction in `setup`, where all that it reads is bound for good by then."""
    if run.facts.scopes.within(site.node, LOOPS) or not _is_number(node):
        return None
    local = {n: n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in _bound(site.owner)}
    known: dict[ast.expr, str] = {name: text for name, text in local.items() if text not in BUILTINS}
    if not known or not all(is_final(run.facts, site.owner, text, site.node) for text in known.values()):
        return None
    found = holes(run.facts, site.owner, node, known)
    return None if found is None else spliced(run.facts, node, found)


def is_final(facts: Facts, owner: Class, name: str, place: ast.AST) -> bool:
    """Whether `setup` alone binds a name, and no more from this place of it on."""
    setup = methods(owner).get("setup")
    others = [method for method in methods(owner).values() if method is not setup]
    line = getattr(place, "lineno", 0)
    inside = setup is not None and (place is setup or facts.scopes.function(place) is setup)
    if setup is None or not inside or any(name in facts.scopes.bound[method] for method in others):
        return False
    stores = [n for n in ast.walk(setup) if isinstance(n, ast.Name) and n.id == name]
    stores = [n for n in stores if not isinstance(n.ctx, ast.Load)]
    return bool(stores) and all(n.lineno < line for n in stores)


def _bound(owner: Class) -> set[str]:
    setup = methods(owner).get("setup")
    names = (n for n in ast.walk(setup) if isinstance(n, ast.Name)) if setup is not None else ()
    return {n.id for n in names if not isinstance(n.ctx, ast.Load)}


def _is_number(node: ast.expr) -> bool:
    """Whether an expression computes with names and fields as with numbers, which never change."""
    match node:
        case ast.Name() | ast.Constant():
            return True
        case ast.Attribute(value=inner):
            return isinstance(inner, ast.Attribute | ast.Name) and ast.unparse(node).startswith("self.")
        case ast.BinOp(left=left, right=right):
            return _is_number(left) and _is_number(right)
        case ast.UnaryOp(operand=operand):
            return _is_number(operand)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return name in BUILTINS and all(map(_is_number, args))
        case _:
            return False
