"""Expressions with the edits below them applied, and pieces as text."""

from __future__ import annotations

import ast
from keyword import iskeyword
from typing import Any

import libcst as cst

from migrate.rewrite import lens
from migrate.rewrite.edits import Piece, Template
from migrate.rewrite.layout import flat, wrapped
from migrate.rewrite.page import Page
from migrate.rewrite.separators import exchanged, followed, like, separator, trimmed, with_arguments


def text_of(page: Page, piece: Piece) -> str:
    """A piece as source, with edits applied inside of its holes."""
    match piece:
        case str():
            return piece
        case Template(parts):
            return "".join(_inside(text_of(page, part), part) for part in parts)
        case _ if piece not in page.edited and isinstance(piece, ast.expr) and page.on_one_line(piece):
            return page.source.segment(piece)
        case _:
            return code_of(page, tree_of(page, piece)).strip().replace("\r\n", "\n")


def _inside(text: str, part: Piece) -> str:
    """A piece of a new text, which is laid out with what is around it and not as it was."""
    return flat(text) if isinstance(part, ast.expr) and "\n" in text else text


def code_of(page: Page, node: Any) -> str:
    return page.module.code_for_node(node)


def tree_of(page: Page, node: ast.AST) -> Any:
    """The libcst node of `node` with all edits below it applied."""
    home = page.homes[node]
    if node in page.edits.expressions:
        return expression(page, text_of(page, page.edits.expressions[node]))
    return below(page, node, home)


def below(page: Page, node: ast.AST, home: Any) -> Any:
    changed = home
    for child, path in lens.expressions(node, home):
        if child in page.spine:
            changed = lens.put(changed, path, tree_of(page, child))
    if isinstance(node, ast.Call) and (node in page.edits.arguments or node in page.edits.added):
        changed = arguments(page, node, home, changed)
    if isinstance(node, ast.Lambda) and node in page.edits.parameters:
        changed = changed.with_changes(params=parameters(page, node, changed.params))
    return changed


def _is_shorter(page: Page, node: ast.Call) -> bool:
    """`nn.Dense(4, kernel_init=init)(x)` that becomes `self.Dense_0(x)`."""
    return isinstance(node.func, ast.Call) and node.func in page.edits.expressions


def expression(page: Page, text: str) -> Any:
    """Parsed text, in parentheses where it runs over several lines without any."""
    if all(part.isidentifier() and not iskeyword(part) for part in text.split(".")):
        return dotted(text)
    config = page.module.config_for_parsing
    text = own_newlines(page, text)
    try:
        return cst.parse_expression(text, config=config)
    except cst.ParserSyntaxError:
        return cst.parse_expression(f"({text})", config=config)


def dotted(text: str) -> cst.Name | cst.Attribute:
    """A dotted name, made without a parser."""
    first, *rest = text.split(".")
    made: cst.Name | cst.Attribute = cst.Name(first)
    for name in rest:
        made = cst.Attribute(made, cst.Name(name))
    return made


def arguments(page: Page, node: ast.Call, home: cst.Call, changed: cst.Call) -> cst.Call:
    wanted = page.edits.arguments.get(node, {})
    positions = dict(zip(lens.argument_positions(node, home), lens.given(node), strict=True))
    new: list[cst.Arg] = []
    for i, arg in enumerate(changed.args):
        expression = positions[i]
        if expression not in wanted:
            new.append(arg)
            continue
        pieces = [argument(page, name, piece) for name, piece in wanted[expression]]
        new += like(arg, pieces)
    kept = with_arguments(changed, new)
    asked = bool(home.args) and isinstance(home.args[-1].comma, cst.Comma)
    shorter = (wanted and not asked) or () in wanted.values() or _is_shorter(page, node)
    if (shorter or _is_wide(page, kept)) and _hangs(kept):
        kept = _on_one_line(kept)
    return kept.with_changes(args=with_added(page, node, home, [*kept.args]))


def _is_wide(page: Page, call: cst.Call) -> bool:
    return any(len(line) > page.width for line in cst.Module([]).code_for_node(call).splitlines())


def _hangs(call: cst.Call) -> bool:
    """Whether a call begins its arguments on another line, in the way of a formatter, without comments."""
    code = cst.Module([]).code_for_node(call)
    first = cst.Module([]).code_for_node(call.whitespace_before_args)
    return "\n" in first and "#" not in code and '"""' not in code


def _on_one_line(call: cst.Call) -> cst.Call:
    """The call without its line breaks; what is too long for a line is broken anew later."""
    args = [
        arg.with_changes(
            comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
            if arg is not call.args[-1]
            else cst.MaybeSentinel.DEFAULT,
            whitespace_after_arg=cst.SimpleWhitespace(""),
        )
        for arg in call.args
    ]
    return call.with_changes(args=args, whitespace_before_args=cst.SimpleWhitespace(""))


def with_added(page: Page, node: ast.Call, home: cst.Call, args: list[cst.Arg]) -> list[cst.Arg]:
    for name, piece in page.edits.added.get(node, []):
        addition = argument(page, name, piece)
        if args:
            args[-1], comma = followed(args[-1], separator(home))
            addition = addition.with_changes(comma=comma, whitespace_after_arg=args[-1].whitespace_after_arg)
            args[-1] = args[-1].with_changes(whitespace_after_arg=cst.SimpleWhitespace(""))
        args.append(addition)
    return args


def argument(page: Page, name: str | None, piece: Piece) -> cst.Arg:
    value = expression(page, text_of(page, piece))
    if name is None:
        return cst.Arg(value)
    blank = cst.SimpleWhitespace("")
    return cst.Arg(value, cst.Name(name), equal=cst.AssignEqual(blank, blank))


def parameters(page: Page, node: Any, params: cst.Parameters) -> cst.Parameters:
    wanted = page.edits.parameters[node]
    groups: dict[str, list[Any]] = {}
    for name in ("posonly_params", "params", "kwonly_params"):
        groups[name] = exchanged(getattr(params, name), wanted, lambda piece: parameter(page, piece))
    if params.star_kwarg is not None and wanted.get(params.star_kwarg.name.value) == ():
        params = params.with_changes(star_kwarg=None)
    if not groups["kwonly_params"] and isinstance(params.star_arg, cst.ParamStar):
        params = params.with_changes(star_arg=cst.MaybeSentinel.DEFAULT)
    if not groups["posonly_params"]:
        params = params.with_changes(posonly_ind=cst.MaybeSentinel.DEFAULT)
    return trimmed(params.with_changes(**groups))


def parameter(page: Page, piece: Piece) -> cst.Param:
    """One parameter, with its annotation if it has one."""
    text = text_of(page, piece)
    if text.isidentifier():
        return cst.Param(cst.Name(text))
    parsed = cst.ensure_type(cst.parse_statement(f"def f({text}): ..."), cst.FunctionDef)
    return parsed.params.params[0]


def parsed_statement(page: Page, text: str, indent: str, width: int | None = None) -> Any:
    laid = laid_out(page, text, indent, width)
    return cst.parse_statement(laid, config=page.module.config_for_parsing)


def laid_out(page: Page, text: str, indent: str, width: int | None = None) -> str:
    """Broken lines relative to their block: libcst writes the block's own indentation by itself."""
    if text.startswith("def ") and len({_indent_of(line) for line in text.split("\n")[1:]}) == 1:
        return own_newlines(page, _function(page, text, indent))
    if "\n" in text:
        return own_newlines(page, text)
    laid = wrapped(text, indent, width or page.width, page.module.default_indent)
    return own_newlines(page, laid.replace(f"\n{indent}", "\n"))


def _indent_of(line: str) -> int:
    return len(line) - len(line.lstrip())


def _function(page: Page, text: str, indent: str) -> str:
    """A function with a body of simple statements, each of which is broken where it is too long."""
    step = page.module.default_indent
    header, *body = text.split("\n")
    inner = f"{indent}{step}"
    lines = [wrapped(line.strip(), inner, page.width, step).replace(f"\n{indent}", "\n") for line in body]
    return "\n".join([header, *(f"{step}{line}" for line in lines)])


def own_newlines(page: Page, text: str) -> str:
    return text.replace("\n", page.module.default_newline)
