"""What stands for the layers in a body: parameters, or a number by which they are looked up."""

from __future__ import annotations

import ast
from collections.abc import Container, Mapping, Sequence

from migrate.inlining.certain import conditions, surely_read
from migrate.inlining.free_names import bound_names
from migrate.inlining.helpers import Helper
from migrate.inlining.marks import marked, unmarked
from migrate.inlining.outcomes import Branch, Unfold, Written
from migrate.inlining.references import Counted, Reference, counted, names_of
from migrate.rewrite.layout import flat

Branches = Mapping[int, Sequence[Branch]]
INDICES = ("i", "index", "number")


def stand_ins(
    helper: Helper, made: Written, branches: Branches, places: list[list[list[Reference]]]
) -> list[list[str]]:
    """What stands for the layers in each case; the calls learn what they have to give."""
    flat_places = [[r for found in cases for r in found] for cases in places]
    bound = [_bound(cases) for cases in branches.values()]
    if _are_the_same(helper, flat_places, bound):
        return [[unmarked(r.text) for r in found] for found in places[0]]
    every = [sure_places(*each, branches) for each in zip(branches.values(), places, strict=True)]
    sure, inner = every[0], {name for names in bound for name in names}
    if any(each != sure for each in every):
        raise Unfold
    taken = {n.id for c in helper.cases for n in ast.walk(c.function) if isinstance(n, ast.Name)}
    taken |= {a.arg for a in helper.parameters()} | {"self"} | {unmarked(name) for name in inner}
    several = len(helper.cases) != 1
    if not several and all(sure):
        return [_lent(helper, made, flat_places, taken, inner)]
    index = next((name for name in INDICES if name not in taken), None)
    if helper.of_file or index is None:
        raise Unfold
    if (looked_up := _counted(made, flat_places, index, inner)) is not None:
        more = iter(looked_up)
        return [[next(more) for _ in found] for found in places[0]]
    others = [[r for r, known in zip(found, sure, strict=True) if not known] for found in flat_places]
    lent = [[r for r, known in zip(found, sure, strict=True) if known] for found in flat_places]
    if several:
        raise Unfold
    names = iter(_lent(helper, made, lent, taken | {index}, inner))
    looked_up = _counted(made, others, index, inner)
    if looked_up is None:
        raise Unfold
    more = iter(looked_up)
    return [[next(names) if known else next(more) for known in sure]]


def _bound(branches: Sequence[Branch]) -> set[str]:
    """The names that a body binds, as they stand there."""
    names = bound_names(s for branch in branches for s in branch.statements)
    if len({unmarked(name) for name in names}) != len(names):
        raise Unfold
    return names


def sure_places(
    branches: Sequence[Branch], places: Sequence[Sequence[Reference]], numbers: Container[int]
) -> list[bool]:
    """For each place whether its layer is read whatever happens; what decides it must be known outside."""
    found = []
    for branch, here in zip(branches, places, strict=True):
        texts: dict[ast.AST, str] = {r.node: r.text for r in here}
        read = surely_read(branch.statements, texts)
        for reference in here:
            found.append(reference.text in read)
            tests = conditions(branch.statements, reference.node) if reference.text not in read else []
            names = {n.id for test in tests for n in ast.walk(test) if isinstance(n, ast.Name)}
            names -= _targets(branch.statements)
            if any(marked(name, numbers) for name in names):
                raise Unfold
    return found


def _targets(statements: Sequence[ast.stmt]) -> set[str]:
    """The names that loops bind: what they decide is decided in the same turns of every call."""
    loops = [n for s in statements for n in ast.walk(s) if isinstance(n, ast.For)]
    return {n.id for loop in loops for n in ast.walk(loop.target) if isinstance(n, ast.Name)}


def _lent(
    helper: Helper, made: Written, places: list[list[Reference]], taken: set[str], bound: set[str]
) -> list[str]:
    """A parameter for each layer, which the calls give."""
    names = names_of(places, taken, named_layers(helper))
    if names is None or any(r.names & bound for found in places for r in found):
        raise Unfold
    for given, found in zip(made.added.values(), places, strict=True):
        given |= dict(zip(names, (flat(r.text) for r in found), strict=True))
    return names


def named_layers(helper: Helper) -> list[str]:
    """The classes of the layers that have names of their own, in the order of the text."""
    calls = [n for case in helper.cases for n in ast.walk(case.function) if isinstance(n, ast.Call)]
    named = [call for call in calls if any(k.arg == "name" for k in call.keywords)]
    ordered = sorted(named, key=lambda call: (call.lineno, call.col_offset))
    return [ast.unparse(call.func).rpartition(".")[2] for call in ordered]


def _counted(made: Written, places: list[list[Reference]], index: str, bound: set[str]) -> list[str] | None:
    """The layers looked up by a number that the calls give; None where they are not counted alike."""
    several = counted(places, bound)
    if several is None:
        return None
    for given, text in zip(made.added.values(), several.numbers, strict=True):
        given[index] = text
    return [_looked_up(r, several, place, index) for place, r in enumerate(places[0])]


def _are_the_same(helper: Helper, places: list[list[Reference]], bound: list[set[str]]) -> bool:
    """Whether every call reads the same attributes, which the body may then read itself."""
    texts = [[unmarked(r.text) for r in found] for found in places]
    names = {name for found, own in zip(places, bound, strict=True) for r in found for name in r.names - own}
    known = names <= {"self", "getattr"} and all(each == texts[0] for each in texts)
    return not helper.of_file and known


def _looked_up(reference: Reference, several: Counted, place: int, index: str) -> str:
    """`getattr(self, f"LayerNorm_{i + 1}")`."""
    assert reference.numbered is not None
    more, inner = several.more[place], several.inner[place]
    number = " + ".join([index, *([str(more)] if more else []), *([inner] if inner else [])])
    return f'getattr(self, f"{reference.numbered[0]}_{{{number}}}")'
