"""Lists of layers that one comprehension or loop of `setup` builds with other sizes in each turn.

    self.layers = [nn.Dense(width) for width in self.widths]
    ...
    for layer in self.layers:
        x = layer(x)

Where the layers cannot all have one size of their input, that size runs along with what builds them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from migrate.analysis.joining import join
from migrate.analysis.kinds import (
    UNKNOWN,
    Array,
    Collected,
    Const,
    Function,
    Instance,
    Length,
    Repeated,
    Sequence,
    Symbol,
    Value,
)
from migrate.analysis.modules.backward_lists import around, within
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.loops import leaves, outside, unused
from migrate.analysis.modules.running_lists import NAMES, changed, last, with_last
from migrate.analysis.modules.sequences import COUNT, counted, repeated_in
from migrate.analysis.modules.turns import numbered, run_turns
from migrate.analysis.program.syntax import names_in
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import Size, substituted
from migrate.analysis.sites import Layer, Running, Turns


def run_numbered(run: Run, node: ast.For) -> bool:
    """Run `for i in range(n): x = self.blocks[i](x)`; False where this is another loop."""
    layers = numbered(run, node)
    if layers is None:
        return False
    run.evaluate(node.iter)
    run_list(run, node, [COUNT, COUNT], layers)
    return True


@dataclass(frozen=True)
class Building:
    """What builds the layers of such a list: their call, what a turn binds, and what gives it its name.

    `local` are the names that mean something where a layer is built, and maybe something else after the turn.
    """

    node: ast.ListComp | ast.For
    call: ast.Call
    target: ast.expr
    iterated: ast.expr
    kept: ast.Assign
    local: frozenset[str]


def run_list(run: Run, node: ast.For, turns: list[Value], listed: Repeated | None = None) -> None:
    """Run a loop over layers: with one size for all of them, or else with one that runs along."""
    layers = listed or repeated_in(run, node.iter)
    built = _built(run, node, layers) if layers is not None and not layers.backwards else None
    if layers is None or built is None:
        run_turns(run, node, turns, listed)
        return
    run.facts.loops.pop(built.node, None)
    site = run.facts.sites[built.call]
    entry, kept = dict(run.frame.vars), run.facts.snapshot(node)

    def again() -> None:
        run.facts.restore(node, kept)
        run.facts.sites[built.call] = site
        run.frame.vars = dict(entry)

    run_turns(run, node, turns, listed)
    if not _is_lost(run, built):
        return
    again()
    run.turning = built.call, built.local
    done = _run_along(run, node, built, turns[0], again)
    run.turning = None
    if not done:
        run.facts.loops.pop(built.node, None)
        again()
        run_turns(run, node, turns, listed)


def _built(run: Run, node: ast.For, layers: Repeated) -> Building | None:
    """What builds the layers, if only this loop reads them, in `__call__`."""
    function = run.facts.scopes.function(node)
    if run.owner is None or not isinstance(function, ast.FunctionDef) or function.name != "__call__":
        return None
    found = _comprehension(run, layers) or _loop(run, layers)
    if found is None or init_text(run.facts, run.owner, found.iterated) is None:
        return None
    site = run.facts.sites.get(found.call)
    plain = isinstance(site, Layer) and not site.explicit and site.lifted is None
    alone = plain and found.call not in run.facts.checkpoints and _is_read_here_only(run, node, found)
    return found if alone else None


def _comprehension(run: Run, layers: Repeated) -> Building | None:
    match layers:
        case Repeated(Instance(site=call), ast.ListComp(elt=elt, generators=[turn]) as built) if call is elt:
            statement = run.facts.scopes.parent[built]
            if not isinstance(statement, ast.Assign) or turn.ifs:
                return None
            return Building(built, call, turn.target, turn.iter, statement, names_in(turn.target))
        case _:
            return None


def _loop(run: Run, layers: Repeated) -> Building | None:
    """`for width in self.widths: layers.append(nn.Dense(width))`, kept by `self.layers = layers`."""
    parent = run.facts.scopes.parent
    match layers:
        case Repeated(Instance(site=call), ast.Name(id=name) as read):
            appended = parent[call]
            statement = parent[appended]
            loop, kept = parent[statement], parent[around(run, read)]
        case _:
            return None
    setup = run.facts.scopes.function(call)
    match appended, loop:
        case (
            ast.Call(func=ast.Attribute(value=ast.Name(id=filled), attr="append"), args=[_], keywords=[]),
            ast.For(orelse=[]),
        ) if filled == name and isinstance(kept, ast.Assign) and isinstance(setup, ast.FunctionDef):
            names = [n for n in ast.walk(setup) if isinstance(n, ast.Name)]
            alone = sum(n.id == name for n in names) == 3 and loop in setup.body and not leaves(loop)
            local = frozenset(n.id for n in names if not isinstance(n.ctx, ast.Load))
            return Building(loop, call, loop.target, loop.iter, kept, local) if alone else None
        case _:
            return None


def _is_read_here_only(run: Run, node: ast.For, built: Building) -> bool:
    """Whether the loop calls each layer once, in their order, and nothing else reads the list."""
    assert run.owner is not None
    (target,) = built.kept.targets if len(built.kept.targets) == 1 else (None,)
    if not isinstance(target, ast.Attribute):
        return False
    uses = [n for n in ast.walk(run.owner.node) if isinstance(n, ast.Attribute) and n.attr == target.attr]
    others = [n for n in uses if n is not target and not _is_length(run, n)]
    turns = counted(run, node.iter) or node.iter
    in_turn = [n for n in others if n is within(run, turns)]
    read = [n for n in others if _is_of_turn(run, node, target.attr, n)]
    return len(others) == 1 and bool(in_turn or read)


def _is_length(run: Run, node: ast.Attribute) -> bool:
    """`len(self.layers)`."""
    match run.facts.scopes.parent[node]:
        case ast.Call(func=ast.Name(id="len"), args=[inner]):
            return inner is node
        case _:
            return False


def _is_of_turn(run: Run, node: ast.For, name: str, read: ast.Attribute) -> bool:
    """`self.layers[i]` in a loop over `range(len(self.layers))`."""
    match run.facts.scopes.parent[read], node:
        case (
            ast.Subscript(slice=ast.Name(id=number)) as item,
            ast.For(
                target=ast.Name(id=index),
                iter=ast.Call(
                    args=[ast.Call(func=ast.Name(id="len"), args=[ast.Attribute(attr=counts)], keywords=[])],
                    keywords=[],
                ),
            ),
        ):
            stores = [n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == index]
            bound_once = sum(isinstance(n.ctx, ast.Store) for n in stores) == 1
            return number == index and counts == name and bound_once and item in {*ast.walk(node)}
        case _:
            return False


def _is_lost(run: Run, built: Building) -> bool:
    """Whether no one size fits an input of the layers."""
    site = run.facts.sites.get(built.call)
    inputs = site.inputs if isinstance(site, Layer) else None
    return any(isinstance(v, Array) and v.shape.axis(-1) is None for _, v in inputs or ())


def _run_along(run: Run, node: ast.For, built: Building, turn: Value, again: Callable[[], None]) -> bool:
    """Run one turn with a running size; False where the next size cannot be told."""
    entry = dict(run.frame.vars)
    _run_turn(run, node, turn)
    found, settled = changed(entry, run.frame.vars), _settled(entry, run.frame.vars)
    again()
    if len(found) != 1:
        return False
    ((name, start),) = found.items()
    running = unused(run, NAMES, f"running_{name}")
    run.frame.vars |= settled
    run.frame.vars[name] = with_last(run.frame.vars[name], Size(running))
    _run_turn(run, node, turn)
    end = last(run.frame.vars.get(name))
    if end is None:
        return False
    begun = entry | settled
    if not _is_stable(
        begun | {name: with_last(begun[name], None)}, run.frame.vars | {name: _unsized(run, name)}
    ):
        return False
    run.facts.loops[built.node] = Turns(None, (Running(running, start, end),), built.call)
    assert run.owner is not None
    run.facts.finals[run.owner.node][running] = ""
    local = built.local | {running}
    left = {other: _left(value, local) for other, value in run.frame.vars.items() if other not in entry}
    run.frame.vars = left | begun | {name: with_last(begun[name], _outside(run, built, running, end))}
    return True


def _unsized(run: Run, name: str) -> Value:
    return with_last(run.frame.vars[name], None)


def _is_stable(begun: dict[str, Value], end: dict[str, Value]) -> bool:
    """Whether a turn leaves everything as the next one takes it."""
    return all(join(value, end[name]) == value for name, value in begun.items())


def _left(value: Value, local: frozenset[str]) -> Value:
    """What the last turn has bound, where its own sizes mean nothing."""
    match value:
        case Array() | Length() | Collected():
            return outside(value, local)
        case Sequence(items):
            return Sequence(tuple(_left(item, local) for item in items))
        case Const() | Symbol() | Function() | Instance():
            return value
        case _:
            return UNKNOWN


def _run_turn(run: Run, node: ast.For, turn: Value) -> None:
    run.assign(node.target, turn)
    run.execute(node.body)


def _settled(entry: dict[str, Value], end: dict[str, Value]) -> dict[str, Value]:
    """What is known of the variables however many turns there were."""
    return {name: join(value, end[name]) for name, value in entry.items() if end[name] != value}


def _outside(run: Run, built: Building, running: str, end: Size) -> Size | None:
    """The running size after the last turn: by what `setup` knows everywhere, or else behind the loop."""
    if not end.names & {*built.local, running}:
        return end
    behind = Size(running) if isinstance(built.node, ast.For) else None
    assert run.owner is not None
    source = init_text(run.facts, run.owner, built.iterated)
    if source is None or running in end.names or not _binds_once(run, built):
        return behind
    text = _at_last(end.text, getattr(built.target, "id", ""), source)
    return Size(text) if text is not None and not Size(text).names & built.local else behind


def _binds_once(run: Run, built: Building) -> bool:
    """Whether a turn binds one name, which nothing else binds."""
    if not isinstance(built.target, ast.Name):
        return False
    names = run.facts.scopes.names(run.facts.scopes.variable(built.target, built.target.id))
    return [name for name in names if not isinstance(name.ctx, ast.Load)] == [built.target]


def _at_last(text: str, name: str, source: str) -> str | None:
    """The expression with what the last turn binds in place of the name."""
    match ast.parse(source, mode="eval").body:
        case ast.Call(func=ast.Name(id="range"), args=[ast.Call(func=ast.Name(id="len"), args=[items])]):
            each = ast.unparse(items)
            return ast.unparse(ast.parse(text)).replace(f"{each}[{name}]", f"{each}[-1]")
        case ast.Name() | ast.Attribute():
            return substituted(text, {name: f"{source}[-1]"})
        case _:
            return None
