"""The texts of bodies with their own names again."""

from __future__ import annotations

import ast
from collections.abc import Container, Sequence

from migrate.inlining.helpers import Helper
from migrate.inlining.marks import marked, outermost
from migrate.inlining.references import Reference
from migrate.inlining.spans import Edit, Text


def attributes(helper: Helper) -> set[str]:
    """What the bodies read of the instance themselves, and the texts of what they look up."""
    nodes = [n for case in helper.cases for n in ast.walk(case.function)]
    names = {n.attr for n in nodes if isinstance(n, ast.Attribute)}
    return names | {ast.unparse(n) for n in nodes if isinstance(n, ast.Call)}


def own_names(
    after: Text,
    statements: Sequence[ast.stmt],
    found: Sequence[tuple[Reference, str]],
    numbers: Container[int],
) -> list[Edit]:
    """The edits that put names in place of layers, and what the author wrote in place of marks."""
    edits = [Edit(after.start(r.node), after.end(r.node), name) for r, name in found]
    covered = {n for r, _ in found for n in ast.walk(r.node)}
    for node in (n for s in statements for n in ast.walk(s)):
        match node:
            case ast.Assign(targets=[ast.Name(id=name) as bound]) if (
                known := marked(name, numbers)
            ) and known[0] == "result":
                end = after.text.index("=", after.end(bound)) + 1
                edits.append(Edit(after.start(bound), end, "return"))
                covered.add(bound)
            case ast.Name(id=name) if node not in covered and (known := marked(name, numbers)):
                edits.append(Edit(after.start(node), after.end(node), known[0]))
            case _:
                pass
    return outermost(edits)
