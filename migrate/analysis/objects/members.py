"""Attributes of the project's own objects that are followed like variables: `self.state` of a trainer.

A first reading of a project finds the attributes that receive something followed. In the next one each of
them is a single node, a name with a dot in it, so that all that holds for names holds for them: what they
stand for, where an old value is read, what they are called afterwards.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from migrate.analysis.facts import Attributes, Facts
from migrate.analysis.kinds import (
    ApplyFn,
    Class,
    Holder,
    Instance,
    Mixed,
    Optimizer,
    Params,
    Record,
    State,
    Stats,
    Thing,
    Value,
    Variables,
    followed,
)
from migrate.analysis.modules.methods import is_module
from migrate.analysis.program.parameters import positional_parameters
from migrate.analysis.program.scopes import Member

KEPT = (Instance, ApplyFn, State, Holder, Params, Variables, Stats, Optimizer)


def read_again(facts: Facts, known: Attributes, trees: Mapping[str, ast.Module]) -> Attributes | None:
    """What the next reading shall follow; None if this one has found nothing new. The trees are changed."""
    heads = families(facts)
    wanted = {head: set(known.followed.get(head, ())) for head in known.followed}
    for head, attribute in _kept(facts, heads):
        wanted.setdefault(head, set()).add(attribute)
    outside = {node: head for node, head in _outside(facts, heads) if node.attr in wanted.get(head, ())}
    followed = {head: frozenset(names) for head, names in wanted.items()}
    if followed == known.followed and not outside:
        return None
    members = dict(known.members)
    for cls, head in heads.items():
        if head in followed:
            for method in (s for s in cls.body if isinstance(s, ast.FunctionDef)):
                if (name := self_name(method)) is not None:
                    _OfSelf(name, head, followed[head] - {""}, members).generic_visit(method)
    for tree in trees.values():
        _OfOthers(outside, members).visit(tree)
    return Attributes(followed, members, {cls: head for cls, head in heads.items() if head in followed})


def _kept(facts: Facts, heads: Mapping[ast.ClassDef, ast.ClassDef]) -> Iterator[tuple[ast.ClassDef, str]]:
    """The attributes that receive something followed; an empty name where it is an object that does."""
    for node, value in facts.values.items():
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            cls = _owner(facts, node)
            if cls is None or cls not in heads:
                continue
            if _is_kept(value):
                yield heads[cls], node.attr
            elif isinstance(value, Thing):
                yield heads[cls], ""


def _outside(
    facts: Facts, heads: Mapping[ast.ClassDef, ast.ClassDef]
) -> Iterator[tuple[ast.Attribute, ast.ClassDef]]:
    """Attributes of followed objects that are written with a name in front."""
    for node in facts.values:
        if isinstance(node, ast.Attribute) and _is_dotted(node.value):
            held = facts.values.get(node.value)
            if isinstance(held, Thing) and held.cls.node in heads:
                yield node, heads[held.cls.node]


def _is_kept(value: Value) -> bool:
    parts = value.parts if isinstance(value, Mixed) else {value}
    return any(isinstance(part, KEPT) or (isinstance(part, Record) and followed(part)) for part in parts)


def _is_dotted(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _owner(facts: Facts, node: ast.Attribute) -> ast.ClassDef | None:
    """The class of the object that an attribute belongs to."""
    held = facts.values.get(node.value)
    if isinstance(held, Thing):
        return held.cls.node
    if not isinstance(node.value, ast.Name):
        return None
    variable = facts.scopes.variable(node.value, node.value.id)
    if variable is None or not isinstance(variable.scope, ast.FunctionDef):
        return None
    cls = facts.scopes.scope[variable.scope]
    return cls if isinstance(cls, ast.ClassDef) and self_name(variable.scope) == variable.name else None


def self_name(method: ast.FunctionDef) -> str | None:
    """What a method calls its object; None for those that get none."""
    marks = {d.id for d in method.decorator_list if isinstance(d, ast.Name)}
    positional = positional_parameters(method)
    return positional[0].arg if positional and not marks & {"staticmethod", "classmethod"} else None


def families(facts: Facts) -> dict[ast.ClassDef, ast.ClassDef]:
    """Each ordinary class of the project, with the first of those that it inherits from."""
    heads: dict[ast.ClassDef, ast.ClassDef] = {}

    def head(cls: Class) -> ast.ClassDef:
        bases = [base for base in cls.bases if isinstance(base, Class)]
        if cls.node not in heads:
            heads[cls.node] = head(bases[0]) if bases else cls.node
        return heads[cls.node]

    for cls in facts.classes.values():
        if not is_module(cls):
            head(cls)
    return heads


@dataclass
class _OfSelf(ast.NodeTransformer):
    """Makes nodes of the attributes inside of one method."""

    name: str
    head: ast.ClassDef
    wanted: frozenset[str]
    members: dict[ast.Name, Member]

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        match node:
            case ast.Attribute(value=ast.Name(id=self.name), attr=attr) if attr in self.wanted:
                return _member(node, self.head, self.members)
            case _:
                self.generic_visit(node)
                return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node if self._hides(node.args) else self.generic_visit(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node if self._hides(node.args) else self.generic_visit(node)

    def _hides(self, arguments: ast.arguments) -> bool:
        return any(isinstance(n, ast.arg) and n.arg == self.name for n in ast.walk(arguments))


@dataclass
class _OfOthers(ast.NodeTransformer):
    """Makes nodes of attributes that stand outside of the methods of their class."""

    outside: Mapping[ast.Attribute, ast.ClassDef]
    members: dict[ast.Name, Member]

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if node in self.outside:
            return _member(node, self.outside[node], self.members)
        self.generic_visit(node)
        return node


def _member(node: ast.Attribute, head: ast.ClassDef, members: dict[ast.Name, Member]) -> ast.Name:
    name = ast.copy_location(ast.Name(ast.unparse(node), node.ctx), node)
    members[name] = Member(head, node.attr)
    return name
