"""Tables and shapes of a definition: of the model that it becomes, or of one that is made to be shown."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Class
from migrate.analysis.program.syntax import names_in
from migrate.analysis.sites import Init, Outline, ReadField, Site
from migrate.plan.training.lasting_params import is_beside
from migrate.plan.training.meeting import is_available, is_lasting


def shows_model(facts: Facts, sites: Iterable[Site], shown: Outline | ReadField) -> bool:
    """Whether the one model of a definition is there under its name where the definition is shown."""
    instance = shown.init.instance if isinstance(shown, Outline) else shown.instance
    name = shown.definition if isinstance(shown, Outline) else shown.node.value
    inits = [s for s in sites if isinstance(s, Init) and s.instance == instance]
    if len(inits) != 1 or inits[0].output is not None or is_beside(facts, inits[0]):
        return False
    scopes, init = facts.scopes, inits[0]
    callee = init.init.value if isinstance(init.init, ast.Attribute) else None
    if not isinstance(name, ast.Name) or not isinstance(callee, ast.Name) or name in scopes.members:
        return False
    places = (name, callee, init.instance.site)
    if scopes.variable(name, name.id) != scopes.variable(callee, callee.id):
        return False
    if len({id(scopes.function(node)) for node in places}) > 1:
        return False
    return _is_behind(facts, shown.node, _construction(facts, init))


def _construction(facts: Facts, init: Init) -> ast.stmt:
    """The statement from which on the model is there: the definition, where `init` needs nothing later."""
    begin, end = facts.scopes.statement(init.instance.site), facts.scopes.statement(init.node)
    shapes = (*init.shapes, *(shape for _, _, shape in init.named))
    sizes = {name for shape in shapes for axis in shape.axes if axis is not None for name in axis.names}
    needed = names_in(init.key).union(sizes, *map(names_in, init.samples()))
    same = facts.scopes.block(begin) is facts.scopes.block(end)
    there = same and is_lasting(facts, init.key) and is_available(facts, begin, end, frozenset(needed))
    return begin if there else end


def _is_behind(facts: Facts, place: ast.expr, statement: ast.stmt) -> bool:
    """Whether an expression stands below a statement of the block that holds it."""
    block = facts.scopes.block(statement)
    node: ast.AST = facts.scopes.statement(place)
    while node not in block and node in facts.scopes.parent:
        node = facts.scopes.parent[node]
    return node in block and block.index(node) > block.index(statement)


def class_of(outline: Outline) -> Class | None:
    """The class of the project that is shown."""
    cls = outline.init.instance.cls
    return cls if isinstance(cls, Class) else None
