"""Runs the engine once more where helpers stand against a rewrite: on a text with their bodies in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from migrate.analysis.program.scopes import Scopes
from migrate.inlining.callers import functions_with
from migrate.inlining.expanding import Expanded, expanded
from migrate.inlining.finding import helpers
from migrate.inlining.folding import Folder
from migrate.inlining.helpers import Helper
from migrate.inlining.marks import DOT, Unfit, lines_between
from migrate.inlining.outcomes import Unfold
from migrate.inlining.spans import EXOTIC, Text
from migrate.result import Finding, Options, Result
from migrate.unbound import unbound

ATTEMPTS = 6
CODES = frozenset({"LNX110", "LNX111", "LNX112", "LNX299"})
Engine = Callable[[Mapping[str, str], Options], Result]
Place = tuple[str, int, int]


@dataclass(frozen=True)
class Attempt:
    """What came of a project in which some helpers are written out, and which of them that was no use for."""

    result: Result
    failed: frozenset[Place]


def with_helpers(sources: Mapping[str, str], options: Options, result: Result, engine: Engine) -> Result:
    """A better result, where there is one with helpers that are written out for the engine; or the same."""
    known = {} if options.traced else dict(_known(sources, options, result.findings))
    chosen, banned, best = _concerned(known, result.findings), frozenset[Place](), result
    for _ in range(ATTEMPTS if chosen else 0):
        banned |= _called_in_others({place: known[place] for place in chosen})
        chosen -= banned
        if not chosen:
            break
        attempt = _attempt(sources, options, {place: known[place] for place in sorted(chosen)}, engine)
        if not attempt.failed and is_better(attempt.result, best):
            best = attempt.result
        more = _concerned(known, attempt.result.findings) - chosen - banned
        banned |= frozenset() if more else attempt.failed
        if not (more or attempt.failed) or not (chosen | more) - banned:
            break
        chosen = (chosen | more) - banned
    return best


def is_better(result: Result, known: Result) -> bool:
    """Whether more is migrated, and all that was before."""
    old, new = ({c.id: c.status for c in r.components} for r in (known, result))
    lost = [name for name, status in old.items() if status != "untouched" and new.get(name) == "untouched"]
    untouched = [sum(c.status != "migrated" for c in r.components) for r in (known, result)]
    return not lost and known.changed.keys() <= result.changed.keys() and untouched[1] <= untouched[0]


def _known(
    sources: Mapping[str, str], options: Options, findings: Iterable[Finding]
) -> Iterator[tuple[Place, Helper]]:
    """The helpers of the files of which something is said, by their places."""
    for path in sorted({f.path for f in findings if f.code in CODES} & sources.keys()):
        if EXOTIC.isdisjoint(sources[path]):
            tree = ast.parse(sources[path])
            inner = lines_between(sources[path])
            for helper in helpers(tree, Scopes([tree])):
                if inner and not any(call.lineno in inner for call in helper.calls):
                    continue
                if not _is_called_elsewhere(helper, path, sources, options):
                    yield (path, *helper.place), helper


def _is_called_elsewhere(helper: Helper, path: str, sources: Mapping[str, str], options: Options) -> bool:
    """Whether other files may call a helper, or replace it."""
    if not (helper.method or helper.of_file) or DOT in helper.name:
        return False
    importers = [importer.names for importer in options.imported_by.get(path, ())]
    if helper.of_file and any(not names or helper.name in names for names in importers):
        return True
    word = re.compile(rf"\b{re.escape(helper.name)}\b")
    module = re.compile(rf"\b{re.escape(PurePath(path).stem)}\b")
    others = [text for other, text in sources.items() if other != path]
    return any(word.search(text) and module.search(text) for text in others)


def _concerned(known: Mapping[Place, Helper], findings: Iterable[Finding]) -> frozenset[Place]:
    """The helpers of which something is said, in their bodies, what they call, or where they are called."""
    found: set[Place] = set()
    lines: dict[str, set[int]] = {}
    for finding in (f for f in findings if f.code in CODES):
        lines.setdefault(finding.path, set()).add(finding.line)
    for path, numbers in lines.items():
        here = {place: helper for place, helper in known.items() if place[0] == path}
        trees = {helper.scopes.module(case.function) for helper in here.values() for case in helper.cases}
        callers = {name for tree in trees for name in functions_with(tree, numbers)}
        for place, helper in here.items():
            nodes: list[ast.AST] = [*(case.statement for case in helper.cases), *helper.calls]
            if helper.name in callers or any(_holds(node, line) for node in nodes for line in numbers):
                found.add(place)
    return frozenset(found)


def _called_in_others(chosen: Mapping[Place, Helper]) -> frozenset[Place]:
    """Those that another one calls: only one of the two can be written out."""
    bodies = {case.function for helper in chosen.values() for case in helper.cases}
    return frozenset(
        place
        for place, helper in chosen.items()
        if any(not bodies.isdisjoint(helper.scopes.enclosing(helper.scopes.scope[c])) for c in helper.calls)
    )


def _holds(node: ast.AST, line: int) -> bool:
    return getattr(node, "lineno", 0) <= line <= (getattr(node, "end_lineno", 0) or 0)


def _attempt(
    sources: Mapping[str, str], options: Options, chosen: Mapping[Place, Helper], engine: Engine
) -> Attempt:
    """Run the engine on the text in which these helpers are written out, and fold what it gives."""
    made: dict[str, tuple[Text, Expanded, list[Helper]]] = {}
    texts = dict(sources)
    for path in {place[0] for place in chosen}:
        here = [helper for place, helper in chosen.items() if place[0] == path]
        source = Text(sources[path])
        try:
            made[path] = source, _expanded(source, here), here
        except Unfit:
            return Attempt(Result(), frozenset(p for p in chosen if p[0] == path))
        texts[path] = made[path][1].text
    result = with_helpers(texts, options, engine(texts, options), engine)
    changed, failed = dict(result.changed), set[Place]()
    for path, (source, expansion, here) in made.items():
        try:
            changed[path] = _folded(source, changed.get(path), expansion, here)
        except Unfold as error:
            everyone = {place for place in chosen if place[0] == path}
            failed |= {p for p in everyone if chosen[p] is error.helper} or everyone
            changed.pop(path, None)
    seen = {place[0] for place, helper in chosen.items() if helper.of_file}
    result = replace(result, changed=changed, shared=result.shared | seen)
    return Attempt(_in_lines_before(result, made), frozenset(failed))


def _expanded(source: Text, chosen: list[Helper]) -> Expanded:
    made = expanded(source, chosen[0].scopes, chosen)
    try:
        ast.parse(made.text)
    except SyntaxError as error:
        raise Unfit from error
    return made


def _folded(source: Text, text: str | None, expansion: Expanded, chosen: list[Helper]) -> str:
    if text is None:
        raise Unfold
    new = Folder(source, text, expansion).folded(chosen)
    try:
        new_names = unbound(new)
    except SyntaxError as error:
        raise Unfold from error
    if new_names - unbound(source.text):
        raise Unfold
    return new


def _in_lines_before(result: Result, made: Mapping[str, tuple[Text, Expanded, list[Helper]]]) -> Result:
    """The result with the lines of the files as they are."""

    def line(path: str, number: int) -> int:
        if path not in made:
            return number
        origins = made[path][1].origins
        return origins[min(number, len(origins)) - 1]

    def moved(finding: Finding) -> Finding:
        return replace(finding, line=line(finding.path, finding.line))

    components = tuple(
        replace(c, line=line(c.path, c.line), blockers=tuple({moved(f): None for f in c.blockers}))
        for c in result.components
    )
    findings = tuple({moved(finding): None for finding in result.findings})
    return replace(result, findings=findings, components=components)
