"""Fields as parameters of `__init__`: their defaults, and those that every instance makes anew."""

from __future__ import annotations

import ast
import builtins

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import (
    argument,
    declared,
    default_of,
    field_names,
    fields,
    holds_modules,
    is_declared,
    is_module,
    keyword_only,
)
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.constructions import given
from migrate.plan.modules.drafts import Line
from migrate.plan.modules.lent_names import asked_fields, lent_fields
from migrate.plan.modules.module_fields import means
from migrate.rewrite.edits import Piece, template

KNOWN = frozenset({"default", "default_factory", "kw_only", "repr", "hash", "compare", "metadata"})
EMPTY = {"list": "[]", "dict": "{}", "tuple": "()", "set": "set()"}
LIBRARIES = ("jax.", "numpy.")


def parameters(plan: Plan, cls: Class) -> list[Piece]:
    """The fields as parameters; behind `*` stand those that are given by keyword only."""
    found: list[Piece] = []
    lent, keywords = lent_fields(plan, cls), keyword_only(cls)
    asked = asked_fields(plan, cls)
    for statement in fields(cls):
        name = getattr(statement.target, "id", "")
        if name in lent and name not in asked:
            continue
        if name in keywords and "*" not in found:
            found.append("*")
        found.append(_parameter(plan, cls, statement, name))
    return found


def _parameter(plan: Plan, cls: Class, statement: ast.AnnAssign, name: str) -> Piece:
    default = default_of(statement)
    parts = [statement.annotation, *([default] if default is not None else [])]
    text = f"{name}: {{}}" + (" = {}" if default is not None else "")
    if declared(statement, "default_factory") is not None:
        text = f"{name}: {{}}{'' if _takes_none(statement.annotation) else ' | None'} = None"
    if plan.facts.file(statement) is plan.facts.file(cls.node):
        return template(text, *parts)
    return text.format(*map(plan.facts.files.segment, parts))


def _takes_none(annotation: ast.expr) -> bool:
    text = ast.unparse(annotation)
    return "None" in text or "Optional" in text or text.endswith("Any") or text[:1] in "'\""


def attribute_line(plan: Plan, cls: Class, statement: ast.AnnAssign) -> Line:
    """`self.width = width`, or `self.sizes = [4, 5] if sizes is None else sizes`."""
    name = getattr(statement.target, "id", "")
    factory = declared(statement, "default_factory")
    if is_declared(statement):
        _check_declaration(plan, cls, statement, name)
    if holds_modules(statement.annotation):
        if factory is not None:
            raise Blocked(statement, "LNX111", f"a factory makes the modules of the field `{name}`")
        parts = [statement.annotation, default_of(statement)]
        optional = any(part is not None and _takes_none(part) for part in parts)
        none = f"None if {name} is None else " if optional else ""
        return f"self.{name} = {none}nnx.List({name})", statement
    if factory is None:
        return f"self.{name} = {name}", statement
    text = f"self.{name} = {{}} if {name} is None else {name}"
    match factory:
        case ast.Name(id=word) if word in EMPTY and means(plan, factory) == word:
            return text.replace("{}", EMPTY[word], 1), statement
        case ast.Lambda(body=body):
            return template(text, body), statement
        case _:
            return template(text.replace("{}", "{}()", 1), factory), statement


def _check_declaration(plan: Plan, cls: Class, statement: ast.AnnAssign, name: str) -> None:
    call = statement.value
    assert isinstance(call, ast.Call)
    known = means(plan, call.func) == "dataclasses.field" if not call.args else False
    if not known or {keyword.arg for keyword in call.keywords} - KNOWN:
        raise Blocked(statement, "LNX111", "a field is declared by `field(...)` in a way that is not known")
    factory = declared(statement, "default_factory")
    if factory is None:
        return
    if not _is_plain(plan, factory):
        message = f"what `default_factory` of the field `{name}` makes may be a module of Linen"
        raise Blocked(statement, "LNX111", message)
    for build in given(plan, cls):
        value = argument(build, field_names(cls), name)
        if value is not None and ast.unparse(value) == "None":
            raise Blocked(value, "LNX111", f"`None` is given for the field `{name}`, which has a factory")


def _is_plain(plan: Plan, factory: ast.expr) -> bool:
    """Whether a factory makes values of Python, of jax, or of a class of the project that is no module."""
    value = plan.facts.values.get(factory)
    if isinstance(value, Class):
        return not is_module(value)
    if isinstance(factory, ast.Lambda) and ast.unparse(factory.args):
        return False
    nodes = [*ast.walk(factory)]
    inner = {node.value for node in nodes if isinstance(node, ast.Attribute)}
    names = [n for n in nodes if isinstance(n, ast.Name | ast.Attribute) and n not in inner]
    return all(_is_library(means(plan, node)) for node in names)


def _is_library(meant: str) -> bool:
    return hasattr(builtins, meant) or meant.startswith(LIBRARIES)
