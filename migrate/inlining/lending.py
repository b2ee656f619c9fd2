"""What stands for the layers in a body: parameters, or a number by which they are looked up."""

from __future__ import annotations

import ast
from collections.abc import Container, Sequence

from migrate.inlining.certain import conditions, surely_read
from migrate.inlining.helpers import Helper
from migrate.inlining.marks import marked
from migrate.inlining.outcomes import Branch, Unfold, Written
from migrate.inlining.references import Reference, counted, names_of
from migrate.rewrite.layout import flat

INDICES = ("i", "index", "number")


def stand_ins(
    helper: Helper,
    made: Written,
    numbers: list[int],
    places: list[list[list[Reference]]],
    sure: list[bool],
) -> list[list[str]]:
    """What stands for the layers in each case; the calls learn what they have to give."""
    taken = {n.id for c in helper.cases for n in ast.walk(c.function) if isinstance(n, ast.Name)}
    taken |= {a.arg for a in helper.parameters()} | {"self"}
    flat_places = [[r for found in cases for r in found] for cases in places]
    if _are_the_same(helper, flat_places):
        return [[r.text for r in found] for found in places[0]]
    if len(helper.cases) == 1 and all(sure):
        return [_lent(made, numbers, flat_places, taken, _named_layers(helper))]
    if helper.of_file:
        raise Unfold
    index = next((name for name in INDICES if name not in taken), None)
    if index is None:
        raise Unfold
    if (looked_up := _counted(made, numbers, flat_places, index)) is not None:
        more = iter(looked_up)
        return [[next(more) for _ in found] for found in places[0]]
    if len(helper.cases) != 1:
        raise Unfold
    others = [[r for r, known in zip(found, sure, strict=True) if not known] for found in flat_places]
    lent = [[r for r, known in zip(found, sure, strict=True) if known] for found in flat_places]
    names = iter(_lent(made, numbers, lent, taken | {index}, _named_layers(helper)))
    looked_up = _counted(made, numbers, others, index)
    if looked_up is None:
        raise Unfold
    more = iter(looked_up)
    return [[next(names) if known else next(more) for known in sure]]


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
            if any(marked(name, numbers) for name in names):
                raise Unfold
    return found


def _lent(
    made: Written,
    numbers: list[int],
    places: list[list[Reference]],
    taken: set[str],
    classes: list[str],
) -> list[str]:
    """A parameter for each layer, which the calls give."""
    names = names_of(places, taken, classes)
    if names is None:
        raise Unfold
    for number, found in zip(numbers, places, strict=True):
        made.added[number] |= dict(zip(names, (flat(r.text) for r in found), strict=True))
    return names


def _named_layers(helper: Helper) -> list[str]:
    """The classes of the layers that have names of their own, in the order of the text."""
    calls = [n for case in helper.cases for n in ast.walk(case.function) if isinstance(n, ast.Call)]
    named = [call for call in calls if any(k.arg == "name" for k in call.keywords)]
    ordered = sorted(named, key=lambda call: (call.lineno, call.col_offset))
    return [ast.unparse(call.func).rpartition(".")[2] for call in ordered]


def _counted(
    made: Written, numbers: list[int], places: list[list[Reference]], index: str
) -> list[str] | None:
    """The layers looked up by a number that the calls give; None where they are not counted alike."""
    several = counted(places)
    if several is None:
        return None
    for number, text in zip(numbers, several[0], strict=True):
        made.added[number][index] = text
    return [_looked_up(r, more, index) for r, more in zip(places[0], several[1], strict=True)]


def _are_the_same(helper: Helper, places: list[list[Reference]]) -> bool:
    """Whether every call reads the same attributes, which the body may then read itself."""
    plain = all(isinstance(r.node, ast.Attribute) for found in places for r in found)
    texts = [[r.text for r in found] for found in places]
    return not helper.of_file and plain and all(each == texts[0] for each in texts)


def _looked_up(reference: Reference, more: int, index: str) -> str:
    """`getattr(self, f"LayerNorm_{i + 1}")`."""
    assert reference.numbered is not None
    number = f"{index} + {more}" if more else index
    return f'getattr(self, f"{reference.numbered[0]}_{{{number}}}")'
