"""Imports after a rewrite: `nnx` comes in, and what nothing uses any more goes out."""

from __future__ import annotations

import ast
from typing import Any

import libcst as cst

from migrate.rewrite.comments import as_lines, comments
from migrate.rewrite.import_order import sorted_in
from migrate.rewrite.jax_import import with_jax
from migrate.rewrite.partial_import import with_partial

ADDED = ("nnx", "struct")
"""What new code may need from `flax`."""

DEFINITIONS = (cst.ClassDef, cst.FunctionDef)


def used_names(tree: ast.Module) -> set[str]:
    """Every name that is read anywhere, in strings that may be annotations or `__all__` too."""
    used: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            used.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            used.add(node.value)
    return used


def settled(module: cst.Module, before: ast.Module) -> str:
    """The text of `module` with its imports put right, given the tree that it was made from.

    What stands outside of the imports is written once: it is the larger part of the work.
    """
    texts = [module.code_for_node(line) for line in module.body]
    after = ast.parse("".join(texts))
    used = used_names(after)
    gone = used_names(before) - used
    gone |= _shadowed(after)
    body = [_without(line, gone) if _is_import(line) else line for line in module.body]
    fresh = used - used_names(before)
    if names := [n for n in ADDED if n in used and (n == "nnx" or n in fresh) and not _binds(after, n)]:
        at = _place(module.body, body)
        body[at] = _replacement(module.body[at], body[at], names)
    known = {id(line): text for line, text in zip(module.body, texts, strict=True)}
    final = _closed_up(module.body, body)
    if names:
        final = sorted_in(final, body[at], _is_import, _module)
    if "partial" in fresh and not _binds(after, "partial"):
        final = with_partial(final, _is_import, _module)
    if "jax" in fresh and not _binds(after, "jax"):
        final = with_jax(final, _is_import, _module)
    lines = [known.get(id(line)) or module.code_for_node(line) for line in final]
    edges = [module.code_for_node(entry) for part in (module.header, module.footer) for entry in part]
    head = len(module.header)
    text = "".join([*edges[:head], *lines, *edges[head:]])
    return text if module.has_trailing_newline else text.removesuffix(module.default_newline)


def _shadowed(tree: ast.Module) -> set[str]:
    """Imported names that a class of the module takes before anything reads them."""
    found: set[str] = set()
    for position, statement in enumerate(tree.body):
        if isinstance(statement, ast.ClassDef) and _binds(tree, statement.name):
            above = [*tree.body[:position], *statement.bases, *statement.decorator_list]
            reads = (n for part in above for n in ast.walk(part) if isinstance(n, ast.Name))
            if not any(node.id == statement.name for node in reads):
                found.add(statement.name)
    return found


def _binds(tree: ast.Module, name: str) -> bool:
    """Whether an import at the top of the module binds `name`; one inside a function does not count."""
    imports = (node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom)))
    return any((alias.asname or alias.name.split(".")[0]) == name for node in imports for alias in node.names)


def _is_import(line: Any) -> bool:
    simple = isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1
    return simple and isinstance(line.body[0], (cst.Import, cst.ImportFrom))


def _without(line: Any, gone: set[str]) -> Any:
    """The import line without the names that are gone; None where nothing is left."""
    statement = line.body[0]
    if isinstance(statement.names, cst.ImportStar) or _module(line) == "__future__":
        return line
    kept = [alias for alias in statement.names if _bound(alias) not in gone]
    if len(kept) == len(statement.names):
        return line
    if not kept:
        return None
    if kept[-1] is not statement.names[-1]:
        kept[-1] = kept[-1].with_changes(comma=statement.names[-1].comma)
    return line.with_changes(body=[statement.with_changes(names=kept)])


def _bound(alias: cst.ImportAlias) -> str:
    if alias.asname is not None:
        return cst.ensure_type(alias.asname.name, cst.Name).value
    return _dotted(alias.name).split(".")[0]


def _dotted(node: Any) -> str:
    return f"{_dotted(node.value)}.{node.attr.value}" if isinstance(node, cst.Attribute) else str(node.value)


def _module(line: Any) -> str:
    """The module of a `from` import, or the first module of a plain one."""
    statement = line.body[0]
    if isinstance(statement, cst.ImportFrom):
        return _dotted(statement.module) if statement.module is not None else "."
    return _dotted(statement.names[0].name)


def _place(old: Any, new: list[Any]) -> int:
    """Where the import of nnx goes: `from flax import ...`, then the first flax import that went away."""
    imports = [i for i, line in enumerate(old) if _is_import(line)]
    defined = next((i for i, line in enumerate(old) if isinstance(line, DEFINITIONS)), len(old))
    imports = [i for i in imports if i < defined] or imports
    from_flax = [
        i for i in imports if isinstance(old[i].body[0], cst.ImportFrom) and _module(old[i]) == "flax"
    ]
    removed = [i for i in imports if new[i] is None and _module(old[i]).split(".")[0] == "flax"]
    written_from = [i for i in removed if isinstance(old[i].body[0], cst.ImportFrom)]
    any_flax = [i for i in imports if _module(old[i]).split(".")[0] == "flax"]
    return next(iter((*from_flax, *written_from, *removed, *any_flax[-1:], *imports[-1:])))


def _replacement(old: Any, new: Any, added: list[str]) -> Any:
    """The import of `added` in place of a line that went away, or beside the one that stays."""
    text = f"from flax import {', '.join(added)}"
    if new is None:
        return old.with_changes(body=cst.ensure_type(cst.parse_statement(text), cst.SimpleStatementLine).body)
    if isinstance(old.body[0], cst.ImportFrom) and _module(old) == "flax":
        names = new.body[0].names
        first = [cst.ImportAlias(cst.Name(name), comma=_comma(names)) for name in added]
        ordered = sorted([*first, *names], key=lambda alias: _dotted(alias.name))
        ordered = [
            alias.with_changes(comma=_comma(names) if alias is not ordered[-1] else names[-1].comma)
            for alias in ordered
        ]
        return new.with_changes(body=[new.body[0].with_changes(names=ordered)])
    extra = cst.ensure_type(cst.parse_statement(text), cst.SimpleStatementLine)
    return cst.FlattenSentinel([new, extra])


def _comma(names: Any) -> cst.Comma:
    known = next((alias.comma for alias in names if isinstance(alias.comma, cst.Comma)), None)
    return known or cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def _closed_up(old: Any, new: list[Any]) -> list[Any]:
    """The lines that are left; comments of a removed line stay where it stood."""
    body: list[Any] = []
    carried: list[cst.EmptyLine] = []
    for before, line in zip(old, new, strict=True):
        if line is None:
            blank = [*before.leading_lines] if not carried else [e for e in before.leading_lines if e.comment]
            carried += [*blank, *as_lines(comments([before.body, before.trailing_whitespace]))]
            continue
        lines = list(line.nodes) if isinstance(line, cst.FlattenSentinel) else [line]
        if carried:
            lines[0] = lines[0].with_changes(leading_lines=_merged(carried, lines[0].leading_lines))
            carried = []
        if not body and before is not old[0]:
            lines[0] = lines[0].with_changes(leading_lines=_without_blanks(lines[0].leading_lines))
        body += lines
    return body


def _without_blanks(lines: Any) -> list[cst.EmptyLine]:
    """At the top of a file there are no blank lines."""
    first = next((i for i, entry in enumerate(lines) if entry.comment), len(lines))
    return [*lines[first:]]


def _merged(carried: list[cst.EmptyLine], own: Any) -> list[cst.EmptyLine]:
    """Blank lines of a removed line count only where it began a group that is still there."""
    if any(entry.comment for entry in carried):
        return [*carried, *own]
    return [*own] if own else carried
