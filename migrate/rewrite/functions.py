"""Headers of functions: decorators that go, parameters that change."""

from __future__ import annotations

import ast
from typing import Any

import libcst as cst

from migrate.rewrite.comments import as_lines, comments
from migrate.rewrite.expressions import code_of, laid_out, parameters
from migrate.rewrite.page import Page


def changed_function(
    page: Page, node: ast.FunctionDef | ast.AsyncFunctionDef, line: Any, changed: Any, indent: str
) -> Any:
    changed = without_decorators(page, node, changed)
    if node in page.edits.parameters or node in page.edits.keyword_only:
        if node in page.edits.parameters:
            changed = changed.with_changes(params=parameters(page, node, changed.params))
        for text in page.edits.keyword_only.get(node, ()):
            changed = changed.with_changes(params=with_keyword_only(changed.params, text))
        changed = relaid_header(page, changed, indent)
    elif node.returns in page.edits.expressions:
        changed = relaid_header(page, changed, indent)
    return changed


def without_decorators(
    page: Page, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, changed: Any
) -> Any:
    """A header without the decorators that go; their comments stay."""
    removed = [i for i, d in enumerate(node.decorator_list) if d in page.edits.decorators]
    if removed:
        kept = [d for i, d in enumerate(changed.decorators) if i not in removed]
        texts = [c for i in removed for c in comments(changed.decorators[i])]
        lines = [*as_lines(texts)]
        if not kept:
            changed = changed.with_changes(lines_after_decorators=[*lines, *changed.lines_after_decorators])
        changed = changed.with_changes(decorators=kept)
    return changed


def with_keyword_only(params: cst.Parameters, text: str) -> cst.Parameters:
    """The parameters and one more that can only be given by its name."""
    parsed = cst.ensure_type(cst.parse_statement(f"def f(*, {text}): ..."), cst.FunctionDef).params
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    starred = isinstance(params.star_arg, (cst.Param, cst.ParamStar))
    star = params.star_arg if starred else cst.ParamStar()
    groups = [*params.params]
    if groups and not starred and not isinstance(groups[-1].comma, cst.Comma):
        groups[-1] = groups[-1].with_changes(comma=comma)
    if isinstance(star, cst.Param) and not isinstance(star.comma, cst.Comma):
        star = star.with_changes(comma=comma)
    named = [*params.kwonly_params]
    if named and not isinstance(named[-1].comma, cst.Comma):
        named[-1] = named[-1].with_changes(comma=comma)
    last = parsed.kwonly_params[0]
    if params.star_kwarg is not None:
        last = last.with_changes(comma=comma)
    return params.with_changes(params=groups, star_arg=star, kwonly_params=[*named, last])


def relaid_header(page: Page, changed: Any, indent: str) -> Any:
    header = code_of(page, changed.with_changes(
        decorators=[], leading_lines=[], lines_after_decorators=[],
        body=cst.SimpleStatementSuite(body=[cst.Expr(cst.Ellipsis())]),
    )).strip()  # fmt: skip
    header = header[: header.rindex("...")].strip()
    if "\n" in header or len(indent) + len(header) <= page.width:
        return changed
    laid = laid_out(page, header, indent)
    parsed = cst.ensure_type(cst.parse_statement(f"{laid} ..."), cst.FunctionDef)
    return changed.with_changes(
        params=parsed.params,
        whitespace_before_params=parsed.whitespace_before_params,
        returns=parsed.returns,
    )
