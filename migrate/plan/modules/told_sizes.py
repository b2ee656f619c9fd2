"""Sizes that cannot be told from the code: arguments of `__init__` that callers elsewhere give.

A wrong one cannot pass in silence, as the layer refuses its input. Where the sources build the class
themselves, the size would have to be known there, so that the class stays.
"""

from __future__ import annotations

import ast
import re

from migrate.analysis.program.scopes import TURNS
from migrate.analysis.program.syntax import names_in
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import Draft, Told

TOLD = re.compile(r"\b_told_(\w+)\b")


def told_size(plan: Plan, draft: Draft, site: Layer, argument: str, why: Told) -> str:
    """The placeholder of a size that has to be given; each turn of a loop may need another one."""
    alike = _listed_alike(plan, site) if why.layer is not site.node else None
    name = (alike or site.name).strip("_").lower()
    wanted = f"{name}_{argument}"
    lost = site.kept == "*" or not name.isidentifier() or plan.facts.scopes.within(site.node, TURNS)
    if (lost and alike is None) or draft.told.setdefault(wanted, why).site is not site.node:
        raise Blocked(why.layer, "LNX112", why.message)
    return f"_told_{wanted}"


def _listed_alike(plan: Plan, site: Layer) -> str | None:
    """The attribute with a list of layers that differ in their names and numbers at most.

    A layer inside of them needs the same size in each.
    """
    parent = plan.facts.scopes.parent
    match parent[site.node], parent[parent[site.node]]:
        case (
            ast.ListComp(
                generators=[
                    ast.comprehension(
                        target=ast.Name(id=turn), iter=ast.Call(func=ast.Name(id="range")), ifs=[]
                    )
                ]
            ),
            ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)]),
        ):
            given = [node for _, node in site.given if not isinstance(node, ast.Name)]
            used = {name for node in given for name in names_in(node)}
            nested = plan.facts.scopes.within(parent[parent[site.node]], TURNS)
            return None if turn in used or nested else name
        case _:
            return None


def told_arguments(draft: Draft) -> list[str]:
    """The arguments that stand for such sizes, in the order of the layers."""
    found = {match[1]: None for text in draft.texts() for match in TOLD.finditer(text)}
    return [*found]


def named(text: str) -> str:
    """The text with the arguments in place of the placeholders."""
    return TOLD.sub(r"\1", text)


def asked(draft: Draft, argument: str) -> Told:
    """What is known of such an argument, which an inherited `__call__` may need."""
    while argument not in draft.told and draft.base is not None:
        draft = draft.base
    return draft.told[argument]


def refused(draft: Draft, argument: str) -> Blocked:
    """Why a class with such an argument cannot be built by the sources themselves."""
    why = asked(draft, argument)
    return Blocked(why.layer, "LNX112", why.message)
