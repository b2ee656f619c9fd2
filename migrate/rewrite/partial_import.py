"""`from functools import partial`, put where the imports of the standard library stand."""

from __future__ import annotations

import sys
from typing import Any

import libcst as cst

DEFINITIONS = (cst.ClassDef, cst.FunctionDef)
TEXT = "from functools import partial"


def with_partial(lines: list[Any], is_import: Any, module_of: Any) -> list[Any]:
    """The lines of a module with the import in its place; `module_of` names what an import line imports."""
    imports = [i for i in leading(lines, is_import) if module_of(lines[i]) != "__future__"]
    first = imports[0] if imports else 0
    standard = [i for i in imports if _is_standard(module_of(lines[i])) and lines[i] is not None]
    new = cst.ensure_type(cst.parse_statement(TEXT), cst.SimpleStatementLine)
    if standard:
        behind = [i for i in standard if _key(lines[i], module_of) < (1, "functools")]
        at = behind[-1] + 1 if behind else standard[0]
        if not behind:
            new = new.with_changes(leading_lines=lines[at].leading_lines)
            lines = [*lines[:at], lines[at].with_changes(leading_lines=[]), *lines[at + 1 :]]
        return [*lines[:at], new, *lines[at:]]
    if not imports:
        return [new, *lines]
    head = lines[first]
    moved = head.with_changes(leading_lines=[cst.EmptyLine(indent=False)])
    return [*lines[:first], new.with_changes(leading_lines=head.leading_lines), moved, *lines[first + 1 :]]


def leading(lines: list[Any], is_import: Any) -> list[int]:
    """Where the imports stand that come before the first function or class; all of them if none does."""
    imports = [i for i, line in enumerate(lines) if is_import(line)]
    defined = next((i for i, line in enumerate(lines) if isinstance(line, DEFINITIONS)), len(lines))
    return [i for i in imports if i < defined] or imports


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _key(line: Any, module_of: Any) -> tuple[int, str]:
    return int(isinstance(line.body[0], cst.ImportFrom)), module_of(line)
