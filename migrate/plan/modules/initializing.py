"""`self.is_initializing()` goes: nothing runs an NNX module before its first call."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.sites import AskInitializing, DrawKey, Layer, OwnVariable, Parameter, Sow
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.effects import has_no_effect
from migrate.plan.modules.at_init import known
from migrate.rewrite.edits import Piece, Template, template

LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue, ast.Yield, ast.YieldFrom)
ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant, ast.Tuple, ast.List, ast.Dict)
OPERATORS = (
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.Attribute,
    ast.Subscript,
    ast.Call,
    ast.Starred,
)


def rewrite_initializing(plan: Plan, cls: Class) -> None:
    """Every test that asks for it: what it decides is decided, the rest stays."""
    terms = [
        s.node for s in plan.component.sites if isinstance(s, AskInitializing) and s.owner.node is cls.node
    ]
    _check_mentions(plan, cls, terms)
    waiting: list[ast.expr] = [*terms]
    seen: set[ast.expr] = set()
    while waiting:
        test = _whole(plan, waiting.pop())
        if test not in seen:
            seen.add(test)
            waiting += _decide(plan, test)


def _check_mentions(plan: Plan, cls: Class, terms: list[ast.Call]) -> None:
    """A method that is not called on the spot would be called somewhere else."""
    called = {term.func for term in terms}
    for node in ast.walk(cls.node):
        if isinstance(node, ast.Attribute) and node.attr == "is_initializing" and node not in called:
            raise Blocked(node, "LNX311", "`is_initializing` is not asked of the module itself")


def _whole(plan: Plan, node: ast.expr) -> ast.expr:
    """The test that a term belongs to."""
    above = plan.parent(node)
    negated = isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)
    if isinstance(above, ast.expr) and (negated or isinstance(above, ast.BoolOp)):
        return _whole(plan, above)
    return node


def _decide(plan: Plan, test: ast.expr) -> list[ast.Name]:
    """Write what is left of a test; a name that holds nothing any more is decided where it is read."""
    above, truth = plan.parent(test), known(plan, test, False)
    match above:
        case ast.If() if test is above.test:
            _condition(plan, above, truth)
        case ast.IfExp() if test is above.test:
            _choice(plan, above, truth)
        case ast.Assign(targets=[ast.Name() as name]):
            return _name(plan, above, name, truth)
        case _:
            message = "`self.is_initializing()` is more than a test, and nothing says so of an NNX module"
            raise Blocked(test, "LNX311", message)
    return []


def _condition(plan: Plan, node: ast.If, truth: bool | None) -> None:
    if truth is None:
        plan.edits.expressions[node.test] = _rest(plan, node.test)
        return
    kept, gone = (node.body, node.orelse) if truth else (node.orelse, node.body)
    above = plan.parent(node)
    if isinstance(above, ast.If) and above.orelse == [node] and node.col_offset == above.col_offset:
        raise Blocked(node, "LNX311", "`self.is_initializing()` is asked in an `elif`")
    inside = [part for statement in (*kept, *gone) for part in ast.walk(statement)]
    if leaves := [part for part in inside if isinstance(part, LEAVES)]:
        raise Blocked(leaves[0], "LNX311", "what a module does while it is initialised ends in another way")
    _check_gone(plan, node.test, gone)
    plan.edits.unwrapped[node] = kept


def _choice(plan: Plan, node: ast.IfExp, truth: bool | None) -> None:
    if truth is None:
        plan.edits.expressions[node.test] = _rest(plan, node.test)
        return
    kept, gone = (node.body, node.orelse) if truth else (node.orelse, node.body)
    _check_gone(plan, node.test, [gone])
    above = plan.parent(node)
    alone = isinstance(kept, ATOMS) or not isinstance(above, OPERATORS) or _is_argument(above, node)
    plan.edits.expressions[node] = template("{}" if alone else "({})", kept)


def _name(plan: Plan, statement: ast.Assign, name: ast.Name, truth: bool | None) -> list[ast.Name]:
    variable = plan.facts.scopes.variable(name, name.id)
    names = [*plan.facts.scopes.names(variable)] if variable is not None else []
    if [n for n in names if not isinstance(n.ctx, ast.Load)] != [name]:
        raise Blocked(name, "LNX311", "the name that holds `self.is_initializing()` is bound more than once")
    if truth is None:
        plan.edits.expressions[statement.value] = _rest(plan, statement.value)
        return []
    _check_gone(plan, statement.value, [])
    plan.edits.statements[statement] = []
    return [n for n in names if isinstance(n.ctx, ast.Load)]


def _rest(plan: Plan, test: ast.expr) -> Piece:
    """A test without the parts that are decided."""
    match _open(plan, test):
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return template("not {}", _operand(plan, operand))
        case ast.BoolOp(op=op, values=values):
            parts: list[Piece] = []
            for value in (value for value in values if known(plan, value, False) is None):
                parts += [f" {'and' if isinstance(op, ast.And) else 'or'} "] if parts else []
                parts.append(_operand(plan, value))
            return Template(tuple(parts))
        case rest:
            return rest


def _open(plan: Plan, test: ast.expr) -> ast.expr:
    """A test, or the only part of it that is not decided."""
    values = test.values if isinstance(test, ast.BoolOp) else []
    undecided = [value for value in values if known(plan, value, False) is None]
    return _open(plan, undecided[0]) if len(undecided) == 1 else test


def _operand(plan: Plan, node: ast.expr) -> Piece:
    """A part of a test, in parentheses where it is one of several kinds of operators."""
    loose = isinstance(_open(plan, node), ast.BoolOp | ast.IfExp | ast.Lambda | ast.NamedExpr)
    return template("({})" if loose else "{}", _rest(plan, node))


def _is_argument(above: ast.AST, node: ast.expr) -> bool:
    """Whether an expression stands between commas or brackets of a call or an index."""
    first = above.func if isinstance(above, ast.Call) else getattr(above, "value", None)
    return isinstance(above, ast.Call | ast.Subscript) and node is not first


def _check_gone(plan: Plan, test: ast.expr, gone: list[ast.stmt] | list[ast.expr]) -> None:
    """What goes may have made nothing that stays behind in Linen, nor has a test any effect."""
    calls = [part for part in ast.walk(test) if isinstance(part, ast.Call)]
    others = [call for call in calls if not isinstance(plan.site(call), AskInitializing)]
    if not all(has_no_effect(plan.facts, call) for call in others):
        raise Blocked(test, "LNX311", "a test of `self.is_initializing()` does more than asking")
    for part in (part for piece in gone for part in ast.walk(piece)):
        site = plan.site(part)
        makes = isinstance(site, DrawKey | OwnVariable | Parameter | Layer | Sow)
        if makes or _draws(plan, part):
            message = "a module makes or draws something only while it is initialised"
            raise Blocked(part, "LNX311", message)


def _draws(plan: Plan, node: ast.AST) -> bool:
    """Whether a node is the call of a layer that may draw."""
    layers = (s for s in plan.facts.sites.values() if isinstance(s, Layer) and node in s.calls)
    return any(layer.cls is None and LAYERS[layer.layer].draws for layer in layers)
