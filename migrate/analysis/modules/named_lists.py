"""Lists of layers with names of their own that `setup` writes out, or fills in one loop.

layers = [Block(self.size, stride=2, name="0")]
for i in range(self.depth - 1):
    layers.append(Block(self.size, name=str(i + 1)))
self.layers = layers
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from migrate.analysis.kinds import UNKNOWN, Class, Length, Repeated, Sequence, Value
from migrate.analysis.modules import loops
from migrate.analysis.modules.classes import own_methods
from migrate.analysis.modules.layer_tuples import named_layers
from migrate.analysis.program.syntax import names_in
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import Size


@dataclass(frozen=True)
class NamedList:
    """The statements that make such a list, of which `begun` writes out the first layers.

    `kept` gives it to an attribute, which may be the same statement; `loop` appends `turn` to it.
    """

    attr: str
    begun: ast.Assign
    first: tuple[ast.Call, ...]
    kept: ast.Assign
    loop: ast.For | None = None
    turn: ast.Call | None = None


def named_lists(cls: Class) -> dict[str, NamedList]:
    """The lists of a class by their attributes."""
    setup = own_methods(cls).get("setup")
    found = [_of(setup, statement) for statement in setup.body] if setup is not None else []
    return {one.attr: one for one in found if one is not None}


def _of(setup: ast.FunctionDef, statement: ast.stmt) -> NamedList | None:
    match statement:
        case ast.Assign(
            targets=[ast.Attribute(value=ast.Name(id="self"), attr=attr)], value=ast.List(elts=items)
        ) if items and (calls := _with_names(items)):
            return NamedList(attr, statement, calls, statement)
        case ast.Assign(
            targets=[ast.Attribute(value=ast.Name(id="self"), attr=attr)], value=ast.Name(id=name)
        ):
            return _filled(setup, statement, attr, name)
        case _:
            return None


def _filled(setup: ast.FunctionDef, kept: ast.Assign, attr: str, name: str) -> NamedList | None:
    before = setup.body[: setup.body.index(kept)]
    uses = [n for n in ast.walk(setup) if isinstance(n, ast.Name) and n.id == name]
    match [s for s in before if any(use in set(ast.walk(s)) for use in uses)]:
        case [
            ast.Assign(targets=[ast.Name()], value=ast.List(elts=items)) as begun,
            ast.For(
                body=[
                    ast.Expr(
                        value=ast.Call(
                            func=ast.Attribute(value=ast.Name(id=filled), attr="append"),
                            args=[ast.Call() as turn],
                            keywords=[],
                        )
                    )
                ],
                orelse=[],
            ) as loop,
        ] if filled == name and len(uses) == 3 and _with_names([turn]) and _is_alone(setup, loop):
            calls = _with_names(items)
            return NamedList(attr, begun, calls, kept, loop, turn) if len(calls) == len(items) else None
        case _:
            return None


def _with_names(items: list[ast.expr]) -> tuple[ast.Call, ...]:
    """The calls, if all of them give a name."""
    calls = [i for i in items if isinstance(i, ast.Call) and any(k.arg == "name" for k in i.keywords)]
    return tuple(calls) if len(calls) == len(items) else ()


def _is_alone(setup: ast.FunctionDef, loop: ast.For) -> bool:
    """Whether what the loop binds is used nowhere else in `setup`."""
    bound = names_in(loop.target)
    inside = set(ast.walk(loop))
    return not any(isinstance(n, ast.Name) and n.id in bound and n not in inside for n in ast.walk(setup))


def run_filling(run: Run, node: ast.For) -> bool:
    """Run a loop that fills such a list, with its turn as a symbol; False where this is another loop."""
    known = named_lists(run.owner) if run.owner is not None else {}
    if not any(one.loop is node for one in known.values()):
        return False
    run.evaluate(node.iter)
    loop = loops.shape_of(run, node)
    if loop is None:
        return False
    loop = replace(loop, bound=names_in(node.target))
    run.assign(node.target, UNKNOWN)
    for name in loop.bound:
        run.frame.vars[name] = Length(Size(name))
    run.facts.fillings[node] = loop
    run.loops = (*run.loops, loop)
    run.execute(node.body)
    run.loops = run.loops[:-1]
    for name in loop.bound:
        run.frame.vars[name] = UNKNOWN
    return True


def kept_list(run: Run, attr: str, statement: ast.AST) -> bool:
    """Whether a statement of `setup` keeps such a list, all of whose layers have names."""
    one = named_lists(run.owner).get(attr) if run.owner is not None else None
    if (
        one is None
        or one.kept is not statement
        or (one.loop is not None and one.loop not in run.facts.fillings)
    ):
        return False
    values = [run.facts.values.get(call, UNKNOWN) for call in one.first]
    last = run.facts.values.get(one.turn, UNKNOWN) if one.turn is not None else None
    layers = [named_layers(run, value) for value in (*values, *([last] if last is not None else []))]
    if not all(layers):
        return False
    for layer in (layer for each in layers for layer in each):
        run.facts.sites[layer.node] = layer.in_list()
    turns: list[Value] = [Repeated(last, one.kept.value)] if last is not None else []
    run.attributes[attr] = Sequence((*values, *turns))
    return True
