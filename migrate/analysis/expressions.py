"""Expressions: the kind of each node, recorded as it is found."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis import calls, decided, unseen
from migrate.analysis.ageing import has_stats, without_time
from migrate.analysis.frames import Frame
from migrate.analysis.joining import join
from migrate.analysis.kinds import UNKNOWN, Array, Const, Dict, Length, Optimizer, Sequence, Symbol, Value
from migrate.analysis.modules import (
    branches,
    cells,
    collected,
    given_layers,
    hoisting,
    module_calls,
    numbers,
    sequences,
    tied,
)
from migrate.analysis.modules.optional_layers import are_optional
from migrate.analysis.nnx_code import nnx_contexts
from migrate.analysis.objects import empty_places, spread_records, things
from migrate.analysis.program.scopes import COMPREHENSIONS, Comprehension
from migrate.analysis.run import Run
from migrate.analysis.shapes import arrays
from migrate.analysis.shapes.sizes import Size
from migrate.analysis.sites import ReadRecord
from migrate.analysis.training import attributes, optional_stats, snapshots


def evaluate(run: Run, node: ast.expr) -> Value:
    """The kind of `node`, which is remembered with it."""
    value = _evaluate(run, node)
    if value == UNKNOWN and node in run.facts.scopes.members:
        return value
    if run.owner is not None:
        value = _known(run, node, value)
        module_calls.check_value(run, node, value)
        cells.check(run, node, value)
        tied.check(run, node, value)
        given_layers.check(run, node, value)
    run.facts.record(node, value)
    return snapshots.copied(run, node, value) if node in run.facts.snapshots else value


KNOWN = (ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.UnaryOp, ast.Call, ast.JoinedStr)
BUILTINS = frozenset(
    {"len", "max", "min", "sum", "int", "float", "round", "abs", "bool", "tuple", "list", "range"}
)


def _known(run: Run, node: ast.expr, value: Value) -> Value:
    """What is made from fields and sizes alone is known as an expression, whatever it is."""
    if value != UNKNOWN or not isinstance(node, KNOWN) or run.owner is None:
        return value
    if isinstance(node, ast.Call):
        callee = run.facts.values.get(node.func)
        name = callee.name if isinstance(callee, Symbol) else ""
        if name.removeprefix("builtins.") not in BUILTINS and not name.startswith("math."):
            return value
    if not any(isinstance(run.facts.values.get(part), Length) for part in ast.walk(node)):
        return value
    run.facts.values.pop(node, None)
    text = hoisting.init_text(run.facts, run.owner, node)
    if text is None or "_axis_" in text or "_first_axis" in text:
        return value
    written = text if isinstance(node, (ast.Call, ast.Subscript)) else f"({text})"
    return Length(Size(written), numbers.is_number(run, node))


def _evaluate(run: Run, node: ast.expr) -> Value:
    match node:
        case ast.Name() if node in run.facts.scopes.members:
            return things.member(run, node)
        case ast.Name(id=name) as named:
            value = lookup(run, name)
            snapshots.notice(run, named, value)
            return replace(value, name=name) if isinstance(value, Const) and _is_shown(run, node) else value
        case ast.Constant(value=value):
            return Const(value)
        case ast.Attribute():
            return attributes.attribute(run, node, evaluate(run, node.value))
        case ast.Call():
            return calls.call(run, node)
        case ast.Subscript():
            return attributes.subscript(run, node, evaluate(run, node.value), evaluate(run, node.slice))
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return _display(run, elements)
        case ast.Dict():
            return _dict(run, node)
        case ast.Lambda():
            function = run.close_over(node)
            run.definitions.setdefault(node, function)
            return function
        case ast.IfExp(test=test, body=body, orelse=orelse):
            if run.owner is not None:
                return branches.run_choice(run, node)
            evaluate(run, test)
            if (taken := empty_places.taken(run, node)) is not None:
                return evaluate(run, taken)
            start, sides = unseen.here(run), decided.possible(run, node)
            yes, *others = (evaluate(run, body if side else orelse) for side in sides)
            start.value, no = yes, others[0] if others else yes
            decided.pass_by(run, node, sides, start)
            both = empty_places.hoped(run, node, yes, no) or join(yes, no)
            return without_time(both) if has_stats(both) and yes != no else both
        case ast.BoolOp(values=values):
            kinds = [evaluate(run, value) for value in values]
            run.escape(node, "LNX299", "a followed value is tested or chosen by a boolean operator", *kinds)
            return UNKNOWN
        case ast.BinOp(left=left, right=right):
            return arrays.arithmetic(run, node, evaluate(run, left), evaluate(run, right))
        case ast.UnaryOp(operand=operand):
            return arrays.unary(run, node, evaluate(run, operand))
        case ast.Compare(left=left, comparators=comparators):
            kinds = [evaluate(run, part) for part in (left, *comparators)]
            _compare(run, node, kinds)
            return arrays.elementwise(kinds) if any(isinstance(kind, Array) for kind in kinds) else UNKNOWN
        case ast.NamedExpr(target=target, value=value):
            kind = evaluate(run, value)
            run.facts.record(target, kind)
            run.escape(node, "LNX299", "a followed value is bound inside an expression", kind)
            run.frame.vars[target.id] = kind
            return kind
        case ast.Starred(value=value):
            return evaluate(run, value)
        case _ if isinstance(node, COMPREHENSIONS):
            return _comprehension(run, node)
        case _:
            _evaluate_parts(run, node)
            return UNKNOWN


def _is_shown(run: Run, node: ast.expr) -> bool:
    """Whether a constant is written by the name that it was read from: not where the name is local."""
    if run.owner is None or not isinstance(node, ast.Name):
        return True
    variable = run.facts.scopes.variable(node, node.id)
    return variable is None or isinstance(variable.scope, ast.Module)


def lookup(run: Run, name: str) -> Value:
    """The kind of a name: the innermost frame that has it, or a builtin."""
    for index, frame in enumerate(run.frame.chain()):
        hidden = index > 0 and isinstance(frame.scope, ast.ClassDef)
        if name in frame.vars and not hidden:
            return frame.vars[name]
    return Symbol(f"builtins.{name}")


def _display(run: Run, elements: list[ast.expr]) -> Value:
    kinds = [evaluate(run, element) for element in elements]
    if (stood_for := optional_stats.display(run, elements, kinds)) is not None:
        return stood_for
    if (whole := spread_records.display(elements, kinds)) is not None:
        run.keep(*kinds)
        return whole
    for element, kind in zip(elements, kinds, strict=True):
        if isinstance(element, ast.Starred):
            run.escape(element, "LNX010", "a followed value is spread with a star: write its items out", kind)
    if any(isinstance(element, ast.Starred) for element in elements):
        return arrays.spread_display(run, elements, kinds)
    run.keep(*kinds)
    return Sequence(tuple(kinds))


def _dict(run: Run, node: ast.Dict) -> Value:
    kinds = [evaluate(run, value) for value in node.values]
    names = [evaluate(run, key) if key is not None else UNKNOWN for key in node.keys]
    known = [name.value for name in names if isinstance(name, Const)]
    if len(known) < len(kinds):
        for value, kind in zip(node.values, kinds, strict=True):
            run.escape(value, "LNX010", "a followed value is spread into a dict or has a computed key", kind)
        return UNKNOWN
    run.keep(*kinds)
    return Dict(tuple(zip(known, kinds, strict=True)))


def _compare(run: Run, node: ast.Compare, kinds: list[Value]) -> None:
    against_none = all(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops)
    members = node.left in run.facts.scopes.members and kinds[1:] == [Const(None)]
    field = isinstance(run.facts.sites.get(node.left), ReadRecord) and isinstance(kinds[0], Optimizer)
    if against_none and (members or (field and kinds[1:] == [Const(None)]) or are_optional(run, *kinds)):
        return
    reason = "is compared with None" if against_none else "is compared"
    run.escape(node, "LNX299", f"a followed value {reason}", *kinds)


def _comprehension(run: Run, node: ast.expr) -> Value:
    assert isinstance(node, COMPREHENSIONS)
    first = evaluate(run, node.generators[0].iter)
    run.escape(node.generators[0].iter, "LNX010", "a comprehension runs over a followed value", first)
    frame = Frame(node, run.frame)
    values: list[Value] = []
    with run.entering(frame), nnx_contexts.turn(run, node):
        for _ in range(2):
            values = _one_turn(run, node)
    if (layers := sequences.repeated(run, node, values)) is not None:
        return layers
    _collected(run, node, values)
    if isinstance(node, ast.GeneratorExp) and not _consumed_at_once(run, node):
        message = "a followed value is read by a generator, which runs later"
        inner = [run.facts.values[n] for n in ast.walk(node) if n in run.facts.values]
        run.escape(node, "LNX010", message, *inner)
    return collected.displayed(run, node, values)


def _collected(run: Run, node: Comprehension, values: list[Value]) -> None:
    for part, value in zip(_parts(node), values, strict=True):
        run.escape(part, "LNX010", "a followed value is collected in a comprehension", value)


def _parts(node: Comprehension) -> list[ast.expr]:
    return [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]


def _one_turn(run: Run, node: Comprehension) -> list[Value]:
    for index, generator in enumerate(node.generators):
        if index:
            evaluate(run, generator.iter)
        run.assign(generator.target, collected.element(run, generator.iter))
        for test in generator.ifs:
            evaluate(run, test)
    return [evaluate(run, part) for part in _parts(node)]


CONSUMERS = frozenset(
    ["all", "any", "dict", "frozenset", "list", "max", "min", "print", "set", "sorted", "sum", "tuple"]
)


def _consumed_at_once(run: Run, node: ast.GeneratorExp) -> bool:
    """Whether the generator goes to a function that runs it to its end: `sum(f(x) for x in xs)`."""
    above = run.facts.scopes.parent[node]
    callee = run.facts.values.get(above.func) if isinstance(above, ast.Call) else None
    name = callee.name if isinstance(callee, Symbol) else ""
    joins = (
        isinstance(above, ast.Call) and isinstance(above.func, ast.Attribute) and above.func.attr == "join"
    )
    return joins or name.removeprefix("builtins.") in CONSUMERS


def _evaluate_parts(run: Run, node: ast.expr) -> None:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.expr():
                kind = evaluate(run, child)
                run.escape(child, "LNX010", "a followed value is used in a way that is not known", kind)
            case _:
                pass
