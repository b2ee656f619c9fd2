"""Functions, lambdas and methods that are only called, from where they could as well be written out."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from migrate.analysis.program.scopes import Scopes

Body = ast.FunctionDef | ast.Lambda


@dataclass(frozen=True)
class Case:
    """One body of a helper, the statement that binds it, and the branch of the choice that this stands in."""

    function: Body
    statement: ast.stmt
    test: ast.expr | None = None


@dataclass(frozen=True)
class Helper:
    """A helper with all its calls; one that conditions choose has several cases."""

    name: str
    cases: tuple[Case, ...]
    calls: tuple[ast.Call, ...]
    scopes: Scopes
    method: bool = False
    of_file: bool = False

    @property
    def place(self) -> tuple[int, int]:
        """Where the first case stands."""
        return self.cases[0].statement.lineno, self.cases[0].statement.col_offset

    def parameters(self) -> list[ast.arg]:
        """The parameters of every case, without the instance."""
        return parameters(self.cases[0].function, self.method)


def parameters(function: Body, method: bool) -> list[ast.arg]:
    """The parameters of a function, without the instance."""
    return [*function.args.args[method:], *function.args.kwonlyargs]


@dataclass(frozen=True)
class Given:
    """What a parameter gets at a call: an argument, written by `keyword` or not, or its default."""

    name: str
    value: ast.expr
    keyword: bool = False
    default: bool = False


def given(helper: Helper, call: ast.Call) -> list[Given] | None:
    """What the parameters get, in the order in which it is evaluated; None where that cannot be told."""
    function = helper.cases[0].function
    args = function.args.args[helper.method :]
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return None
    if len(call.args) > len(args):
        return None
    found = [Given(a.arg, value) for a, value in zip(args, call.args, strict=False)]
    every = [a.arg for a in helper.parameters()]
    found += [Given(k.arg, k.value, keyword=True) for k in call.keywords if k.arg in every]
    names = [each.name for each in found]
    defaults = _defaults(function)
    rest = [name for name in every if name not in names]
    unknown = len(found) != len(call.args) + len(call.keywords)
    if unknown or len({*names}) != len(names) or not defaults.keys() >= {*rest}:
        return None
    return [*found, *(Given(name, defaults[name], default=True) for name in rest)]


def _defaults(function: Body) -> dict[str, ast.expr]:
    args = function.args
    late = args.args[len(args.args) - len(args.defaults) :]
    found = {a.arg: d for a, d in zip(late, args.defaults, strict=True)}
    return found | {a.arg: d for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d is not None}
