"""`import jax`, put in front of what the file imports from it."""

from __future__ import annotations

from typing import Any

import libcst as cst

from migrate.rewrite.partial_import import leading


def with_jax(lines: list[Any], is_import: Any, module_of: Any) -> list[Any]:
    """The lines of a module with the import in its place; `module_of` names what an import line imports."""
    imports = [i for i in leading(lines, is_import) if module_of(lines[i]) != "__future__"]
    own = [i for i in imports if module_of(lines[i]).partition(".")[0] == "jax"]
    at = next(iter((*own, *imports)), 0)
    new = cst.ensure_type(cst.parse_statement("import jax"), cst.SimpleStatementLine)
    if not imports:
        return [new, *lines]
    head = lines[at]
    moved = head.with_changes(leading_lines=[])
    return [*lines[:at], new.with_changes(leading_lines=head.leading_lines), moved, *lines[at + 1 :]]
