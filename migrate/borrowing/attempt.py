"""Runs the engine once more where functions of other files stand against a rewrite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from migrate.borrowing.borrowed import borrowed
from migrate.borrowing.copying import Copied, Place, copied
from migrate.borrowing.reading import Project
from migrate.borrowing.returning import returned
from migrate.inlining.attempts import CODES, Engine, is_better
from migrate.inlining.marks import Unfit
from migrate.inlining.outcomes import Unfold
from migrate.result import Finding, Options, Result


def with_borrowed(sources: Mapping[str, str], options: Options, result: Result, engine: Engine) -> Result:
    """A better result, where copies of functions in the files that call them give one; or the same."""
    if options.traced or not any(finding.code in CODES for finding in result.findings):
        return result
    project = Project(sources)
    functions = borrowed(project, result.findings, CODES, options)
    if not functions:
        return result
    try:
        made = copied(project, functions)
        texts = {**sources, **{path: copy.text for path, copy in made.items()}}
        found = engine(texts, options)
        changed = {**found.changed, **returned(project, functions, made, found.changed)}
    except (Unfit, Unfold, SyntaxError):
        return result
    changed = {path: text for path, text in changed.items() if text != sources[path]}
    shared = result.shared | found.shared | {each.path for each in functions}
    found = _in_places_before(replace(found, changed=changed, shared=shared), made)
    return found if is_better(found, result) else result


def _in_places_before(result: Result, made: Mapping[str, Copied]) -> Result:
    """The result with the places of the files as they are."""

    def place(path: str, line: int) -> Place:
        if path not in made:
            return path, line
        places = made[path].places
        return places[min(line, len(places)) - 1]

    def moved(finding: Finding) -> Finding:
        path, line = place(finding.path, finding.line)
        return replace(finding, path=path, line=line)

    components = tuple(
        replace(c, line=place(c.path, c.line)[1], blockers=tuple({moved(f): None for f in c.blockers}))
        for c in result.components
    )
    findings = tuple({moved(finding): None for finding in result.findings})
    return replace(result, findings=findings, components=components)
