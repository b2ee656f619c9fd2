"""Modules that say how large their results are, where one of several is built: `block.out_features`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from migrate.analysis.kinds import Class
from migrate.analysis.modules.own_sizes import SAID, given_by
from migrate.analysis.shapes.sizes import PLACEHOLDER, without_parentheses
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import Draft, Line
from migrate.plan.modules.weight_norms import built_behind
from migrate.rewrite.edits import Piece, Suite, Template

READ = re.compile(rf"\b((?:self\.)?\w+)\.{SAID}\b")


def read_locals(plan: Plan, texts: Iterable[str]) -> dict[ast.AST, str]:
    """The constructions whose results are asked for their size under a local name, with that name."""
    read = {match[1] for text in texts for match in READ.finditer(text)}
    return {call: name for call, name in plan.facts.measured.items() if name is not None and name in read}


def with_local(line: Piece | Suite, name: str) -> tuple[Piece, Piece]:
    """`setattr(self, ..., made)` in two lines: the layer gets a local name first."""
    assert isinstance(line, Template)
    *head, made, end = line.parts
    return Template((f"{name} = ", made)), Template((*head, name, end))


def place_in_line(plan: Plan, site: ast.AST) -> tuple[bool, int, int, bool]:
    """In one statement, layers that are asked for their size come first, the innermost before others."""
    line, column, behind = built_behind(plan, site)
    return (False, -line, -column, behind) if site in plan.facts.measured else (True, line, column, behind)


def saying(plan: Plan, cls: Class, draft: Draft) -> Iterator[Line]:
    """The line by which a class says how large its results are, where a module of the component asks."""
    from migrate.plan.modules.module_drafts import draft_of

    asking = {site.owner.node: site.owner for site in _chosen(plan, cls)}
    if not any(_asks(plan, owner, draft_of(plan, owner)) for owner in asking.values()):
        return
    axis = given_by(plan.facts, cls)
    if axis is None or any(PLACEHOLDER.fullmatch(n) for n in axis.names - {*_placeholders(draft)}):
        message = f"what size `{cls.node.name}` gives cannot be told from the code"
        raise Blocked(cls.node, "LNX112", message)
    yield f"self.{SAID} = {without_parentheses(axis.text)}", None


def saying_fields(plan: Plan, cls: Class, draft: Draft) -> list[str]:
    """The fields of a class whose module classes are asked for the sizes of their results."""
    own = [(name, held) for (owner, name), held in plan.facts.several.items() if owner is cls.node]
    fields = sorted(name for name, held in own if all(isinstance(one, ast.ClassDef) for one in held))
    return fields if _asks(plan, cls, draft) else []


def _placeholders(draft: Draft) -> Iterator[str]:
    for text in draft.texts():
        yield from (match[0] for match in PLACEHOLDER.finditer(text))


def _chosen(plan: Plan, cls: Class) -> Iterator[Layer]:
    """The constructions in which a class is one of several that say their sizes."""
    measured = {*plan.facts.measured}
    nodes = measured | {twin for call in measured for twin in plan.facts.twins.get(call, ())}
    for site in plan.component.sites:
        if isinstance(site, Layer) and site.node in nodes and site.cls == cls:
            yield site


def _asks(plan: Plan, owner: Class, draft: Draft) -> bool:
    inside = {*ast.walk(owner.node)}
    names = {name for call, name in plan.facts.measured.items() if call in inside}
    kept = {s.name for s in plan.component.sites if isinstance(s, Layer) and s.node in plan.facts.measured}
    read = {match[1] for text in draft.texts() for match in READ.finditer(text)}
    return bool(read & (names | {f"self.{name}" for name in kept}))
