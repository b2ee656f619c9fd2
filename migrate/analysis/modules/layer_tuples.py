"""Tuples of layers with names of their own that `setup` lengthens: `self.layer += (Block(name=str(1)),)`.

Linen keeps such layers under these names alone. Which of them `self.layer[-1]` is depends on the conditions
under which each has been added, and on what surely holds where it is read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product

from migrate.analysis.kinds import UNKNOWN, Class, Lengthened, Sequence, Value
from migrate.analysis.modules.choices import as_test, reads_fields
from migrate.analysis.modules.class_choices import layer_at, written_at
from migrate.analysis.modules.classes import is_extended, lineage, own_methods
from migrate.analysis.modules.hoisting import assigned_value, init_text, is_self
from migrate.analysis.modules.layer_lists import layers_in
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.modules.setups import in_setup
from migrate.analysis.run import Run
from migrate.analysis.shapes.indexing import literal_integer
from migrate.analysis.sites import Layer

MOST = 4
"""How many conditions are looked through, each both ways."""


def begins(run: Run, target: ast.Attribute, kind: Value) -> bool:
    """`self.layer = (Block(name=str(0)),)` in `setup`, which lengthens the tuple further down."""
    statement = run.facts.scopes.parent[target]
    if not isinstance(statement, ast.Assign) or (statements := _statements(run, target.attr)) is None:
        return False
    if statement is not statements[0] or not _added(run, statement.value, kind):
        return False
    run.attributes[target.attr] = Lengthened(tuple(_calls(statements)))
    return True


def lengthens(run: Run, statement: ast.AugAssign, kind: Value) -> bool:
    """`self.layer += (Block(name=str(1)),)`; False where this is something else."""
    target = statement.target
    if run.owner is None or not isinstance(target, ast.Attribute):
        return False
    known = isinstance(run.attributes.get(target.attr), Lengthened)
    return known and _added(run, statement.value, kind)


def _added(run: Run, node: ast.expr, kind: Value) -> bool:
    """Remember the layers of a tuple that is written out."""
    items = kind.items if isinstance(kind, Sequence) else ()
    written = node.elts if isinstance(node, ast.Tuple) else []
    sites = [named_layers(run, item) for item in items]
    places = [{written_at(run.facts, site.node) for site in each} for each in sites]
    if not sites or places != [{element} for element in written]:
        return False
    for site in [site for each in sites for site in each]:
        run.facts.sites[site.node] = site.in_list()
        run.facts.in_tuples[site.node] = written_at(run.facts, site.node)
    return True


def named_layers(run: Run, value: Value) -> list[Layer]:
    """The sites of the layers that a value may be, if all of them have names of their own."""
    sites = [run.facts.sites.get(layer.site) for layer in layers_in(value) or ()]
    found = [site for site in sites if isinstance(site, Layer) and site.explicit]
    return found if len(found) == len(sites) else []


def _statements(run: Run, name: str) -> list[ast.Assign | ast.AugAssign] | None:
    """The statements of `setup` that make such a tuple; None where anything else is done with it."""
    assert run.owner is not None
    owner = run.owner
    if len(lineage(owner)) > 1 or is_extended(owner, run.facts.classes):
        return None
    found: list[ast.Assign | ast.AugAssign] = []
    for node in ast.walk(owner.node):
        if not isinstance(node, ast.Attribute) or node.attr != name or not is_self(owner, node.value):
            continue
        match run.facts.scopes.parent[node]:
            case (
                ast.Assign(targets=[_], value=ast.Tuple())
                | ast.AugAssign(op=ast.Add(), value=ast.Tuple()) as s
            ):
                found.append(s)
            case ast.Subscript() as read if not in_setup(run, node) and _is_called(run, read):
                pass
            case _:
                return None
    found.sort(key=lambda statement: statement.lineno)
    first = isinstance(found[0], ast.Assign) and all(isinstance(s, ast.AugAssign) for s in found[1:])
    return found if first and len(found) > 1 and _stand_in_order(run, owner, found) else None


def _is_called(run: Run, node: ast.Subscript) -> bool:
    """`self.layer[-1](x)`."""
    parent = run.facts.scopes.parent[node]
    return isinstance(parent, ast.Call) and parent.func is node and literal_integer(node.slice) is not None


def _stand_in_order(run: Run, owner: Class, statements: list[ast.Assign | ast.AugAssign]) -> bool:
    """Whether nothing but conditions stand between `setup` and the statements, and none around the first."""
    setup, parent = own_methods(owner).get("setup"), run.facts.scopes.parent
    for statement in statements:
        above = parent[statement]
        while isinstance(above, ast.If) and statement is not statements[0]:
            above = parent[above]
        if above is not setup:
            return False
    return True


def _calls(statements: list[ast.Assign | ast.AugAssign]) -> Iterator[ast.Call]:
    for statement in statements:
        for item in statement.value.elts if isinstance(statement.value, ast.Tuple) else ():
            if isinstance(item, ast.Call):
                yield item


def item(run: Run, node: ast.Subscript, holder: Lengthened) -> Value:
    """The layer that `self.layer[-1]` is, where fields and what holds around the read tell just one."""
    index = literal_integer(node.slice)
    found = set(_reached(run, node, holder.layers, index)) if index is not None else set()
    call = found.pop() if len(found) == 1 else None
    layer = layer_at(run.facts, call) if call is not None else None
    if call is None or layer is None:
        blocked(run, node, "LNX111", "which layer of a tuple this is cannot be told from what holds here")
        return UNKNOWN
    run.facts.in_tuples[node] = call
    return layer


def _reached(run: Run, node: ast.Subscript, layers: tuple[ast.Call, ...], index: int) -> Iterator[ast.Call]:
    """The layers that an index may stand for: whatever the conditions are that decide which are there."""
    assert run.owner is not None
    tests = {layer: run.facts.built_under.get(layer, (None,)) for layer in layers}
    if any(test is None for each in tests.values() for test in each):
        return
    needed = {layer: [as_test(test) for test in each if test] for layer, each in tests.items()}
    known = dict(_held(run, run.owner, node))
    open_tests = sorted({test for each in needed.values() for test, _ in each} - known.keys())
    if len(open_tests) > MOST or not all(map(reads_fields, {t for each in needed.values() for t, _ in each})):
        return
    for values in product((True, False), repeat=len(open_tests)):
        holds = known | dict(zip(open_tests, values, strict=True))
        there = [layer for layer, each in needed.items() if all(holds[t] == held for t, held in each)]
        if -len(there) <= index < len(there):
            yield there[index]


def _held(run: Run, owner: Class, node: ast.AST) -> Iterator[tuple[str, bool]]:
    """The conditions on fields that surely hold where a node stands in its method."""
    parent = run.facts.scopes.parent
    while not isinstance(node, ast.FunctionDef):
        above = parent[node]
        if isinstance(above, ast.If) and node is not above.test:
            held = node in above.body
            for part in _conjuncts(run, above.test) if held else [above.test]:
                if (text := init_text(run.facts, owner, part)) is not None:
                    test, wanted = as_test(text)
                    yield test, wanted == held
        node = above


def _conjuncts(run: Run, test: ast.expr) -> Iterator[ast.expr]:
    """`a` and `b` of `a and b`, also where a name was given that."""
    match test:
        case ast.BoolOp(op=ast.And(), values=parts):
            for part in parts:
                yield from _conjuncts(run, part)
        case ast.Name() if (value := assigned_value(run.facts, test)) is not None:
            yield from _conjuncts(run, value)
        case _:
            yield test
