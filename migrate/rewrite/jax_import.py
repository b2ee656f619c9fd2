"""`import jax`, put in front of what the file imports from it."""

from __future__ import annotations

from typing import Any

import libcst as cst


def with_jax(lines: list[Any], is_import: Any, module_of: Any) -> list[Any]:
    """The lines of a module with the import in its place; `module_of` names what an import line imports."""
    imports = [i for i, line in enumerate(lines) if is_import(line) and module_of(line) != "__future__"]
    own = [i for i in imports if module_of(lines[i]).partition(".")[0] == "jax"]
    at = next(iter((*own, *imports)), 0)
    new = cst.ensure_type(cst.parse_statement("import jax"), cst.SimpleStatementLine)
    if not imports:
        return [new, *lines]
    head = lines[at]
    moved = head.with_changes(leading_lines=[])
    return [*lines[:at], new.with_changes(leading_lines=head.leading_lines), moved, *lines[at + 1 :]]
