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
    removed = [i for i, d in enumerate(node.decorator_list) if d in page.edits.decorators]
    if removed:
        kept = [d for i, d in enumerate(changed.decorators) if i not in removed]
        texts = [c for i in removed for c in comments(changed.decorators[i])]
        lines = [*as_lines(texts)]
        if not kept:
            changed = changed.with_changes(lines_after_decorators=[*lines, *changed.lines_after_decorators])
        changed = changed.with_changes(decorators=kept)
    if node in page.edits.parameters:
        changed = changed.with_changes(params=parameters(page, node, changed.params))
        changed = relaid_header(page, changed, indent)
    elif node.returns in page.edits.expressions:
        changed = relaid_header(page, changed, indent)
    return changed


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
