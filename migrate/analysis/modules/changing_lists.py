"""Lists of layers that one comprehension of `setup` builds with other sizes in each turn.

    self.layers = [nn.Dense(width) for width in self.widths]
    ...
    for layer in self.layers:
        x = layer(x)

Where the layers cannot all have one size of their input, that size runs along with the comprehension.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

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
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.loops import outside, unused
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


def run_list(run: Run, node: ast.For, turns: list[Value], listed: Repeated | None = None) -> None:
    """Run a loop over layers: with one size for all of them, or else with one that runs along."""
    layers = listed or repeated_in(run, node.iter)
    built = _built(run, node, layers) if layers is not None else None
    if layers is None or built is None:
        run_turns(run, node, turns, listed)
        return
    run.facts.loops.pop(built, None)
    site = run.facts.sites[built.elt]
    entry, kept = dict(run.frame.vars), run.facts.snapshot(node)

    def again() -> None:
        run.facts.restore(node, kept)
        run.facts.sites[built.elt] = site
        run.frame.vars = dict(entry)

    run_turns(run, node, turns, listed)
    if not _is_lost(run, built):
        return
    again()
    run.turning = built
    done = _run_along(run, node, built, turns[0], again)
    run.turning = None
    if not done:
        run.facts.loops.pop(built, None)
        again()
        run_turns(run, node, turns, listed)


def _built(run: Run, node: ast.For, layers: Repeated) -> ast.ListComp | None:
    """The comprehension with layers that only this loop reads, in `__call__`."""
    function = run.facts.scopes.function(node)
    if run.owner is None or not isinstance(function, ast.FunctionDef) or function.name != "__call__":
        return None
    match layers:
        case Repeated(Instance(site=call), ast.ListComp(elt=elt, generators=[turn]) as built) if call is elt:
            site = run.facts.sites.get(elt)
            plain = isinstance(site, Layer) and not site.explicit and site.lifted is None
            known = init_text(run.facts, run.owner, turn.iter) is not None
            alone = plain and known and not turn.ifs and elt not in run.facts.checkpoints
            return built if alone and _is_read_here_only(run, node, built) else None
        case _:
            return None


def _is_read_here_only(run: Run, node: ast.For, built: ast.ListComp) -> bool:
    """Whether the loop calls each layer once, in their order, and nothing else reads the list."""
    assert run.owner is not None
    statement = run.facts.scopes.parent[built]
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Attribute):
        return False
    name = statement.targets[0].attr
    uses = [n for n in ast.walk(run.owner.node) if isinstance(n, ast.Attribute) and n.attr == name]
    others = [n for n in uses if n is not statement.targets[0] and not _is_length(run, n)]
    in_turn = [n for n in others if n in {node.iter, counted(run, node.iter)}]
    read = [n for n in others if _is_of_turn(run, node, name, n)]
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


def _is_lost(run: Run, built: ast.ListComp) -> bool:
    """Whether no one size fits an input of the layers."""
    site = run.facts.sites.get(built.elt)
    inputs = site.inputs if isinstance(site, Layer) else None
    return any(isinstance(v, Array) and v.shape.axis(-1) is None for _, v in inputs or ())


def _run_along(run: Run, node: ast.For, built: ast.ListComp, turn: Value, again: Callable[[], None]) -> bool:
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
    run.facts.loops[built] = Turns(None, (Running(running, start, end),))
    local = names_in(built.generators[0].target) | {running}
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


def _outside(run: Run, built: ast.ListComp, running: str, end: Size) -> Size | None:
    """The running size after the last turn."""
    (turn,) = built.generators
    bound = names_in(turn.target)
    if not end.names & {*bound, running}:
        return end
    assert run.owner is not None
    source = init_text(run.facts, run.owner, turn.iter)
    if source is None or running in end.names or not isinstance(turn.target, ast.Name):
        return None
    text = _at_last(end.text, turn.target.id, source)
    return Size(text) if text is not None and turn.target.id not in Size(text).names else None


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
