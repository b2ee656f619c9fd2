"""LNX103: functions that Linen and NNX both export are taken from `nnx`."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Symbol
from migrate.analysis.modules.layers import shared
from migrate.analysis.program.source import File
from migrate.rewrite.edits import Edits
from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX103",
    name="shared-function",
    title="A function that Linen re-exports can be taken from `nnx`",
    fix="automatic",
    what=(
        "Finds activations, pooling and initializers that are read from `flax.linen` and that `nnx` exports "
        "too."
    ),
    why=(
        "They are the only thing that would keep the import of Linen in a file that has been migrated "
        "otherwise."
    ),
    use_instead="The same name below `nnx`: `nnx.relu`, `nnx.softmax`, `nnx.initializers.orthogonal`.",
    fix_safety=(
        "Both names are one and the same function. A file that keeps other Linen code keeps these names as "
        "well, and so does a file in which nothing else changes while other files stay with Linen."
    ),
    upstream="https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/nn/activations.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn


def gate(x, y):
    return x * nn.sigmoid(y)
""",
            after="""\
from flax import nnx


def gate(x, y):
    return x * nnx.sigmoid(y)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def gate(x, y):
    return x * nnx.sigmoid(y)
""",
    ),
)


Occurrences = Mapping[ast.expr, str]
"""The expressions of one file that name such functions, each with its name below `nnx`."""


def occurrences(facts: Facts) -> Mapping[str, Occurrences]:
    """The outermost expressions that name such a function, by the path of their file."""
    found: dict[ast.expr, str] = {}
    for node, value in facts.values.items():
        named = isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load)
        name = shared(value.name) if named and isinstance(value, Symbol) else None
        if name is not None and _is_spelling(facts.file(node), node):
            assert isinstance(node, ast.expr)
            found[node] = name
    by_path: dict[str, dict[ast.expr, str]] = defaultdict(dict)
    for node, name in found.items():
        if facts.scopes.parent.get(node) not in found:
            by_path[facts.file(node).path][node] = name
    return by_path


def _is_spelling(file: File, node: ast.AST) -> bool:
    """Whether the node names the library, and is not a variable that holds one of its functions."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in file.imports


def leaves_linen(facts: Facts, file: File, found: Occurrences) -> bool:
    """Whether the file reads anything else from Linen, as in an annotation: then it stays as it is."""
    covered = {part for node in found for part in ast.walk(node)}
    aliases = [name for name, origin in file.imports.items() if origin.startswith("flax.linen")]
    reads = [
        node
        for name in aliases
        for node in facts.scopes.mentions(file.tree, name)
        if isinstance(node, ast.Name)
    ]
    return any(node not in covered for node in reads)


def rewrite(edits: Edits, node: ast.expr, name: str) -> None:
    """They are the same objects, so only the spelling changes."""
    edits.expressions.setdefault(node, f"nnx.{name}")
