"""Which functions are read as if the files that call them had them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from migrate.borrowing.reading import Project, is_readable
from migrate.borrowing.uses import Borrowed, read
from migrate.inlining.marks import Unfit
from migrate.result import Finding, Options


def borrowed(
    project: Project, findings: Iterable[Finding], codes: Iterable[str], options: Options
) -> list[Borrowed]:
    """Those in which something stands against a rewrite and that are only called, from other files too."""
    lines: dict[str, set[int]] = {}
    for finding in findings:
        if finding.code in codes and is_readable(project.sources[finding.path]):
            lines.setdefault(finding.path, set()).add(finding.line)
    found: list[Borrowed] = []
    for path, numbers in sorted(lines.items()):
        for function in _builders(project.file(path).tree, numbers):
            try:
                found.append(read(project, path, function))
            except Unfit:
                continue
    return _called_in_others([each for each in found if not _is_reachable(each, project.sources, options)])


def _builders(tree: ast.Module, numbers: set[int]) -> list[ast.FunctionDef]:
    """The functions that hold some of these lines, and those that call one of them."""
    functions = [s for s in tree.body if isinstance(s, ast.FunctionDef) and not s.decorator_list]
    found = [f for f in functions if any(f.lineno <= n <= (f.end_lineno or 0) for n in numbers)]
    while more := [f for f in functions if f not in found and _calls({g.name for g in found}, f)]:
        found += more
    return [function for function in functions if function in found]


def _calls(names: set[str], function: ast.FunctionDef) -> bool:
    read = (n.func for n in ast.walk(function) if isinstance(n, ast.Call))
    return any(isinstance(func, ast.Name) and func.id in names for func in read)


def _is_reachable(each: Borrowed, sources: Mapping[str, str], options: Options) -> bool:
    """Whether files that are not read may name it."""
    importers = [i for i in options.imported_by.get(each.path, ()) if i.path not in sources]
    return any(not importer.names or each.name in importer.names for importer in importers)


def _called_in_others(found: list[Borrowed]) -> list[Borrowed]:
    """Those that other files call, and those of the same file that they call themselves."""
    chosen = [each for each in found if any(use.path != each.path for use in each.uses)]
    while True:
        more = [each for each in found if each not in chosen and any(is_in(each, other) for other in chosen)]
        if not more:
            return [each for each in found if each in chosen]
        chosen += more


def is_in(each: Borrowed, other: Borrowed) -> bool:
    """Whether one is called in the body of another one of its file."""
    inside = {*ast.walk(other.function)}
    return each.path == other.path and any(use.node in inside for use in each.uses)
