"""Layers of `setup` that `__call__` reaches only on some paths: Linen gives no parameters to the others."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.kinds import Class, GivenLayer, Method, Mixed, Symbol
from migrate.analysis.modules.classes import methods
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.modules.presence import asked, presence
from migrate.analysis.shapes.sizes import without_parentheses
from migrate.analysis.sites import Construct, Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.at_init import known
from migrate.plan.modules.given_inputs import given_if
from migrate.plan.modules.moved import in_setup

Test = tuple[str, bool]
"""A condition, which is a text for `__init__` or a number that no text has, and whether it has to hold."""
Path = frozenset[Test]


def guard(plan: Plan, site: Layer) -> str | None:
    """The condition on which a layer of `setup` has parameters; None where it always has."""
    found = _reached(plan, site)
    if found is None:
        return None
    if (text := _text(plan, site, found)) is not None:
        return text
    if any(isinstance(each, Construct) for each in plan.component.sites):
        message = "whether this layer is called, and so has parameters, is known only at the call"
        raise Blocked(site.node, "LNX111", message)
    return None


def is_uncertain(plan: Plan, site: Layer) -> bool:
    """Whether only the arguments of `init` decide in Linen if a layer of `setup` has parameters."""
    found = _reached(plan, site) if in_setup(plan, site.node) else None
    return found is not None and _text(plan, site, found) is None


def _reached(plan: Plan, site: Layer) -> set[Path] | None:
    """The conditions under which a layer is called; None where it always is, or has no parameters."""
    if site.cls is None and not (LAYERS[site.layer].leaves or LAYERS[site.layer].stats):
        return None
    own = {(f"self.{site.kept}", True), (f"self.{site.kept} is not None", True)}
    inside = _around(plan, site.owner, site.node) | own
    paths = {path - inside for call in site.calls for path in _paths(plan, site.owner, call, ())}
    found = _reduced(paths | {path - inside for path in _handed(plan, site.owner, site.node)})
    return found if found and frozenset() not in found else None


def _text(plan: Plan, site: Layer, found: set[Path]) -> str | None:
    """One condition for all calls, which holds in `__init__` as it does in `__call__`.

    Whether an input is given is not asked where `setup` builds the layer under a condition of its own.
    """
    path = next(iter(found))
    if len(found) > 1 or site.kept == "*" or any(text.startswith("?") for text, _ in path):
        return None
    nested = not isinstance(plan.parent(plan.statement(site.node)), ast.FunctionDef)
    if nested and asked(text for text, _ in path):
        return None
    return " and ".join(sorted(written(test) for test in path))


def written(test: Test) -> str:
    """A condition as it stands in `__init__`."""
    text, held = test
    body = ast.parse(text, mode="eval").body
    plain = isinstance(body, (ast.Name, ast.Attribute, ast.Call, ast.Subscript))
    inner = text if plain else f"({without_parentheses(text)})"
    return inner if held and plain else without_parentheses(text) if held else f"not {inner}"


def _paths(plan: Plan, cls: Class, node: ast.AST, entered: tuple[str, ...]) -> Iterator[Path]:
    """The conditions under which `__call__` comes to a node."""
    here = _around(plan, cls, node)
    method = plan.facts.scopes.method(node)
    if method is None or method.name in {"__call__", "setup"}:
        yield here
        return
    if method.name in entered:
        return
    for other in methods(cls).values():
        for use in ast.walk(other):
            match use:
                case ast.Attribute(value=ast.Name(id="self"), attr=name) if name == method.name:
                    for path in _paths(plan, cls, use, (*entered, method.name)):
                        yield path | here


def _handed(plan: Plan, cls: Class, layer: ast.Call | str) -> Iterator[Path]:
    """The conditions under which modules that are handed a layer call it."""
    for handed in plan.facts.handed_layers.values():
        site = plan.facts.sites.get(handed.node)
        if handed.owner.node is not cls.node or handed.layer != layer or not isinstance(site, Layer):
            continue
        choice = handed.choice
        held = choice is not None and isinstance(choice.orelse, ast.Constant)
        outer = {_test(plan, cls, choice, held)} if choice is not None else set()
        for inner in _inside(plan, site, handed.field):
            unknown = {(f"?{id(handed)}", True)} if inner else set()
            for call in site.calls:
                for path in _paths(plan, cls, call, ()):
                    yield path | outer | unknown


def _inside(plan: Plan, site: Layer, field: str) -> Iterator[Path]:
    """The conditions under which a module calls a layer that it was handed, or hands it on."""
    assert site.cls is not None
    given = {(f"self.{field} is not None", True)}
    for method in methods(site.cls).values():
        for node in ast.walk(method):
            if isinstance(node, ast.Call) and _is_given(plan, node.func, field):
                yield from (path - given for path in _paths(plan, site.cls, node, ()))
    yield from (path - given for path in _handed(plan, site.cls, field))


def _is_given(plan: Plan, node: ast.expr, field: str) -> bool:
    """Whether what is called is such a layer, maybe by a local name, or its method."""
    value = plan.facts.values.get(node)
    receiver = value.receiver if isinstance(value, Method) else value
    held = receiver.parts if isinstance(receiver, Mixed) else {receiver}
    return any(isinstance(part, GivenLayer) and part.field == field for part in held)


def _around(plan: Plan, cls: Class, node: ast.AST) -> Path:
    """The conditions around a node in its method."""
    parent, found = plan.facts.scopes.parent, {*_after_returns(plan, cls, node)}
    while node in parent and not isinstance(parent[node], ast.ClassDef):
        above = parent[node]
        if above in plan.facts.checkpoints.values():
            pass
        elif isinstance(above, ast.If | ast.IfExp) and _decides(plan, above, node):
            block = above.body if isinstance(above, ast.If) else [above.body]
            found.add(_test(plan, cls, above, node in block))
        elif isinstance(above, ast.match_case):
            found.add((f"?{id(above)}", True))
        node = above
    return frozenset(found)


def _decides(plan: Plan, above: ast.If | ast.IfExp, node: ast.AST) -> bool:
    """Whether a condition decides if `init` comes to a node; what is asked of `init` itself does not."""
    asked = node is above.test or _asks_for_class(plan, above.test)
    return not asked and known(plan, above.test, True) is None


def _asks_for_class(plan: Plan, test: ast.expr) -> bool:
    """`isinstance(layer, Block)`: a layer is only called where its own class is asked for."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _asks_for_class(plan, inner)
        case ast.Call(func=function, args=[layer, _]):
            asked = plan.facts.values.get(function) == Symbol("builtins.isinstance")
            return asked and bool(plan.instances(layer))
        case _:
            return False


def _after_returns(plan: Plan, cls: Class, node: ast.AST) -> Iterator[Test]:
    """What has not held where a `return` stands before a node."""
    method, parent = plan.facts.scopes.method(node), plan.facts.scopes.parent
    begin = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
    for end in ast.walk(method) if method is not None else ():
        if isinstance(end, ast.Return) and (end.end_lineno or 0, end.end_col_offset or 0) <= begin:
            above = parent[end]
            if isinstance(above, ast.If) and parent[above] is method:
                yield _test(plan, cls, above, end not in above.body)
            elif plan.facts.scopes.function(end) is method:
                yield f"?{id(end)}", True


def _test(plan: Plan, cls: Class, node: ast.If | ast.IfExp, held: bool) -> Test:
    """One condition; `not x` that has to hold is `x` that must not."""
    test = node.test
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, held = test.operand, not held
    match test:
        case ast.Compare(
            left=ast.Attribute(value=ast.Name(id="self"), attr=name),
            ops=[ast.Is() | ast.IsNot() as operator],
            comparators=[ast.Constant(value=None)],
        ):
            return f"self.{name} is not None", held == isinstance(operator, ast.IsNot)
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return f"self.{name}", held
        case ast.Compare(
            left=ast.Name(id=name),
            ops=[ast.Is() | ast.IsNot() as operator],
            comparators=[ast.Constant(value=None)],
        ) if (known := given_if(plan, cls, name, _test)) is not None:
            return known[0], known[1] == (held == isinstance(operator, ast.IsNot))
    text = init_text(plan.facts, cls, test) or presence(plan.facts, cls, test)
    return (without_parentheses(text) if text is not None else f"?{id(node)}"), held


def _reduced(paths: set[Path]) -> set[Path]:
    """Two paths that differ in whether one condition holds are one without it."""
    while True:
        for path in paths:
            for text, held in path:
                other = (path - {(text, held)}) | {(text, not held)}
                if other in paths:
                    paths = (paths - {path, other}) | {path - {(text, held)}}
                    break
            else:
                continue
            break
        else:
            return {path for path in paths if not any(other < path for other in paths)}
