"""The whole new definition of a helper, with its comments."""

from __future__ import annotations

import ast

from migrate.inlining.bodies import first_line, without_docstring
from migrate.inlining.helpers import Case, Helper
from migrate.inlining.marks import MARK
from migrate.inlining.outcomes import Unfold, Written
from migrate.inlining.reflowing import are_short, reflown
from migrate.inlining.spans import Text
from migrate.rewrite.layout import flat, width_of, wrapped


def as_function(case: Case, text: str) -> str:
    if isinstance(case.function, ast.Lambda):
        return f"({text})"
    return "def f():\n" + "".join(f" {line}\n" for line in text.splitlines())


def definition(before: Text, helper: Helper, case: Case, made: Written, body: str) -> str:
    """The whole definition, without the indentation of its first line."""
    function, statement = case.function, case.statement
    indent, width = before.indent(statement), width_of(before.text)
    _check_free(helper, case, made, body)
    signature = _signature(before, helper, case, made)
    if isinstance(function, ast.Lambda):
        text = f"{helper.name} = lambda {signature}: {flat(body)}"
        return wrapped(text, indent, width, "    ").replace("\n", before.newline)
    statements = without_docstring(function)
    returns = f" -> {before.segment(function.returns)}" if function.returns is not None else ""
    inner = before.indent(statements[0])
    step = inner[len(indent) :] if inner.startswith(indent) else "    "
    note = _note(before, function)
    header = wrapped(f"def {helper.name}({signature}){returns}:", indent, width, step)
    known = _between(before, function).replace("\r\n", "\n")
    lines = reflown(body, inner, width, are_short(statements, body)).splitlines()
    text = (
        header + note + "\n" + known.replace("\r\n", "\n") + "\n".join(inner + x if x else x for x in lines)
    )
    return text.replace("\n", before.newline)


def _note(before: Text, function: ast.FunctionDef) -> str:
    """The comment behind the first line of a function, if that is its whole signature."""
    documented = ast.get_docstring(function) is not None
    last = function.body[0].lineno if documented else first_line(before, function)
    head = [line.partition("#") for line in before.lines[function.lineno - 1 : last - 1]]
    if any(sign for _, sign, _ in head[1:]):
        raise Unfold
    code, sign, text = head[0]
    return f"  #{text.rstrip()}" if sign and code.rstrip().endswith(":") else ""


def _between(before: Text, function: ast.FunctionDef) -> str:
    """The docstring, and what follows it until the body."""
    if ast.get_docstring(function) is None:
        return ""
    start = before.line_start(function.body[0].lineno)
    return before.text[start : before.line_start(first_line(before, function))]


def _signature(before: Text, helper: Helper, case: Case, made: Written) -> str:
    """The parameters: those that are still read, and the layers behind them."""
    args = case.function.args
    late = dict(zip(reversed(args.args), reversed(args.defaults), strict=False))
    texts = [before.segment(a) for a in args.args[: helper.method]]
    for a in args.args[helper.method :]:
        if a.arg not in made.dropped:
            texts.append(_parameter(before, a, late.get(a)))
    new = [*dict.fromkeys(name for added in made.added.values() for name in added)]
    named = [name for name in new if name in made.named]
    plain = [name for name in new if name not in made.named and name not in made.optional]
    plain += [f"{name}=None" for name in made.optional]
    keyword_only = [
        _parameter(before, a, d)
        for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True)
        if a.arg not in made.dropped
    ]
    made.keyed = made.builds or bool(keyword_only) or any(a.arg not in made.dropped for a in late)
    if made.keyed:
        keyword_only += plain
    else:
        texts += plain
    keyword_only += [f"{name}: nnx.Rngs{'' if made.builds else ' | None = None'}" for name in named]
    return ", ".join([*texts, *(["*"] if keyword_only else []), *keyword_only])


def _parameter(before: Text, parameter: ast.arg, default: ast.expr | None) -> str:
    text = before.segment(parameter)
    if default is None:
        return text
    sign = " = " if parameter.annotation is not None else "="
    return f"{text}{sign}{before.segment(default)}"


def _check_free(helper: Helper, case: Case, made: Written, body: str) -> None:
    """What the engine reads in the body must be known there."""
    tree = ast.parse(as_function(case, body))
    old = {n.id for n in ast.walk(case.function) if isinstance(n, ast.Name)}
    bound = {a.arg for a in helper.parameters()} | {
        n.id for n in ast.walk(case.function) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
    }
    added = {name for names in made.added.values() for name in names}
    new = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - old - added
    if new & bound or MARK in body:
        raise Unfold
    if "rngs" in new and (helper.method or helper.of_file):
        if isinstance(case.function, ast.Lambda) or len(helper.cases) != 1:
            raise Unfold
        made.named = frozenset({"rngs"})
        for given in made.added.values():
            given["rngs"] = "rngs"
