"""Loops that build layers: `for width in self.widths: x = nn.Dense(width)(x)`.

Such a loop is run with symbols: the element of what it runs over, and a running size for what each turn
changes. What comes out is how the running sizes begin, and how a turn leaves them.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.joining import join
from migrate.analysis.kinds import (
    UNKNOWN,
    Array,
    Collected,
    Const,
    Length,
    Loop,
    Sequence,
    Symbol,
    Value,
    followed,
)
from migrate.analysis.modules import collected, counting, turn_counts
from migrate.analysis.modules.classes import field_names, lists_of_modules
from migrate.analysis.modules.hoisting import assigned_value, init_text
from migrate.analysis.modules.one_shot import is_iterator
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.program.syntax import names_in
from migrate.analysis.run import Run
from migrate.analysis.shapes.plain_shapes import size_of
from migrate.analysis.shapes.sizes import Shape, Size, combined, literal, without_parentheses
from migrate.analysis.sites import Running, Turns

LEAVING = (ast.Break, ast.Continue, ast.Return, ast.Yield, ast.YieldFrom)
NAMES = {-1: "features", -2: "running_width", -3: "running_height", -4: "running_depth"}
DEPENDS = "how many layers a turn of this loop builds depends on the turn"
Key = tuple[str, int | None]
"""A variable, and which of its axes; None for a number."""


def recognised(run: Run, node: ast.stmt) -> Loop | None:
    """The loop, if it runs over something that `__init__` has as well."""
    if not isinstance(node, ast.For) or run.owner is None or node.orelse:
        return None
    function = run.facts.scopes.function(node)
    if not isinstance(function, ast.FunctionDef) or function.name != "__call__":
        return None
    lists = lists_of_modules(run.owner)
    if leaves(node) or any(isinstance(n, ast.Attribute) and n.attr in lists for n in ast.walk(node.iter)):
        return None
    run.evaluate(node.iter)
    return shape_of(run, node)


def leaves(node: ast.For) -> bool:
    """Whether a turn may end early."""
    return bool(node.orelse) or any(isinstance(n, LEAVING) for n in ast.walk(node))


def shape_of(run: Run, node: ast.For) -> Loop | None:
    """What a loop runs over, in the terms of `__init__`."""
    match node.target, node.iter:
        case ast.Tuple(elts=[ast.Name(id=index), _]), ast.Call(args=[_, *_]) as call if _is(
            run, call, "enumerate"
        ):
            return _enumerated(run, node, index, call)
        case ast.Name(id=name), ast.Call(keywords=[]) as call if _is(run, call, "range"):
            return _over_range(run, node, name, call)
        case _, ast.Call(args=[_, *_], keywords=[]) as call if _is(run, call, "zip"):
            return _made(run, node, None, call)
        case _, ast.Call():
            return None
        case _, iterated:
            return _made(run, node, None, iterated)


def _over_range(run: Run, node: ast.For, name: str, call: ast.Call) -> Loop | None:
    texts = [_text(run, arg) for arg in call.args]
    index = name if name != "_" else _free(run, "i")
    bound = frozenset({index})
    if None in texts or len(texts) > 2:
        return None
    known = [text for text in texts if text is not None]
    iterated = f"range({', '.join(known)})"
    if len(known) == 1:
        return Loop(node, index, known[0], f"for {index} in {iterated}:", index, iterated, bound)
    begin, end = Size(known[0]), Size(known[1])
    turn = combined(Size(index), "-", begin).text
    return Loop(
        node, turn, combined(end, "-", begin).text, f"for {index} in {iterated}:", index, iterated, bound
    )


def _enumerated(run: Run, node: ast.For, index: str, call: ast.Call) -> Loop | None:
    """`for i, width in enumerate(self.widths, 1)`, which may count from another number than 0."""
    match call:
        case ast.Call(args=[inner], keywords=[]):
            return _made(run, node, index, inner)
        case ast.Call(args=[inner, first], keywords=[]):
            pass
        case ast.Call(args=[inner], keywords=[ast.keyword(arg="start", value=first)]):
            pass
        case _:
            return None
    loop, begin = _made(run, node, index, inner), _text(run, first)
    if loop is None or begin is None:
        return None
    return replace(loop, index=combined(Size(index), "-", Size(begin)).text)


def _made(run: Run, node: ast.For, index: str | None, counted: ast.expr) -> Loop | None:
    """A loop over the items of something, which are counted by `index`."""
    text, length = _text(run, node.iter), _length(run, counted)
    if text is None or length is None:
        return None
    element = without_parentheses(run.facts.files.segment(node.target))
    if index is not None:
        return Loop(node, index, length, f"for {element} in {text}:", element, text, names_in(node.target))
    index = _free(run, "i")
    inner = f"({element})" if isinstance(node.target, ast.Tuple) else element
    target, iterated = f"{index}, {inner}", f"enumerate({text})"
    bound = names_in(node.target) | {index}
    return Loop(node, index, length, f"for {target} in {iterated}:", target, iterated, bound)


def _length(run: Run, node: ast.expr) -> str | None:
    value = assigned_value(run.facts, node) if isinstance(node, ast.Name) else None
    node = value if value is not None and is_iterator(run.facts, value) else node
    if isinstance(node, ast.Tuple | ast.List) and not any(isinstance(e, ast.Starred) for e in node.elts):
        return str(len(node.elts))
    if isinstance(node, ast.Call):
        lengths = [_length(run, arg) for arg in node.args]
        if _is(run, node, "enumerate") or _is(run, node, "reversed"):
            return lengths[0] if len(lengths) == 1 else None
        if not _is(run, node, "zip") or node.keywords or not lengths or None in lengths:
            return None
        return f"min({', '.join(length or '' for length in lengths)})" if len(lengths) > 1 else lengths[0]
    text = _text(run, node)
    return None if text is None else f"len({text})"


def _text(run: Run, node: ast.expr) -> str | None:
    assert run.owner is not None
    return init_text(run.facts, run.owner, node)


def _free(run: Run, name: str) -> str:
    """`name`, or a longer one where the module uses it already."""
    return unused(run, (name, *(f"{name}{k}" for k in "jklmn")), f"{name}_layer")


def unused(run: Run, names: tuple[str, ...], otherwise: str) -> str:
    """The first of some names that the module does not use yet."""
    assert run.owner is not None
    used = names_in(run.owner.node) | set(field_names(run.owner))
    used |= {n.arg for n in ast.walk(run.owner.node) if isinstance(n, ast.arg)}
    used |= {name for loop in run.loops for name in loop.bound}
    inside = set(ast.walk(run.owner.node))
    turns = [turns for node, turns in run.facts.loops.items() if node in inside]
    used |= {running.name for each in turns for running in each.running}
    return next((name for name in names if name not in used), otherwise)


def _is(run: Run, call: ast.Call, name: str) -> bool:
    return run.evaluate(call.func) == Symbol(f"builtins.{name}")


def execute(run: Run, loop: Loop) -> None:
    """Run the body with running sizes; the names of layers count the turns."""
    if not any(isinstance(n, ast.Call) for n in ast.walk(loop.node)):
        return
    entry, counters = dict(run.frame.vars), dict(run.counters)
    kept = run.facts.snapshot(loop.node)
    run.facts.loops.pop(loop.node, None)
    built = _turn(run, loop, _begun(loop, entry, {}), {})
    changing = _changing(run, entry, run.frame.vars)
    names = _names(run, loop, changing)
    run.facts.restore(loop.node, kept)
    if names and any(literal(count) is None for count in built.values()):
        built = _turn(run, loop, _begun(loop, entry, names), {})
        run.facts.restore(loop.node, kept)
        if any(count.names & {*names.values()} for count in built.values()):
            blocked(run, loop.node, "LNX111", DEPENDS)
    start = _begun(loop, entry, names)
    run.facts.loops[loop.node] = Turns(loop, ())
    _turn(run, loop, start, _at_turn(run, loop, counters, built))
    running, lost = _ends(run, entry, names)
    if lost:
        run.facts.restore(loop.node, kept)
        names = {key: name for key, name in names.items() if key not in lost}
        start = _forgotten(_begun(loop, entry, names), lost)
        _turn(run, loop, start, _at_turn(run, loop, counters, built))
        running, _ = _ends(run, entry, names)
    run.facts.loops[loop.node] = Turns(loop, running)
    run.frame.vars = _left(run, loop, start)
    if not _is_needed(run, loop):
        run.frame.vars = _told(run, loop, run.frame.vars)
    run.counters = _after(loop, counters, built)


def _turn(run: Run, loop: Loop, start: dict[str, Value], counters: dict[str, Size]) -> dict[str, Size]:
    """One turn of the loop; how many layers it builds beyond `counters`."""
    run.frame.vars = dict(start)
    run.counters = dict(counters)
    run.assign(loop.node.target, UNKNOWN)
    for name in loop.bound:
        run.frame.vars[name] = Length(Size(name))
    run.facts.record(loop.node.target, UNKNOWN)
    run.loops = (*run.loops, loop)
    run.execute(loop.node.body)
    run.loops = run.loops[:-1]
    return run.counters


def _changing(run: Run, entry: dict[str, Value], after: dict[str, Value]) -> list[Key]:
    """What an iteration changes: axes of arrays, and numbers."""
    changed: list[Key] = []
    for name, before in entry.items():
        now = after.get(name, UNKNOWN)
        if isinstance(before, Array):
            shape = now.shape if isinstance(now, Array) else Shape()
            count = max(len(before.shape.axes), len(shape.axes), 1)
            changed += [
                (name, i)
                for i in range(-count, 0)
                if before.shape.axis(i) is not None and before.shape.axis(i) != shape.axis(i)
            ]
        elif isinstance(before, Length | Const) and now != before and size_of(before) is not None:
            changed.append((name, None))
    return changed


def _names(run: Run, loop: Loop, changing: list[Key]) -> dict[Key, str]:
    """A name for each running size; a number goes under its own."""
    names: dict[Key, str] = {}
    for name, axis in sorted(changing, key=lambda key: (not _carried(loop, key[0]), key[1] or 0)):
        if axis is None:
            names[name, axis] = name
        else:
            base = NAMES.get(axis, "axis")
            wanted = (base, f"inner_{base}", *(f"{base}_{k}" for k in range(2, 9)))
            free = tuple(w for w in wanted if w not in names.values())
            names[name, axis] = unused(run, free, f"running_{name}_{base}")
    return names


def _carried(loop: Loop, name: str) -> bool:
    """Whether the loop reads the name before it binds it."""
    nodes = [n for s in loop.node.body for n in ast.walk(s) if isinstance(n, ast.Name) and n.id == name]
    first = min(nodes, key=lambda n: (n.lineno, isinstance(n.ctx, ast.Store), n.col_offset), default=None)
    return first is not None and isinstance(first.ctx, ast.Load)


def _begun(loop: Loop, entry: dict[str, Value], names: dict[Key, str]) -> dict[str, Value]:
    """The variables at the start of a turn, with running sizes in place of what changes."""
    start = dict(entry)
    for name in collected.filled_in(loop.node.body):
        if isinstance(items := start.get(name), Sequence | Collected) and not followed(items):
            start[name] = collected.many(items)
    for (name, axis), running in names.items():
        start[name] = _with(start[name], axis, Size(running))
    return start


def _with(value: Value, axis: int | None, size: Size | None) -> Value:
    if axis is None:
        return Length(size) if size is not None else UNKNOWN
    if not isinstance(value, Array):
        return UNKNOWN
    shape = value.shape
    last = list(shape.last(max(-axis, len(shape.axes))))
    last[axis] = size
    return Array(Shape(tuple(last), shape.exact, shape.base))


def _forgotten(start: dict[str, Value], lost: list[Key]) -> dict[str, Value]:
    for name, axis in lost:
        start[name] = _with(start[name], axis, None)
    return start


def _ends(run: Run, entry: dict[str, Value], names: dict[Key, str]) -> tuple[tuple[Running, ...], list[Key]]:
    """How a turn leaves each running size, and those that cannot be told."""
    running, lost = [], []
    for key, name in names.items():
        begin, end = _read(entry.get(key[0], UNKNOWN), key[1]), _read(run.frame.vars.get(key[0]), key[1])
        if begin is None or end is None:
            lost.append(key)
        else:
            running.append(Running(name, begin, end))
    return tuple(running), lost


def _read(value: Value | None, axis: int | None) -> Size | None:
    if axis is None:
        return size_of(value) if value is not None else None
    return value.shape.axis(axis) if isinstance(value, Array) else None


def _left(run: Run, loop: Loop, start: dict[str, Value]) -> dict[str, Value]:
    """The variables after the loop: what only a turn has bound tells no sizes."""
    for turns in (run.facts.loops[loop.node],):
        for running in turns.running:
            assert run.owner is not None
            run.facts.finals[run.owner.node][running.name] = _final(loop, running)
    after = {}
    local = loop.bound | {running.name for running in run.facts.loops[loop.node].running}
    local |= {name for call, name in run.facts.measured.items() if name and call in {*ast.walk(loop.node)}}
    for name, value in run.frame.vars.items():
        known = start.get(name)
        if isinstance(known, Collected):
            after[name] = outside(join(known, value), local)
        else:
            after[name] = known if known is not None else outside(value, local)
    return after


def _is_needed(run: Run, loop: Loop) -> bool:
    """Whether `__init__` has the loop as well, as something is made in it."""
    around = (each for site in run.facts.sites.values() for each in getattr(site, "loops", ()))
    return any(each.node is loop.node for each in around)


def _told(run: Run, loop: Loop, variables: dict[str, Value]) -> dict[str, Value]:
    """The variables after a loop that `__init__` does not need: running sizes as they are at its end."""
    assert run.owner is not None
    names = {running.name for running in run.facts.loops.pop(loop.node).running}
    finals = run.facts.finals[run.owner.node]
    ends = {name: Size(finals.pop(name)) if finals[name] else None for name in names}
    return {name: _ended(value, ends) for name, value in variables.items()}


def _ended(value: Value, ends: dict[str, Size | None]) -> Value:
    match value:
        case Array(shape):
            known = (ends.get(axis.text, axis) if axis is not None else None for axis in shape.axes)
            axes = tuple(None if axis is None or axis.names & ends.keys() else axis for axis in known)
            return Array(replace(shape, axes=axes))
        case Length(size) if size.names & ends.keys():
            end = ends.get(size.text)
            return replace(value, size=end) if end is not None else UNKNOWN
        case Collected(item) if item is not None:
            return Collected(_ended(item, ends))
        case _:
            return value


def outside(value: Value, local: frozenset[str]) -> Value:
    """What only a turn has bound, where the sizes that change from turn to turn are not known."""
    match value:
        case Array(shape):
            axes = tuple(None if axis is None or axis.names & local else axis for axis in shape.axes)
            return Array(replace(shape, axes=axes))
        case Length(size):
            return UNKNOWN if size.names & local else value
        case Collected(item):
            return value if item is None else Collected(outside(item, local))
        case _:
            return value


def _final(loop: Loop, running: Running) -> str:
    """The running size after the last turn, in terms that hold outside of the loop."""
    element, source = loop.target.rpartition(", ")[2], loop.items
    if running.end.text == element and source.isidentifier() | source.startswith("self."):
        return f"{source}[-1]"
    if not running.end.names & (loop.bound | {running.name}):
        return running.end.text
    return _summed(loop, running)


def _summed(loop: Loop, running: Running) -> str:
    """The size after turns that each add the same to it."""
    match ast.parse(running.end.text, mode="eval").body:
        case ast.BinOp(left=ast.Name(id=name), op=ast.Add(), right=right) if name == running.name:
            step = Size(ast.unparse(right))
            if not step.names & (loop.bound | {name}):
                return combined(running.start, "+", combined(Size(loop.count), "*", step)).text
    return ""


def _at_turn(run: Run, loop: Loop, before: dict[str, Size], built: dict[str, Size]) -> dict[str, Size]:
    """How many layers there are when a turn begins."""
    counters = dict(before)
    for short, count in built.items():
        offset = _before_turn(run, loop, count)
        counters[short] = combined(before.get(short, counting.NONE), "+", offset)
    return counters


def _before_turn(run: Run, loop: Loop, count: Size) -> Size:
    if not count.names & loop.bound:
        return combined(Size(loop.index), "*", count)
    if (found := turn_counts.summed(loop, count)) is not None:
        return found
    blocked(run, loop.node, "LNX111", DEPENDS)
    return count


def _after(loop: Loop, before: dict[str, Size], built: dict[str, Size]) -> dict[str, Size]:
    """How many layers there are after the loop."""
    counters = dict(before)
    for short, count in built.items():
        if not count.names & loop.bound:
            whole = combined(Size(loop.count), "*", count)
        else:
            text = without_parentheses(count.text)
            plain = text == loop.target.rpartition(", ")[2]
            each = f"{text} for {loop.target} in {loop.iterated}"
            whole = Size(f"sum({loop.items if plain else each})")
        counters[short] = combined(before.get(short, counting.NONE), "+", whole)
    return counters
