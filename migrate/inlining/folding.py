"""The helpers as functions again, which get the layers that they call."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from migrate.inlining.blocks import Block, blocks, parts, target, with_given
from migrate.inlining.expanding import Expanded
from migrate.inlining.helpers import Given, Helper, given
from migrate.inlining.init_names import named_anew
from migrate.inlining.marks import NUMBERED, marked, stub
from migrate.inlining.outcomes import Unfold, Written
from migrate.inlining.removing import taken_out
from migrate.inlining.spans import Edit, Text, applied
from migrate.inlining.written import written
from migrate.rewrite.layout import flat, width_of, wrapped


class Folder:
    """One file that the engine made of the text in which calls were written out."""

    def __init__(self, before: Text, text: str, made: Expanded) -> None:
        self.before = before
        self.after = Text(text)
        self.tree = ast.parse(text)
        self.calls, self.numbers = made.calls, made.numbers
        self.width = width_of(before.text)
        known = {n: block for n, block in blocks(self.tree).items() if n in made.numbers}
        if known.keys() != made.calls.keys():
            raise Unfold
        self.blocks: dict[int, Block] = {}
        for number, (helper, call) in made.calls.items():
            names = [each.name for each in given(helper, call) or ()]
            self.blocks[number] = with_given(known[number], names)
        self.parts = {n: part for n, part in parts(self.tree).items() if n in made.numbers}
        self.written: dict[int, Written] = {}

    def folded(self, helpers: Sequence[Helper]) -> str:
        """The text with the helpers as functions."""
        edits: list[Edit] = []
        for helper in helpers:
            calls = {n: call for n, (of, call) in self.calls.items() if of is helper}
            numbers = [*calls]
            try:
                own = {n: self.blocks[n] for n in numbers}
                made = written(self.before, self.after, helper, own, calls)
            except Unfold as error:
                raise Unfold(helper) from error
            self.written |= dict.fromkeys(numbers, made)
            edits += self._definitions(min(numbers), made)
        for block in self.blocks.values():
            edits.append(self._without(block.start, block.end))
        bodies = [s for b in self.blocks.values() for s in (b.start, *b.body, b.end)]
        inside = {node for statement in bodies for node in ast.walk(statement)}
        edits += [self._without(node, node) for node in self.parts.values()]
        inside |= {n for part in self.parts.values() for n in ast.walk(part)}
        statements = [n for n in ast.walk(self.tree) if isinstance(n, ast.stmt) and self._uses(n)]
        for statement in statements:
            if statement not in inside and not _is_given(self.blocks, statement):
                edits.append(self._statement(statement))
        text = named_anew(applied(self.after.text, edits)[0], self.numbers, self.width)
        if any(int(found[2]) in self.numbers for found in NUMBERED.finditer(text)):
            raise Unfold
        return text

    def _uses(self, statement: ast.stmt) -> bool:
        """Whether a statement, without those in it, reads a result."""
        waiting: list[ast.AST] = [*ast.iter_child_nodes(statement)]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.stmt):
                continue
            if isinstance(node, ast.Name) and self._taken_out(node):
                return True
            waiting += ast.iter_child_nodes(node)
        return False

    def _taken_out(self, name: ast.Name) -> tuple[str, int] | None:
        """Which call, or part of a statement, a name stands for."""
        found = marked(name.id, self.numbers)
        return found if found and found[0] in {"result", "part"} else None

    def _without(self, first: ast.stmt, last: ast.stmt) -> Edit:
        start = self.after.line_start(first.lineno)
        return Edit(start, self.after.line_start((last.end_lineno or last.lineno) + 1), "")

    def _statement(self, statement: ast.stmt) -> Edit:
        text, indent = self._rendered(statement), self.after.indent(statement)
        if any(len(line) > self.width for line in text.splitlines()):
            text = flat(text)
        if "\n" not in text:
            text = wrapped(text, indent, self.width, "    ").replace("\n", self.after.newline)
        return Edit(self.after.start(statement), self.after.end(statement), text)

    def _rendered(self, node: ast.AST) -> str:
        """The text of a node, with calls in place of results."""
        edits = []
        for name in ast.walk(node):
            found = self._taken_out(name) if isinstance(name, ast.Name) else None
            if found is None:
                continue
            word, number = found
            if word == "part" and number in self.parts:
                text = self._rendered(self.parts[number].value)
            elif word == "result" and number in self.written:
                text = self._call(number)
            else:
                raise Unfold
            edits.append(Edit(self.after.start(name), self.after.end(name), text))
        return self.after.segment(node, edits)

    def _call(self, number: int) -> str:
        helper, call = self.calls[number]
        made, block = self.written[number], self.blocks[number]
        if made.direct:
            values = {each.name: self._argument(block, each) for each in given(helper, call) or ()}
            return made.direct[number].text(values | made.added[number])
        arguments: list[str] = []
        keyed = made.keyed
        for each in given(helper, call) or ():
            if each.default or each.name in made.dropped:
                continue
            text = self._argument(block, each)
            keyed |= each.keyword
            arguments.append(f"{each.name}={text}" if each.keyword else text)
        named = made.named | made.by_keyword(number)
        for name, text in made.added[number].items():
            arguments.append(f"{name}={text}" if keyed or name in named else text)
        return f"{self.before.segment(call.func)}({', '.join(arguments)})"

    def _argument(self, block: Block, each: Given) -> str:
        known = block.given.get(each.name)
        return self._rendered(known) if known is not None else self.before.segment(each.value)

    def _definitions(self, number: int, made: Written) -> list[Edit]:
        """The new definitions in place of the texts that stand for them."""
        edits = []
        for case, text in enumerate(made.texts):
            wanted = stub(number, case)
            found = [n for n in ast.walk(self.tree) if isinstance(n, ast.Constant) and n.value == wanted]
            holders = [s for s in ast.walk(self.tree) if isinstance(s, ast.Assign) and s.value in found]
            if len(found) != 1 or len(holders) != 1:
                raise Unfold
            if made.direct:
                edits.append(taken_out(self.after, self.tree, holders[0]))
                continue
            edits.append(Edit(self.after.start(holders[0]), self.after.end(holders[0]), text))
        return edits


def _is_given(known: Mapping[int, Block], statement: ast.stmt) -> bool:
    """Whether a statement is one of those that give a parameter its value."""
    found = target(statement)
    return found is not None and found[1] in known and found[0] in known[found[1]].given
