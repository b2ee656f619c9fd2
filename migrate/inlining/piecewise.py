"""The new text of a helper of which calls take different ways, made of the pieces that some of them have."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from textwrap import dedent, indent

from migrate.inlining.blocks import Block
from migrate.inlining.certain import surely_read
from migrate.inlining.definitions import as_function, definition
from migrate.inlining.direct import direct
from migrate.inlining.flags import Sides
from migrate.inlining.free_names import bound_names
from migrate.inlining.helpers import Helper, given
from migrate.inlining.lending import named_layers
from migrate.inlining.outcomes import Unfold, Written
from migrate.inlining.own_names import attributes, own_names
from migrate.inlining.pieces import Key, Piece, assembled, in_order, pieces
from migrate.inlining.references import Reference, names_of, references
from migrate.inlining.spans import Text
from migrate.rewrite.layout import flat

Place = tuple[Key, int]


def written_in_pieces(
    before: Text,
    after: Text,
    helper: Helper,
    known: Mapping[int, Block],
    calls: Mapping[int, ast.Call],
    sides: Sides,
) -> Written:
    """The helper with parameters for the layers, which are None where a call does not come by them."""
    made = Written(added={number: {} for number in known})
    parts = {n: pieces(block, sides, calls[n]) for n, block in known.items()}
    layers = {n: _layers(after, helper, of_call) for n, of_call in parts.items()}
    names = _names(helper, layers, parts, sides)
    made.optional = tuple(n for place, n in names.items() if any(place not in of for of in layers.values()))
    ordered = sorted(names.items(), key=lambda item: item[1] in made.optional)
    for number, of_call in layers.items():
        made.added[number] = {name: flat(of_call[place].text) for place, name in ordered if place in of_call}
    texts = {
        key: _agreed([_text(after, known, of_call[key], key, layers[n], names) for n, of_call in having])
        for key, having in _by_key(parts).items()
    }
    case = helper.cases[0]
    assert isinstance(case.function, ast.FunctionDef)
    body = assembled(before, case.function.body, sides, texts)
    made.dropped = _dropped(helper, known, calls, ast.parse(as_function(case, body)))
    made.texts.append(definition(before, helper, case, made, body))
    keys = [*in_order(case.function.body, sides)]
    taken = {n: "\n".join(texts[key] for key in keys if key in of_call) for n, of_call in parts.items()}
    made.direct = direct(before, helper, made, taken, calls)
    return made


def _by_key(parts: Mapping[int, dict[Key, Piece]]) -> dict[Key, list[tuple[int, dict[Key, Piece]]]]:
    found: dict[Key, list[tuple[int, dict[Key, Piece]]]] = {}
    for number, of_call in parts.items():
        for key in of_call:
            found.setdefault(key, []).append((number, of_call))
    return found


def _layers(after: Text, helper: Helper, of_call: Mapping[Key, Piece]) -> dict[Place, Reference]:
    """The layers that one call reads; each must be read at one place, and whatever happens there."""
    found: dict[Place, Reference] = {}
    own = attributes(helper)
    for key, piece in of_call.items():
        here = references(piece.statements, own, after.segment)
        read = surely_read(piece.statements, {r.node: r.text for r in here})
        if any(r.text not in read for r in here):
            raise Unfold
        found |= {(key, at): r for at, r in enumerate(here)}
    if len({r.text for r in found.values()}) != len(found):
        raise Unfold
    return found


def _names(
    helper: Helper,
    layers: Mapping[int, dict[Place, Reference]],
    parts: Mapping[int, dict[Key, Piece]],
    sides: Sides,
) -> dict[Place, str]:
    """A parameter for each place."""
    every: dict[Place, list[Reference]] = {}
    for number, of_call in layers.items():
        bound = bound_names(s for piece in parts[number].values() for s in piece.statements)
        for place, reference in of_call.items():
            every.setdefault(place, []).append(reference)
            if reference.names & bound:
                raise Unfold
    for (key, _), found in every.items():
        stems = {r.numbered[0] if r.numbered else None for r in found}
        if len(stems) != 1 or len(found) != sum(key in of_call for of_call in parts.values()):
            raise Unfold
    function = helper.cases[0].function
    assert isinstance(function, ast.FunctionDef)
    keys = [*in_order(function.body, sides)]
    taken = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)} | {"self"}
    taken |= {a.arg for a in helper.parameters()}
    order = sorted(every, key=lambda place: (keys.index(place[0]), place[1]))
    names = names_of([[every[place][0] for place in order]], taken, named_layers(helper)) if every else None
    if names is None:
        raise Unfold
    return dict(zip(order, names, strict=True))


def _text(
    after: Text,
    known: Mapping[int, Block],
    piece: Piece,
    key: Key,
    layers: Mapping[Place, Reference],
    names: Mapping[Place, str],
) -> str:
    found = [(r, names[place]) for place, r in layers.items() if place[0] == key]
    edits = own_names(after, piece.statements, found, known)
    start, end = after.line_start(piece.first), after.line_start(piece.last + 1)
    return dedent(after.piece(start, end, edits).replace("\r\n", "\n"))


def _agreed(texts: list[str]) -> str:
    """The one text that all calls have for a piece."""
    wrapped = [f"def f():\n pass\n{indent(text, ' ')}\n" for text in texts]
    if len({ast.dump(ast.parse(text)) for text in wrapped}) != 1:
        raise Unfold
    return min(texts, key=lambda text: text.count("\n"))


def _dropped(
    helper: Helper, known: Mapping[int, Block], calls: Mapping[int, ast.Call], body: ast.Module
) -> frozenset[str]:
    """The parameters that were only there for the layers; the others must be known at each call."""
    names = {a.arg for a in helper.parameters()}
    old, new = (
        {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} for tree in (helper.cases[0].function, body)
    )
    dropped = frozenset(names & old - new)
    for number, block in known.items():
        constant = {g.name for g in given(helper, calls[number]) or () if isinstance(g.value, ast.Constant)}
        if not names - dropped <= block.given.keys() | constant:
            raise Unfold
    return dropped
