"""The new text of a helper, made of what became of its bodies at its calls."""

from __future__ import annotations

import ast
from collections.abc import Container, Mapping
from textwrap import dedent

from migrate.inlining.blocks import Block
from migrate.inlining.definitions import as_function, definition
from migrate.inlining.helpers import Case, Helper
from migrate.inlining.lending import stand_ins
from migrate.inlining.marks import marked, outermost
from migrate.inlining.outcomes import Branch, Unfold, Written
from migrate.inlining.references import Reference, references
from migrate.inlining.spans import Edit, Text


def written(before: Text, after: Text, helper: Helper, known: Mapping[int, Block]) -> Written:
    """The helper as it is defined and called now."""
    made = Written(dropped=_dropped(helper, known), added={number: {} for number in known})
    branches = [_branches(after, helper, block) for block in known.values()]
    own = _attributes(helper)
    places = [[references(b.statements, own, after.segment) for b in cases] for cases in branches]
    if not any(found for cases in places for found in cases):
        raise Unfold
    if any(len({len(cases[c]) for cases in places}) != 1 for c in range(len(helper.cases))):
        raise Unfold
    names = stand_ins(helper, made, dict(zip(known, branches, strict=True)), places)
    for at, case in enumerate(helper.cases):
        texts = [
            _text(after, case, cases[at], list(zip(found[at], names[at], strict=True)), known)
            for cases, found in zip(branches, places, strict=True)
        ]
        if len({ast.dump(ast.parse(as_function(case, text))) for text in texts}) != 1:
            raise Unfold
        shortest = min(texts, key=lambda text: text.count("\n"))
        made.texts.append(definition(before, helper, case, made, shortest))
    return made


def _dropped(helper: Helper, known: Mapping[int, Block]) -> frozenset[str]:
    """The parameters that were only there for the layers."""
    names = {a.arg for a in helper.parameters()}
    given = [names & block.given.keys() for block in known.values()]
    read = {n.id for c in helper.cases for n in ast.walk(c.function) if isinstance(n, ast.Name)}
    if any(names != given[0] for names in given) or not given[0] >= names - read:
        raise Unfold
    return frozenset(names - given[0])


def _branches(after: Text, helper: Helper, block: Block) -> list[Branch]:
    """The statements of each case."""
    last = block.end.lineno - 1
    first = (block.last_given.end_lineno or 0) + 1
    if len(helper.cases) == 1:
        return [Branch(block.body, first, last)]
    if len(block.body) != 1:
        raise Unfold
    found: list[Branch] = []
    rest = block.body
    for case in helper.cases:
        if case.test is None:
            line = (found[-1].last if found else first) + 1
            while not after.lines[line - 1].strip().startswith("else"):
                line += 1
            found.append(Branch(rest, line + 1, last))
            continue
        match rest:
            case [ast.If(test=test, body=body, orelse=rest)] if rest:
                found.append(Branch(body, (test.end_lineno or 0) + 1, body[-1].end_lineno or 0))
            case _:
                raise Unfold
    return found


def _attributes(helper: Helper) -> set[str]:
    """What the bodies read of the instance themselves, and the texts of what they look up."""
    nodes = [n for case in helper.cases for n in ast.walk(case.function)]
    names = {n.attr for n in nodes if isinstance(n, ast.Attribute)}
    return names | {ast.unparse(n) for n in nodes if isinstance(n, ast.Call)}


def _text(
    after: Text,
    case: Case,
    branch: Branch,
    found: list[tuple[Reference, str]],
    numbers: Container[int],
) -> str:
    """The body of one case, with its own names."""
    edits = [Edit(after.start(r.node), after.end(r.node), name) for r, name in found]
    covered = {n for r, _ in found for n in ast.walk(r.node)}
    for node in (n for s in branch.statements for n in ast.walk(s)):
        match node:
            case ast.Assign(targets=[ast.Name(id=name) as bound]) if (
                known := marked(name, numbers)
            ) and known[0] == "result":
                end = after.text.index("=", after.end(bound)) + 1
                edits.append(Edit(after.start(bound), end, "return"))
                covered.add(bound)
            case ast.Name(id=name) if node not in covered and (known := marked(name, numbers)):
                edits.append(Edit(after.start(node), after.end(node), known[0]))
            case _:
                pass
    edits = outermost(edits)
    if isinstance(case.function, ast.Lambda):
        match branch.statements:
            case [ast.Assign(value=value)]:
                return after.segment(value, edits)
            case _:
                raise Unfold
    start, end = after.line_start(branch.first), after.line_start(branch.last + 1)
    return dedent(after.piece(start, end, edits).replace("\r\n", "\n")).strip("\n")
