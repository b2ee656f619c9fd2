"""The reason why a component is left alone, raised where a rule meets it."""

from __future__ import annotations

import ast


class Blocked(Exception):
    """A place that cannot be rewritten; the component it belongs to stays byte for byte."""

    def __init__(self, node: ast.AST, code: str, message: str) -> None:
        super().__init__(message)
        self.node = node
        self.code = code
        self.message = message
