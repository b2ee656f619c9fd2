"""The printed report, in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from benchmarks.corpus.examine import Examination, counts
from benchmarks.corpus.reasons import Case, ranking, reason_of
from migrate.result import Component


def outcome_table(examinations: Sequence[Examination]) -> str:
    """One row for each project and style, and the sums of each style."""
    rows = [(each.project.name, each.style, counts(each)) for each in examinations]
    sums: dict[str, Counter[str]] = {}
    for _, style, found in rows:
        sums.setdefault(style, Counter()).update(found)
    if not rows:
        return ""
    heads = ["project", "style", *rows[0][2]]
    lines = [_row(heads), _row(["---"] * len(heads))]
    lines += [_row([name, style, *found.values()]) for name, style, found in rows]
    lines += [_row(["all", style, *found.values()]) for style, found in sums.items()]
    return "".join(lines)


def training_cases(examinations: Iterable[Examination]) -> Iterable[Case]:
    """What stands against the training components that stay."""
    return [
        (each.project.name, component.blockers)
        for each in examinations
        for component in each.training
        if component.status == "untouched"
    ]


def other_cases(examinations: Iterable[Examination]) -> Iterable[Case]:
    """What stands against the components without training that stay."""
    return [
        (each.project.name, component.blockers)
        for each in examinations
        for component in each.result.components
        if component.status == "untouched" and component not in each.training
    ]


def file_cases(examinations: Iterable[Examination]) -> Iterable[Case]:
    """What is said of the files in which calls that train are left."""
    return [(each.project.name, findings) for each in examinations for findings in each.unfinished()]


def size_table(examinations: Iterable[Examination], limit: int) -> str:
    """The components that stay and reach into most files, where values of several programs may have met."""
    sizes = [
        (
            len(paths),
            len(component.modules),
            len({reason_of(f) for f in component.blockers}),
            component.id,
            name,
        )
        for name, component, paths in _reaches(examinations)
        if len(paths) > 1
    ]
    lines = [_row(["files", "modules", "reasons", "component"]), _row(["---"] * 4)]
    largest = sorted(sizes, reverse=True)[:limit]
    lines += [
        _row([files, modules, reasons, f"{name}: {each}"]) for files, modules, reasons, each, name in largest
    ]
    return "".join(lines)


def _reaches(examinations: Iterable[Examination]) -> Iterator[tuple[str, Component, set[str]]]:
    for each in examinations:
        for component in each.result.components:
            if component.status == "untouched":
                yield each.project.name, component, {component.path, *(f.path for f in component.blockers)}


def reasons_table(cases: Iterable[Case], limit: int) -> str:
    """The ranking of the reasons, cut off after `limit` rows."""
    standings = ranking(cases)
    lines = [_row(["alone", "blocks", "code", "reason", "for example"]), _row(["---"] * 5)]
    lines += [
        _row([each.alone, each.blocked, each.reason.code, _escaped(each.reason.shape), each.example])
        for each in standings[:limit]
    ]
    rest = len(standings) - limit
    return "".join(lines) + (f"\n{rest} more\n" if rest > 0 else "")


def fault_lines(examinations: Iterable[Examination]) -> str:
    """Every fault, every crash and every file that was passed over in silence, one a line."""
    lines = []
    for each in examinations:
        head = f"{each.project.name} ({each.style})"
        lines += [f"{head}: {f.path}:{f.line}: {f.message}\n" for f in each.faults]
        lines += [f"{head}: {f.path}:{f.line}: {f.message}\n" for f in each.crashes]
        lines += [f"{head}: {p.path}:{p.line}: nothing was said of `{p.name}`\n" for p in each.silent]
    return "".join(lines)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def _row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |\n"
