"""What the interpreter has learnt about a project, collected over every way a node was reached."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field

from migrate.analysis.kinds import Class, Instance, Token, Tokens, Value, join
from migrate.analysis.pitfalls import Pitfall
from migrate.analysis.scopes import FunctionNode, Scopes
from migrate.analysis.sites import Binding, Running, Site
from migrate.analysis.source import File, Files


@dataclass(frozen=True)
class Escape:
    """A followed value at a place that no rule covers: the reason why a component stays as it is."""

    node: ast.AST
    code: str
    message: str
    tokens: Tokens
    instances: frozenset[Instance] = frozenset()
    owner: ast.ClassDef | None = None


@dataclass
class Facts:
    """The interpreter's findings; kinds of one node reached in several ways are joined."""

    files: Files
    scopes: Scopes
    values: dict[ast.AST, Value] = field(default_factory=dict)
    sites: dict[ast.AST, Site] = field(default_factory=dict)
    escapes: dict[tuple[ast.AST, str], Escape] = field(default_factory=dict)
    parameters: dict[tuple[FunctionNode, str], Value] = field(default_factory=dict)
    returns: dict[FunctionNode, Value] = field(default_factory=dict)
    bindings: dict[ast.Call, dict[FunctionNode, Binding]] = field(default_factory=lambda: defaultdict(dict))
    references: dict[FunctionNode, set[ast.AST]] = field(default_factory=lambda: defaultdict(set))
    links: set[tuple[Token, Token]] = field(default_factory=set)
    origins: dict[Token, frozenset[Instance]] = field(default_factory=dict)
    creations: dict[Token, set[ast.AST]] = field(default_factory=lambda: defaultdict(set))
    classes: dict[ast.ClassDef, Class] = field(default_factory=dict)
    trees: set[ast.expr] = field(default_factory=set)
    pitfalls: dict[tuple[ast.AST, type], Pitfall] = field(default_factory=dict)
    loops: dict[ast.For, Running] = field(default_factory=dict)
    imported: set[tuple[str, str]] = field(default_factory=set)
    called: dict[ast.ClassDef, dict[str, ast.Call]] = field(default_factory=lambda: defaultdict(dict))

    def file(self, node: ast.AST) -> File:
        """The file that holds `node`."""
        return self.files.of(node)

    def record(self, node: ast.AST, value: Value) -> Value:
        """Remember the kind of `node`, joined with what was seen there before."""
        known = self.values.get(node)
        self.values[node] = value if known is None else join(known, value)
        return value

    def site(self, site: Site) -> None:
        """Remember a site; two different readings of one place are a reason to leave it alone."""
        known = self.sites.get(site.node)
        if known is not None and type(known) is not type(site):
            self.escape(
                site.node,
                "LNX204",
                "this means different things on different paths through the program",
                frozenset(),
            )
            return
        self.sites[site.node] = site

    def pitfall(self, found: Pitfall) -> None:
        """Remember a pitfall in NNX code; of several at one place the first counts."""
        self.pitfalls.setdefault((found.node, type(found)), found)

    def escape(
        self,
        node: ast.AST,
        code: str,
        message: str,
        tokens: Tokens,
        instances: frozenset[Instance] = frozenset(),
        owner: ast.ClassDef | None = None,
    ) -> None:
        """Remember a reason to leave the components of `tokens` and `instances` alone."""
        known = self.escapes.get((node, code))
        tokens |= known.tokens if known else frozenset()
        instances |= known.instances if known else frozenset()
        self.escapes[node, code] = Escape(node, code, message, tokens, instances, owner)
