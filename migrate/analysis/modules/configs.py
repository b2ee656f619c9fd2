"""Attributes of configurations: `self.config.hidden_size`, of which only the code can tell what they are."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Length
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import Size

NUMERIC = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)


def attribute(run: Run, node: ast.Attribute, text: str) -> Length:
    """An attribute of a field; it is a number where something is computed from it."""
    return Length(Size(f"{text}.{node.attr}"), (_holder(node), node.attr) in _numbers(run))


def _holder(node: ast.Attribute) -> str:
    """The last name of what holds the attribute."""
    return getattr(node.value, "attr", "") or getattr(node.value, "id", "")


def _numbers(run: Run) -> set[tuple[str, str]]:
    """The attributes in all files that are an operand of a subtraction, a division or `range`."""
    known = run.facts.numbers
    if known is None:
        known = run.facts.numbers = set()
        for file in run.facts.files.by_path.values():
            for node in ast.walk(file.tree):
                parts: list[ast.expr] = []
                if isinstance(node, ast.BinOp) and isinstance(node.op, NUMERIC):
                    parts = [node.left, node.right]
                elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range":
                    parts = node.args
                known |= {(_holder(part), part.attr) for part in parts if isinstance(part, ast.Attribute)}
    return known
