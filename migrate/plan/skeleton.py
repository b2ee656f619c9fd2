"""The control flow of `__call__` as far as it builds layers: what `__init__` repeats."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from migrate.analysis.sites import Layer, Parameter
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.drafts import Draft, Line
from migrate.plan.layer import layer_line, parameter_line
from migrate.rewrite.edits import Suite

Built = Layer | Parameter


class Skeleton:
    """The lines for one method."""

    def __init__(self, plan: Plan, draft: Draft, sites: list[Built]) -> None:
        self.plan = plan
        self.draft = draft
        self.sites: dict[ast.AST, list[Built]] = defaultdict(list)
        for site in sorted(sites, key=lambda s: (s.node.lineno, s.node.col_offset)):
            self.sites[plan.facts.scopes.statement(site.node)].append(site)

    def lines(self, block: list[ast.stmt]) -> Iterator[Line]:
        """The lines of a block of statements."""
        for statement in block:
            for site in self.sites[statement]:
                yield self._line(site)
            match statement:
                case ast.If():
                    yield from self._condition(statement)
                case ast.For():
                    yield from self._loop(statement)
                case ast.With(body=body):
                    yield from self.lines(body)
                case _:
                    pass

    def _line(self, site: Built) -> Line:
        if isinstance(site, Parameter):
            return parameter_line(self.plan, self.draft, site)
        return layer_line(self.plan, self.draft, site)

    def _condition(self, node: ast.If) -> Iterator[Line]:
        body, otherwise = tuple(self.lines(node.body)), tuple(self.lines(node.orelse))
        if not body and not otherwise:
            return
        test = self.plan.facts.tests.get(node)
        if test is None:
            yield from (*body, *otherwise)
        elif body:
            yield Suite(f"if {_bare(test)}:", body, otherwise), None
        else:
            yield Suite(f"if not {_operand(test)}:", otherwise), None

    def _loop(self, node: ast.For) -> Iterator[Line]:
        body = tuple(self.lines(node.body))
        turns = self.plan.facts.loops.get(node)
        if turns is None:
            if body:
                raise Blocked(node, "LNX111", "a layer is built in a loop that `__init__` cannot repeat")
            return
        running = turns.running if body else ()
        ends = [r for r in running if r.end.text != r.name]
        for r in running:
            yield f"{r.name} = {_bare(r.start.text)}", None
        if len(ends) == 1:
            body = (*body, (f"{ends[0].name} = {_bare(ends[0].end.text)}", None))
        elif ends:
            names, values = ", ".join(r.name for r in ends), ", ".join(r.end.text for r in ends)
            body = (*body, (f"{names} = {values}", None))
        if body:
            yield Suite(turns.loop.header, body), None
            original = self.plan.facts.files.segment
            if f"for {original(node.target).strip('()')} in {original(node.iter)}:" != turns.loop.header:
                self._retarget(node, turns.loop.target, turns.loop.iterated)

    def _retarget(self, node: ast.For, target: str, iterated: str) -> None:
        """The loop in `__call__` counts its turns as well, where a name of a layer needs that."""
        if target != self.plan.facts.files.segment(node.target).strip("()"):
            self.plan.edits.expressions[node.target] = target
            if isinstance(node.iter, ast.Name | ast.Attribute | ast.Tuple | ast.Call):
                text = self.plan.facts.files.segment(node.iter)
                enumerated = iterated.startswith("enumerate(") and not text.startswith("enumerate(")
                self.plan.edits.expressions[node.iter] = f"enumerate({text})" if enumerated else text


def _bare(text: str) -> str:
    """The text without parentheses around the whole of it."""
    inner = text[1:-1]
    if not (text.startswith("(") and text.endswith(")")):
        return text
    try:
        same = ast.dump(ast.parse(inner, mode="eval")) == ast.dump(ast.parse(text, mode="eval"))
    except SyntaxError:
        return text
    return inner if same else text


def _operand(test: str) -> str:
    simple = isinstance(ast.parse(test, mode="eval").body, (ast.Name, ast.Attribute, ast.Call))
    return test if simple else f"({_bare(test)})"
