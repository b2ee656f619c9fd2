"""The new text of a helper, made of what became of its bodies at its calls."""

from __future__ import annotations

import ast
from collections.abc import Container, Mapping, Sequence
from textwrap import dedent

from migrate.inlining.blocks import Block
from migrate.inlining.definitions import as_function, definition
from migrate.inlining.direct import direct
from migrate.inlining.factories import is_factory, sizes
from migrate.inlining.flags import decided
from migrate.inlining.helpers import Case, Helper
from migrate.inlining.lending import stand_ins
from migrate.inlining.marks import outermost
from migrate.inlining.outcomes import Branch, Unfold, Written
from migrate.inlining.own_names import attributes, own_names
from migrate.inlining.piecewise import written_in_pieces
from migrate.inlining.references import Reference, references
from migrate.inlining.spans import Edit, Text


def written(
    before: Text, after: Text, helper: Helper, known: Mapping[int, Block], calls: Mapping[int, ast.Call]
) -> Written:
    """The helper as it is defined and called now."""
    if sides := decided(before, helper):
        return written_in_pieces(before, after, helper, known, calls, sides)
    made = Written(dropped=_dropped(helper, known), added={number: {} for number in known})
    branches = [_branches(after, helper, block) for block in known.values()]
    first = {number: cases[0] for number, cases in zip(known, branches, strict=True)}
    if len(helper.cases) == 1 and is_factory(first):
        return _factory(before, after, helper, made, first, calls)
    own = attributes(helper)
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
        made.direct = direct(before, helper, made, dict.fromkeys(calls, shortest), calls)
    return made


def _factory(
    before: Text,
    after: Text,
    helper: Helper,
    made: Written,
    bodies: Mapping[int, Branch],
    calls: Mapping[int, ast.Call],
) -> Written:
    """A helper that builds layers where it is called, as it does in `setup`."""
    told = sizes(helper, made, bodies, calls, after.segment)
    edits = [Edit(after.start(node), after.end(node), name) for node, name in told]
    case = helper.cases[0]
    texts = [_text(after, case, body, [], bodies, edits) for body in bodies.values()]
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


def _text(
    after: Text,
    case: Case,
    branch: Branch,
    found: list[tuple[Reference, str]],
    numbers: Container[int],
    more: Sequence[Edit] = (),
) -> str:
    """The body of one case, with its own names."""
    edits = outermost([*own_names(after, branch.statements, found, numbers), *more])
    if isinstance(case.function, ast.Lambda):
        match branch.statements:
            case [ast.Assign(value=value)]:
                return after.segment(value, edits)
            case _:
                raise Unfold
    start, end = after.line_start(branch.first), after.line_start(branch.last + 1)
    return dedent(after.piece(start, end, edits).replace("\r\n", "\n")).strip("\n")
