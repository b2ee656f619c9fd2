"""Loops over fields that build layers: `for width in self.widths: x = nn.Dense(width)(x)`.

Such a loop is run once with symbols: the element of the field, and a running size for the array that
goes round. What comes out is how the running size begins and how an iteration leaves it.
"""

from __future__ import annotations

import ast

from migrate.analysis import arrays
from migrate.analysis.kinds import UNKNOWN, Array, Class, Length, Loop, Symbol, Value
from migrate.analysis.modules import blocked, field_names, hoistable, methods
from migrate.analysis.run import Counter, Run
from migrate.analysis.sites import Running
from migrate.analysis.sizes import Shape, Size

LEAVING = (ast.Break, ast.Continue, ast.Return, ast.Yield, ast.YieldFrom)
RUNNING = ("features", "size", "in_size", "running_features")


def recognised(run: Run, node: ast.stmt) -> Loop | None:
    """The loop, if it stands right in `__call__` and runs over a field or a range of one."""
    owner = run.owner
    if not isinstance(node, ast.For) or owner is None or node.orelse:
        return None
    call = methods(owner).get("__call__")
    if call is None or node not in call.body or any(isinstance(n, LEAVING) for n in ast.walk(node)):
        return None
    loop = _shape(run, node)
    return loop if loop is not None and hoistable(run, owner, loop.iterated) else None


def _shape(run: Run, node: ast.For) -> Loop | None:
    text = run.facts.files.segment
    match node.target, node.iter:
        case ast.Tuple(elts=[ast.Name(id=index), element]), ast.Call(args=[inner], keywords=[]) as call:
            return (
                Loop(node, index, f"len({text(inner)})", inner, element)
                if _is(run, call, "enumerate")
                else None
            )
        case ast.Name(id=name), ast.Call(args=[count], keywords=[]) as call if _is(run, call, "range"):
            index = name if name != "_" else _free(run, "i")
            return Loop(node, index, text(count), count, None)
        case (ast.Name() | ast.Tuple()) as element, (ast.Attribute() | ast.Subscript() | ast.Name()) as inner:
            return Loop(node, _free(run, "i"), f"len({text(inner)})", inner, element)
        case _:
            return None


def _free(run: Run, name: str) -> str:
    """`name`, or a longer one where the module uses it already."""
    assert run.owner is not None
    used = {n.id for n in ast.walk(run.owner.node) if isinstance(n, ast.Name)} | set(field_names(run.owner))
    return name if name not in used else _free(run, f"{name}_layer" if len(name) == 1 else f"{name}_")


def _is(run: Run, call: ast.Call, name: str) -> bool:
    return run.evaluate(call.func) == Symbol(f"builtins.{name}")


def execute(run: Run, loop: Loop) -> None:
    """Run the body once; the array that changes its size goes round under the name of the running size."""
    run.evaluate(loop.node.iter)
    _bind_target(run, loop)
    entry = dict(run.frame.vars)
    changing = _changing(run, loop, entry)
    if len(changing) > 1:
        blocked(run, loop.node, "LNX111", "more than one array changes its size in a loop that builds layers")
        return
    run.frame.vars = dict(entry)
    running = _running_name(run, run.owner)
    for name in changing:
        run.frame.vars[name] = Array(_with_last(entry[name], Size(running)))
    run.loop = loop
    counted = dict(run.counters)
    run.execute(loop.node.body)
    run.loop = None
    _count(run, loop, counted)
    for name, start in changing.items():
        _record_running(run, loop, running, start, run.frame.vars[name])
        run.frame.vars[name] = Array(_with_last(entry[name], Size(running)))


def _bind_target(run: Run, loop: Loop) -> None:
    run.assign(loop.node.target, UNKNOWN)
    run.frame.vars[loop.index] = Length(Size(loop.index))
    for name in ast.walk(loop.element) if loop.element is not None else ():
        if isinstance(name, ast.Name):
            run.frame.vars[name.id] = Length(Size(name.id))


def _with_last(value: Value, size: Size) -> Shape:
    return value.shape.with_last(size) if isinstance(value, Array) else Shape((size,))


def _changing(run: Run, loop: Loop, entry: dict[str, Value]) -> dict[str, Size]:
    """The arrays whose last axis an iteration changes, with the size that they start from."""
    run.loop = loop
    counters, sites = dict(run.counters), dict(run.facts.sites)
    run.execute(loop.node.body)
    after = run.frame.vars
    run.counters, run.facts.sites, run.loop = counters, sites, None
    changing = {}
    for name, value in entry.items():
        before = arrays.of(value) if isinstance(value, Array) else None
        now = arrays.of(after.get(name, UNKNOWN)) if isinstance(after.get(name), Array) else None
        start = before.axis(-1) if before else None
        if start is not None and (now is None or now.axis(-1) != start):
            changing[name] = start
    return changing


def _count(run: Run, loop: Loop, before: dict[str, Counter]) -> None:
    """After the loop, each class that it built has as many more layers as there were turns."""
    for short, counter in run.counters.items():
        built = counter.number - before.get(short, Counter()).number
        if built and (built > 1 or counter.turns):
            blocked(run, loop.node, "LNX111", f"more than one `{short}` is built in a turn, or in two loops")
        if built:
            run.counters[short] = Counter(loop.count, counter.number - built)


def _running_name(run: Run, owner: Class | None) -> str:
    assert owner is not None
    taken = {*field_names(owner), *(n.id for n in ast.walk(owner.node) if isinstance(n, ast.Name))}
    return next((name for name in RUNNING if name not in taken), "running_input_features")


def _record_running(run: Run, loop: Loop, running: str, start: Size, end: Value) -> None:
    size = end.shape.axis(-1) if isinstance(end, Array) else None
    if size is None:
        blocked(run, loop.node, "LNX112", "the size of an array after one turn of this loop cannot be told")
        return
    run.facts.loops[loop.node] = Running(running, start, size)
