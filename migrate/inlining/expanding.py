"""A file in which the calls of helpers are written out, marked so that they can be found again."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from migrate.analysis.program.scopes import Scopes
from migrate.inlining.bodies import body_lines
from migrate.inlining.helpers import Case, Helper, given
from migrate.inlining.marks import MARK, STEP, Unfit, assigned, next_number, outermost, stub
from migrate.inlining.places import in_order
from migrate.inlining.renaming import is_read
from migrate.inlining.spans import Edit, Text, applied


@dataclass(frozen=True)
class Expanded:
    """The text, where its lines were before, and which call each number in it stands for."""

    text: str
    origins: list[int]
    calls: dict[int, tuple[Helper, ast.Call]]
    numbers: frozenset[int]


@dataclass
class _Writer:
    source: Text
    numbers: dict[ast.expr, int]
    edits: list[Edit]


def expanded(source: Text, scopes: Scopes, helpers: Sequence[Helper]) -> Expanded:
    """The file with every call of these helpers written out, and a text in place of each body."""
    owners = {call: helper for helper in helpers for call in helper.calls}
    statements = dict.fromkeys(scopes.statement(call) for call in owners)
    ordered = [node for s in statements for node in in_order(scopes, s, owners)]
    numbers = {node: number for number, node in enumerate(ordered, next_number(source.text))}
    writer = _Writer(source, numbers, [])
    for node, number in numbers.items():
        name = "result" if node in owners else "part"
        writer.edits.append(Edit(source.start(node), source.end(node), f"{name}{MARK}{number}"))
    blocks: list[Edit] = []
    for statement in statements:
        inside = [node for node in ordered if scopes.statement(node) is statement]
        if not source.stands_alone(statement):
            raise Unfit
        if any("\n" in text and "#" in text for text in map(source.segment, inside)):
            raise Unfit
        blocks += _in_front(writer, statement, inside, owners)
    firsts = [(helper, min(numbers[call] for call in helper.calls)) for helper in helpers]
    stubs = [_stub(source, helper, number, case) for helper, number in firsts for case in helper.cases]
    text, origins = applied(source.text, [*outermost(writer.edits), *blocks, *stubs])
    calls = {numbers[call]: (helper, call) for call, helper in owners.items()}
    return Expanded(text, origins, calls, frozenset(numbers.values()))


def _stub(source: Text, helper: Helper, number: int, case: Case) -> Edit:
    """What stands for the definition of a helper, as its only statement."""
    text = f'"{stub(number, helper.cases.index(case))}"'
    if isinstance(case.function, ast.Lambda):
        return Edit(source.start(case.function), source.end(case.function), text)
    behind = source.line_start((case.statement.end_lineno or 0) + 1)
    end = behind - len(source.newline) if source.text[:behind].endswith("\n") else behind
    return Edit(source.start(case.statement), end, f"{helper.name} = {text}")


def _in_front(
    writer: _Writer, statement: ast.stmt, nodes: list[ast.expr], owners: dict[ast.Call, Helper]
) -> list[Edit]:
    """The lines in front of a statement."""
    source, indent = writer.source, writer.source.indent(statement)
    lines: list[tuple[str, int]] = []
    for node in nodes:
        number = writer.numbers[node]
        helper = owners.get(node) if isinstance(node, ast.Call) else None
        if helper is None or not isinstance(node, ast.Call):
            inner = [e for e in writer.edits if (e.start, e.end) != (source.start(node), source.end(node))]
            value = source.segment(node, outermost(inner))
            lines += assigned(f"part{MARK}{number}", value, indent, node.lineno)
            continue
        lines.append((f"{indent}start{MARK}{number} = None", statement.lineno))
        for each in given(helper, node) or ():
            if not is_read(helper, node, each.name):
                continue
            inner = [e for e in writer.edits if _inside(source, e, each.value)]
            value = source.segment(each.value, outermost(inner))
            lines += assigned(f"{each.name}{MARK}{number}", value, indent, node.lineno)
        lines += _bodies(writer, helper, node, number, indent)
        lines.append((f"{indent}end{MARK}{number} = None", statement.lineno))
    start = source.line_start(statement.lineno)
    text = "".join(f"{line}{source.newline}" for line, _ in lines)
    return [Edit(start, start, text, tuple(origin for _, origin in lines))]


def _inside(source: Text, edit: Edit, node: ast.expr) -> bool:
    return source.start(node) <= edit.start and edit.end <= source.end(node)


def _bodies(
    writer: _Writer, helper: Helper, call: ast.Call, number: int, indent: str
) -> list[tuple[str, int]]:
    """The body of a helper; where conditions choose, each under its own."""
    if len(helper.cases) == 1:
        return body_lines(writer.source, helper, helper.cases[0], call, number, indent)
    lines: list[tuple[str, int]] = []
    for at, case in enumerate(helper.cases):
        test = writer.source.segment(case.test) if case.test is not None else ""
        header = f"{'elif' if at else 'if'} {test}:" if test else "else:"
        lines.append((indent + header, case.statement.lineno))
        lines += body_lines(writer.source, helper, case, call, number, indent + STEP)
    return lines
