"""Whether each call of a helper could be replaced by its body."""

from __future__ import annotations

import ast

from migrate.analysis.program.scopes import Scopes
from migrate.inlining.helpers import Body, Helper, given

UNFIT = (
    *(ast.Yield, ast.YieldFrom, ast.Await, ast.Nonlocal, ast.Global, ast.NamedExpr, ast.ClassDef),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Import, ast.ImportFrom, ast.ExceptHandler, ast.Match),
)
"""What a function holds that is not written out."""
BETWEEN = (ast.IfExp, ast.BoolOp, ast.Compare, ast.Lambda, ast.NamedExpr, ast.Starred)
"""What a call may stand in so that it is perhaps not made."""
CONSUMERS = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr)


def is_fit(scopes: Scopes, helper: Helper, around: ast.FunctionDef | None) -> bool:
    """Whether each call could be replaced by the bodies."""
    signatures = {ast.dump(_bare(case.function)) for case in helper.cases}
    return (
        bool(helper.calls)
        and len(signatures) == 1
        and all(_is_plain(case.function) for case in helper.cases)
        and all(_reaches(scopes, call, around) for call in helper.calls)
        and all(given(helper, call) is not None for call in helper.calls)
        and all(_means_the_same(scopes, helper, call) for call in helper.calls)
    )


def _bare(function: Body) -> ast.arguments:
    """The parameters without their annotations."""
    made = ast.parse(f"lambda {ast.unparse(_without_annotations(function.args))}: 0", mode="eval").body
    assert isinstance(made, ast.Lambda)
    return made.args


def _without_annotations(args: ast.arguments) -> ast.arguments:
    def bare(items: list[ast.arg]) -> list[ast.arg]:
        return [ast.arg(a.arg) for a in items]

    star, stars = args.vararg, args.kwarg
    return ast.arguments(
        posonlyargs=bare(args.posonlyargs),
        args=bare(args.args),
        vararg=ast.arg(star.arg) if star else None,
        kwonlyargs=bare(args.kwonlyargs),
        kw_defaults=args.kw_defaults,
        kwarg=ast.arg(stars.arg) if stars else None,
        defaults=args.defaults,
    )


def _is_plain(function: Body) -> bool:
    """Whether a function gives its result at its end, and nothing in it ties it to its place."""
    args = function.args
    defaults = [d for d in (*args.defaults, *args.kw_defaults) if d is not None]
    if args.posonlyargs or args.vararg or args.kwarg:
        return False
    if not all(isinstance(d, ast.Constant) for d in defaults):
        return False
    inside = [n for n in ast.walk(function) if n is not function]
    if any(isinstance(n, UNFIT) for n in inside):
        return False
    if any(isinstance(n, ast.Constant | ast.JoinedStr) and _spans_lines(n) for n in inside):
        return False
    if isinstance(function, ast.Lambda):
        return True
    returns = [n for n in inside if isinstance(n, ast.Return)]
    return not function.decorator_list and len(returns) == _ending(function.body) > 0


def _spans_lines(node: ast.Constant | ast.JoinedStr) -> bool:
    text = isinstance(node, ast.JoinedStr) or isinstance(node.value, str | bytes)
    return text and node.lineno != node.end_lineno


def _ending(body: list[ast.stmt]) -> int:
    """How many `return`s stand at the end of a block, one on each way; 0 where a way has none."""
    match body[-1] if body else None:
        case ast.Return(value=ast.expr()):
            return 1
        case ast.If(body=yes, orelse=no):
            a, b = _ending(yes), _ending(no)
            return a + b if a and b else 0
        case _:
            return 0


def _reaches(scopes: Scopes, call: ast.Call, around: ast.FunctionDef | None) -> bool:
    """Whether a statement around a call may be preceded by the body of what it calls."""
    statement = scopes.statement(call)
    if around is not None and scopes.scope[call] is not around:
        return False
    if not isinstance(statement, CONSUMERS):
        return False
    node: ast.AST = call
    while node is not statement:
        node = scopes.parent[node]
        if isinstance(node, BETWEEN):
            return False
    return True


def _means_the_same(scopes: Scopes, helper: Helper, call: ast.Call) -> bool:
    """Whether the names that the bodies do not bind denote the same where the call stands."""
    for case in helper.cases:
        function = case.function
        for node in ast.walk(function):
            if isinstance(node, ast.Name):
                variable = scopes.variable(node, node.id)
                inside = variable is not None and _is_inside(scopes, function, variable.scope)
                own_self = helper.method and node.id == "self"
                if not inside and not own_self and scopes.variable(call, node.id) != variable:
                    return False
    return True


def _is_inside(scopes: Scopes, function: Body, scope: ast.AST) -> bool:
    while not isinstance(scope, ast.Module):
        if scope is function:
            return True
        scope = scopes.scope[scope]
    return False
