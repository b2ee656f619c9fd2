"""Tuples of layers with names of their own: each layer becomes an attribute, and no tuple is left."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from migrate.analysis.kinds import Symbol
from migrate.analysis.shapes.sizes import without_parentheses
from migrate.analysis.sites import Layer, Parameter
from migrate.plan.context import Plan
from migrate.plan.modules.quoting import quoted
from migrate.rewrite.edits import Template, template


def write_tuples(plan: Plan, sites: Sequence[Layer | Parameter]) -> None:
    """`setattr(self, "0", Block(...))`, and `getattr(self, "0")` where the tuple was read."""
    made: dict[ast.stmt, list[Template]] = {}
    for site in sites:
        if site.node not in plan.facts.in_tuples or not isinstance(site, Layer):
            continue
        name = next(keyword.value for keyword in site.node.keywords if keyword.arg == "name")
        text = _spelled(plan, name)
        if text is not None and text.isidentifier():
            line, read = template(f"self.{text} = {{}}", site.node), f"self.{text}"
        else:
            written = _quoted(plan, site, text) if text is not None else None
            line = template("setattr(self, {}, {})", written or name, site.node)
            read = f"getattr(self, {written or _computed(plan, site)})"
        made.setdefault(plan.statement(site.node), []).append(line)
        for node, layer in plan.facts.in_tuples.items():
            if layer is site.node and isinstance(node, ast.Subscript):
                plan.edits.expressions[node] = read
    for statement, lines in made.items():
        plan.edits.statements[statement] = [*lines]


def _spelled(plan: Plan, name: ast.expr) -> str | None:
    """A name that is written out, as `"first"` or as `str(0)`."""
    match name:
        case ast.Constant(value=str(text)):
            return text
        case ast.Call(func=function, args=[ast.Constant(value=int(number))], keywords=[]):
            return str(number) if plan.facts.values.get(function) == Symbol("builtins.str") else None
        case _:
            return None


def _quoted(plan: Plan, site: Layer, text: str) -> str:
    """A string in the quotes that the file uses."""
    source = plan.facts.file(site.node).source.text
    quote = max(('"', "'"), key=source.count)
    return f"{quote}{text}{quote}"


def _computed(plan: Plan, site: Layer) -> str:
    """The name as fields tell it: an expression by itself, or with more of a name around it."""
    whole = site.name[1:-1]
    if site.name[:1] + site.name[-1:] == "{}" and not {"{", "}"} & {*whole}:
        return _plainly(whole)
    return quoted(plan, site)


def _plainly(text: str) -> str:
    """`str(2 if self.deep else 1)` without parentheses around the whole argument."""
    match ast.parse(text, mode="eval").body:
        case ast.Call(func=ast.Name(id="str"), args=[argument], keywords=[]):
            return f"str({ast.unparse(argument)})"
        case _:
            return without_parentheses(text)
