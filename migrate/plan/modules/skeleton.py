"""The control flow of `__call__` as far as it builds layers: what `__init__` repeats."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from migrate.analysis.modules.called_once import called_methods
from migrate.analysis.shapes.sizes import text_names, without_parentheses
from migrate.analysis.sites import Layer, OwnVariable, Parameter, Running
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.cells import cell_line
from migrate.plan.modules.drafts import Draft, Line, texts_of
from migrate.plan.modules.layer import layer_line, parameter_line
from migrate.plan.modules.own_sizes import place_in_line, read_locals, with_local
from migrate.plan.modules.twins import chosen_line
from migrate.rewrite.edits import Suite

Built = Layer | Parameter | OwnVariable


class Skeleton:
    """The lines for one method."""

    def __init__(self, plan: Plan, draft: Draft, sites: list[Built]) -> None:
        self.plan = plan
        self.draft = draft
        self.needed: set[str] = set()
        self.sites: dict[ast.AST, list[Built]] = defaultdict(list)
        for site in sorted(sites, key=lambda s: place_in_line(plan, s.node)):
            self.sites[plan.facts.scopes.statement(site.node)].append(site)
        self.called: dict[ast.AST, list[ast.FunctionDef]] = defaultdict(list)
        for call, method in called_methods(plan.facts, draft.cls):
            self.called[plan.facts.scopes.statement(call)].append(method)
        self.reached: set[ast.AST] = set()
        self.measured: dict[ast.AST, str] = {}

    def written(self, body: list[ast.stmt]) -> list[Line]:
        """The lines of a method; of the sizes that go round loops, those that a layer needs."""
        every = [*self.lines(body)]
        for site in (site for sites in self.sites.values() for site in sites):
            if site.node not in self.reached:
                raise Blocked(site.node, "LNX111", "a layer is built where `__call__` does not come by")
        texts = [text for piece, _ in every for text in texts_of(piece)]
        texts += [*self.draft.edits.values()]
        self.needed = self._closed({r.name for r in self._running() if any(r.name in t for t in texts)})
        texts += [r.end.text for r in self._running() if r.name in self.needed]
        self.measured = read_locals(self.plan, texts)
        return [*self.lines(body)]

    def _running(self) -> list[Running]:
        inside = set(ast.walk(self.draft.cls.node))
        return [r for node, turns in self.plan.facts.loops.items() if node in inside for r in turns.running]

    def _closed(self, names: set[str]) -> set[str]:
        """The names and all that they are computed from."""
        while True:
            used = [r for r in self._running() if r.name in names]
            more = {n for r in used for n in text_names(r.start.text) | text_names(r.end.text)} - names
            more &= {r.name for r in self._running()}
            if not more:
                return names
            names |= more

    def lines(self, block: list[ast.stmt]) -> Iterator[Line]:
        """The lines of a block of statements."""
        for statement in block:
            if (chosen := chosen_line(self.plan, self.draft, statement)) is not None:
                yield chosen
            for site in self.sites[statement]:
                self.reached.add(site.node)
                yield from self._lines_for(site)
            for method in self.called[statement]:
                yield from self.lines(method.body)
            match statement:
                case ast.If():
                    yield from self._condition(statement)
                case ast.For():
                    yield from self._loop(statement)
                case ast.With(body=body):
                    yield from self.lines(body)
                case _:
                    pass

    def _lines_for(self, site: Built) -> Iterator[Line]:
        line, origin = self._line(site)
        if (local := self.measured.get(site.node)) is not None:
            first, line = with_local(line, local)
            yield first, origin
            origin = None
        yield line, origin

    def _line(self, site: Built) -> Line:
        if isinstance(site, Parameter):
            return parameter_line(self.plan, self.draft, site)
        if isinstance(site, OwnVariable):
            return cell_line(self.plan, self.draft, site)
        return layer_line(self.plan, self.draft, site)

    def _condition(self, node: ast.If) -> Iterator[Line]:
        body, otherwise = tuple(self.lines(node.body)), tuple(self.lines(node.orelse))
        if not body and not otherwise:
            return
        test = self.plan.facts.tests.get(node)
        if test is None:
            yield from (*body, *otherwise)
        elif body:
            yield Suite(f"if {without_parentheses(test)}:", body, otherwise), None
        else:
            yield Suite(f"if not {_operand(test)}:", otherwise), None

    def _loop(self, node: ast.For) -> Iterator[Line]:
        body = tuple(self.lines(node.body))
        turns = self.plan.facts.loops.get(node)
        if turns is None or turns.loop is None:
            if body:
                raise Blocked(node, "LNX111", "a layer is built in a loop that `__init__` cannot repeat")
            return
        running = [r for r in turns.running if r.name in self.needed] if body else []
        ends = [r for r in running if r.end.text != r.name]
        for r in running:
            yield f"{r.name} = {without_parentheses(r.start.text)}", None
        body = (*body, *((line, None) for line in _assigned(ends)))
        if body:
            yield Suite(turns.loop.header, body), None
            original = self.plan.facts.files.segment
            if (
                f"for {without_parentheses(original(node.target))} in {original(node.iter)}:"
                != turns.loop.header
            ):
                self._retarget(node, turns.loop.target, turns.loop.iterated)

    def _retarget(self, node: ast.For, target: str, iterated: str) -> None:
        """The loop in `__call__` counts its turns as well, where a name of a layer needs that."""
        if target != without_parentheses(self.plan.facts.files.segment(node.target)):
            self.plan.edits.expressions[node.target] = target
            text = self.plan.facts.files.segment(node.iter)
            if iterated.startswith("enumerate(") and not text.startswith("enumerate("):
                self.plan.edits.expressions[node.iter] = f"enumerate({text})"


def _assigned(ends: list[Running]) -> list[str]:
    """Sizes at the end of a turn, each on a line behind those that still read its old value."""
    waiting = [*ends]
    lines: list[str] = []
    while waiting:
        free = [r for r in waiting if not any(r.name in o.end.names for o in waiting if o is not r)]
        if not free:
            names, values = ", ".join(r.name for r in waiting), ", ".join(r.end.text for r in waiting)
            return [*lines, f"{names} = {values}"]
        lines.append(f"{free[0].name} = {without_parentheses(free[0].end.text)}")
        waiting.remove(free[0])
    return lines


def _operand(test: str) -> str:
    simple = isinstance(ast.parse(test, mode="eval").body, (ast.Name, ast.Attribute, ast.Call))
    return test if simple else f"({without_parentheses(test)})"
