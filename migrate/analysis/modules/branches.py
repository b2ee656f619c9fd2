"""Conditions inside a module: what holds in each branch, and what is known after both."""

from __future__ import annotations

import ast
import functools
from collections.abc import Sequence as Items

from migrate.analysis.frames import merge
from migrate.analysis.kinds import Array, Const, Length, Sequence, ShapeOf, Value
from migrate.analysis.modules import checkpoints, counting, optional_layers, presence, type_tests
from migrate.analysis.modules.classes import is_static
from migrate.analysis.modules.given_arguments import is_given
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.layers import STATELESS
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.modules.setups import in_setup
from migrate.analysis.run import Run
from migrate.analysis.shapes.plain_shapes import size_of
from migrate.analysis.shapes.sizes import Size, chosen, conditional


def run_if(run: Run, node: ast.If) -> None:
    """Both branches, with the condition known inside of them."""
    assert run.owner is not None
    tested = run.evaluate(node.test)
    held = type_tests.decided(run, node.test)
    if held is None and _is_in_helper(run, node):
        held = bool(tested.value) if isinstance(tested, Const) else is_given(run, node.test)
    if held is not None:
        run.facts.tests[node] = None
        run.execute(node.body if held else node.orelse)
        return
    if checkpoints.recognised(run, node):
        run.execute(node.orelse)
        return
    asked = presence.presence(run.facts, run.owner, node.test)
    test = condition(run, node.test) or (asked if asked and presence.builds(run, node) else None)
    run.facts.tests[node] = test
    frame, start = run.frame, dict(run.frame.vars)
    counters, kept = dict(run.counters), dict(run.attributes)
    ends: list[tuple[dict[str, Value], dict[str, Size]]] = []
    attributes: list[dict[str, Value]] = []
    for held, block in ((True, node.body), (False, node.orelse)):
        frame.vars, frame.live, run.counters = dict(start), True, dict(counters)
        run.attributes = dict(kept)
        if not held:
            _equal_shapes(run, node.test)
        type_tests.narrowed(run, node.test, held)
        run.tests.append(test if held or test is None else negated(test))
        run.execute(block)
        run.tests.pop()
        attributes.append(run.attributes)
        if frame.live:
            ends.append((frame.vars, run.counters))
    frame.live = bool(ends)
    run.attributes = _attributes(test, attributes[0], attributes[1])
    if len(ends) == 1:
        frame.vars, run.counters = ends[0]
    elif ends:
        (yes, a), (no, b) = ends
        frame.vars = merged(test or asked, yes, no)
        run.counters = _counters(run, node, test, a, b)


def run_match(run: Run, blocks: Items[Items[ast.stmt]]) -> None:
    """The cases of a `match`: which of them holds is known only at the call."""
    frame, start, kept = run.frame, dict(run.frame.vars), dict(run.attributes)
    ends, attributes = [], []
    run.tests.append(None)
    for block in blocks:
        frame.vars, frame.live, run.attributes = dict(start), True, dict(kept)
        run.execute(block)
        attributes.append(run.attributes)
        ends += [frame.vars] if frame.live else []
    run.tests.pop()
    frame.live = bool(ends)
    frame.vars = functools.reduce(merge, ends) if ends else frame.vars
    run.attributes = functools.reduce(merge, attributes)


def _is_in_helper(run: Run, node: ast.If) -> bool:
    """Whether a plain function is read for one call, whose constants it was given."""
    assert run.owner is not None
    function = run.facts.scopes.function(node)
    if not isinstance(function, ast.FunctionDef):
        return False
    return is_static(function) or isinstance(run.facts.scopes.parent[function], ast.Module)


def condition(run: Run, node: ast.expr) -> str | None:
    """A condition as text for `__init__`; None where it is known only at the call."""
    assert run.owner is not None
    return _of_shapes(run, node) or _of_optional(run, node) or init_text(run.facts, run.owner, node)


def _of_shapes(run: Run, node: ast.expr) -> str | None:
    """`x.shape != y.shape`, axis by axis."""
    match node:
        case ast.Compare(left=left, ops=[ast.NotEq()], comparators=[right]):
            a, b = run.facts.values.get(left), run.facts.values.get(right)
        case _:
            return None
    if not isinstance(a, ShapeOf) or not isinstance(b, ShapeOf):
        return None
    if a.shape.rank != b.shape.rank:
        return None
    count = max(len(a.shape.axes), len(b.shape.axes))
    found = []
    for i in range(-count, 0):
        one, other = a.shape.axis(i), b.shape.axis(i)
        if one is None or other is None:
            return None
        if one != other:
            found.append(_differ(one, other))
    return " or ".join(reversed(found)) if found else None


def _of_optional(run: Run, node: ast.expr) -> str | None:
    """`self.shortcut is not None`, by the condition on which `setup` builds it."""
    match node:
        case ast.Compare(
            left=ast.Attribute(value=ast.Name(id="self"), attr=name),
            ops=[(ast.Is() | ast.IsNot()) as operator],
            comparators=[ast.Constant(value=None)],
        ) if run.owner is not None and (test := optional_layers.built_if(run.owner, name)) is not None:
            written = init_text(run.facts, run.owner, test)
            return negated(written) if written is not None and isinstance(operator, ast.Is) else written
        case _:
            return None


def _differ(one: Size, other: Size) -> str:
    """A stride makes an axis smaller; whether it does is asked of the stride."""
    prefix = f"-(-{one.text} // "
    if other.text.startswith(prefix) and other.text.endswith(")"):
        return f"{other.text.removeprefix(prefix)[:-1]} != 1"
    return f"{one.text} != {other.text}"


def negated(test: str) -> str:
    """The opposite of a condition."""
    return f"not ({test})"


def _equal_shapes(run: Run, test: ast.expr) -> None:
    """Where `x.shape != y.shape` does not hold, the shape of `x` is that of `y`."""
    match test:
        case ast.Compare(
            left=ast.Attribute(value=ast.Name(id=name), attr="shape"),
            ops=[ast.NotEq()],
            comparators=[ast.Attribute(value=other, attr="shape")],
        ):
            value = run.facts.values.get(other)
            if isinstance(value, Array) and isinstance(run.frame.vars.get(name), Array):
                run.frame.vars[name] = value


def merged(test: str | None, yes: dict[str, Value], no: dict[str, Value]) -> dict[str, Value]:
    """The variables after both branches: where they differ, a size is chosen by the condition."""
    both = merge(yes, no)
    for name in yes.keys() & no.keys():
        if yes[name] != no[name] and test is not None:
            both[name] = _chosen(test, yes[name], no[name], both[name])
    return both


def _attributes(test: str | None, yes: dict[str, Value], no: dict[str, Value]) -> dict[str, Value]:
    """The attributes after both branches: what is None in one has the shape that it has in the other."""
    both = merged(test, yes, no)
    for name in yes.keys() & no.keys():
        match yes[name], no[name]:
            case (Array() as array, Const(None)) | (Const(None), Array() as array):
                both[name] = array
    return both


def _chosen(test: str, yes: Value, no: Value, otherwise: Value) -> Value:
    if isinstance(yes, Array) and isinstance(no, Array):
        return Array(chosen(test, yes.shape, no.shape))
    a, b = size_of(yes), size_of(no)
    if a is not None and b is not None:
        scalar = all(not isinstance(side, Length) or side.scalar for side in (yes, no))
        return Length(conditional(test, a, b), scalar)
    return otherwise


def _counters(
    run: Run, node: ast.If, test: str | None, yes: dict[str, Size], no: dict[str, Size]
) -> dict[str, Size]:
    if yes == no:
        return yes
    if test is not None:
        return counting.merged(test, yes, no)
    if in_setup(run, node):
        return no | yes
    stateless = {name.rpartition(".")[2] for name in STATELESS}
    if any(yes.get(short) != no.get(short) for short in {*yes, *no} - stateless):
        blocked(run, node, "LNX111", "how many layers there are is known only at the call")
    return no | yes


def run_choice(run: Run, node: ast.IfExp) -> Value:
    """`a if test else b`."""
    run.evaluate(node.test)
    if (held := type_tests.decided(run, node.test)) is not None:
        return run.evaluate(node.body if held else node.orelse)
    test = condition(run, node.test)
    yes, no = _side(run, node.body, test, True), _side(run, node.orelse, test, False)
    if test is not None and yes != no and isinstance(yes, Sequence) and isinstance(no, Sequence):
        assert run.owner is not None
        written = init_text(run.facts, run.owner, node)
        if written is not None:
            return Length(Size(f"({written})"), False)
    return merged(test, {"": yes}, {"": no})[""]


def _side(run: Run, node: ast.expr, test: str | None, held: bool) -> Value:
    """One side of a choice; a layer that `setup` builds there is known to be built under the condition."""
    if not in_setup(run, node):
        return run.evaluate(node)
    run.tests.append(test if held or test is None else negated(test))
    value = run.evaluate(node)
    run.tests.pop()
    return value
