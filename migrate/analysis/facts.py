"""What the interpreter has learnt about a project, collected over every way a node was reached."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from migrate.analysis.joining import join
from migrate.analysis.kinds import Class, GivenLayer, Instance, LayerField, Loop, Token, Tokens, Value
from migrate.analysis.nnx_code.pitfalls import Pitfall
from migrate.analysis.program.scopes import FunctionNode, Member, Scopes, Variable
from migrate.analysis.program.source import File, Files
from migrate.analysis.sites import Binding, ChosenCheckpoint, HandedLayer, Layer, Scan, Site, Summary, Turns
from migrate.result import Place


@dataclass(frozen=True)
class Escape:
    """A followed value at a place that no rule covers: the reason why a component stays as it is.

    `bridgeable` reasons are only about a module: they do not stand against wrapping the Linen module.
    """

    node: ast.AST
    code: str
    message: str
    tokens: Tokens
    instances: frozenset[Instance] = frozenset()
    owners: frozenset[ast.ClassDef] = frozenset()
    bridgeable: bool = False


@dataclass(frozen=True)
class View:
    """Definitions that are applied to the parameters of others, which may or may not be the same."""

    applied: frozenset[Instance]
    owners: frozenset[Instance]


@dataclass(frozen=True)
class Attributes:
    """The attributes of each family of classes that are followed, and the nodes that are one of them."""

    followed: Mapping[ast.ClassDef, frozenset[str]] = field(default_factory=dict)
    members: Mapping[ast.Name, Member] = field(default_factory=dict)
    families: Mapping[ast.AST, ast.ClassDef] = field(default_factory=dict)


@dataclass
class Facts:
    """The interpreter's findings; kinds of one node reached in several ways are joined."""

    files: Files
    scopes: Scopes
    attributes: Attributes = field(default_factory=Attributes)
    values: dict[ast.AST, Value] = field(default_factory=dict)
    sites: dict[ast.AST, Site] = field(default_factory=dict)
    escapes: dict[tuple[ast.AST, str], Escape] = field(default_factory=dict)
    parameters: dict[tuple[FunctionNode, str], Value] = field(default_factory=dict)
    returns: dict[FunctionNode, Value] = field(default_factory=dict)
    given_anew: dict[FunctionNode, set[Token]] = field(default_factory=lambda: defaultdict(set))
    """Of what a function gives, the objects that a call of it was not handed."""
    bindings: dict[ast.Call, dict[FunctionNode, Binding]] = field(default_factory=lambda: defaultdict(dict))
    handed: dict[ast.Call, dict[FunctionNode, Binding]] = field(default_factory=lambda: defaultdict(dict))
    references: dict[FunctionNode, set[ast.AST]] = field(default_factory=lambda: defaultdict(set))
    links: set[tuple[Hashable, Hashable]] = field(default_factory=set)
    origins: dict[Token, frozenset[Instance]] = field(default_factory=dict)
    initialised: dict[ast.AST, frozenset[Instance]] = field(default_factory=dict)
    views: dict[ast.AST, set[View]] = field(default_factory=lambda: defaultdict(set))
    creations: dict[Token, set[ast.AST]] = field(default_factory=lambda: defaultdict(set))
    classes: dict[ast.ClassDef, Class] = field(default_factory=dict)
    trees: set[ast.expr] = field(default_factory=set)
    wrapped: set[ast.AST] = field(default_factory=set)
    pitfalls: dict[tuple[ast.AST, type], Pitfall] = field(default_factory=dict)
    loops: dict[ast.For | ast.ListComp, Turns] = field(default_factory=dict)
    class_fields: dict[tuple[ast.ClassDef, str], LayerField] = field(default_factory=dict)
    several: dict[tuple[ast.ClassDef, str], frozenset[ast.ClassDef | str]] = field(default_factory=dict)
    """The module classes of the project that a field is given, where they are more than one."""
    prepared: dict[ast.Call, Class] = field(default_factory=dict)
    """The partial calls of module classes outside of modules."""
    lists: set[ast.expr] = field(default_factory=set)
    bodies: set[FunctionNode] = field(default_factory=set)
    imported: set[tuple[str, str]] = field(default_factory=set)
    exports: dict[str, Mapping[str, Value]] = field(default_factory=dict)
    tests: dict[ast.If, str | None] = field(default_factory=dict)
    partials: dict[ast.Call, tuple[ast.Call, ...]] = field(default_factory=dict)
    finals: dict[ast.ClassDef, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    summaries: dict[ast.ClassDef, Summary] = field(default_factory=dict)
    results: dict[tuple[ast.ClassDef, str], Value] = field(default_factory=dict)
    handed_layers: dict[tuple[ast.Call, str], HandedLayer] = field(default_factory=dict)
    given_layers: dict[tuple[ast.ClassDef, str], GivenLayer] = field(default_factory=dict)
    own_tables: dict[tuple[ast.ClassDef, str], ast.Call] = field(default_factory=dict)
    """For fields that may hold a table: the one that the module makes where they are None."""
    handed_features: dict[tuple[ast.ClassDef, str], str] = field(default_factory=dict)
    handed_fields: dict[tuple[ast.ClassDef, str], dict[str, str | None]] = field(default_factory=dict)
    lent: set[tuple[ast.ClassDef, str]] = field(default_factory=set)
    adopted: set[tuple[ast.ClassDef, str]] = field(default_factory=set)
    checkpoints: dict[ast.Call, ast.If] = field(default_factory=dict)
    ensembles: dict[ast.Call, ast.expr] = field(default_factory=dict)
    """The layers that are ensembles under a condition of `setup`, with the condition."""
    chosen_checkpoints: dict[ast.Call, ChosenCheckpoint] = field(default_factory=dict)
    """The layers that are checkpointed under a condition, with what chooses."""
    fillings: dict[ast.For, Loop] = field(default_factory=dict)
    """The loops of `setup` that fill lists of layers with names."""
    twins: dict[ast.Call, list[ast.Call]] = field(default_factory=dict)
    """For constructions of one of several classes: a node for each class but the first."""
    measured: dict[ast.Call, str | None] = field(default_factory=dict)
    """Those whose results say their size themselves, with the local name that they have in `__init__`."""
    chosen: dict[ast.AST, str] = field(default_factory=dict)
    """For those in `__call__`: what stands for the class in the name of the layer."""
    built_under: dict[ast.AST, tuple[str | None, ...]] = field(default_factory=dict)
    in_tuples: dict[ast.expr, ast.Call] = field(default_factory=dict)
    """The layers of tuples that `setup` lengthens, by where they are built and where they are read."""
    called_under: dict[ast.AST, tuple[str | None, ...]] = field(default_factory=dict)
    applying: set[ast.FunctionDef] = field(default_factory=set)
    """Methods of records that only apply, whose calls are read as `apply` itself."""
    undecided: set[ast.AST] = field(default_factory=set)
    remapped: set[ast.AST] = field(default_factory=set)
    """Maps over leaves whose results turn out to be something else: of parameters plain data, of states
    as states."""
    aliases: dict[ast.expr, tuple[Variable, Variable]] = field(default_factory=dict)
    """Values of assignments that give a model another name: that name, and the one it has."""
    snapshots: dict[ast.expr, Variable] = field(default_factory=dict)
    """Those of them that have to be copies."""
    spread: set[tuple[ast.ClassDef, str]] = field(default_factory=set)
    learnt: dict[ast.ClassDef, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    """How many axes the inputs of modules must have, by what is done with them."""
    given_arrays: set[tuple[ast.ClassDef, str]] = field(default_factory=set)
    given_numbers: set[tuple[ast.ClassDef, str]] = field(default_factory=set)
    numbers: set[tuple[str, str]] | None = None
    unbuilt: dict[ast.ClassDef, None] = field(default_factory=dict)
    items: dict[ast.ClassDef, dict[str, tuple[str, int]]] = field(default_factory=lambda: defaultdict(dict))
    """The items of inputs that are tuples, by name: the input, and where in it."""
    scans: dict[ast.ClassDef, Scan] = field(default_factory=dict)
    detached: dict[ast.Call, ast.Call] = field(default_factory=dict)
    partitioned_outside: dict[ast.Call, None] = field(default_factory=dict)
    """Initializers that name axes and are made outside of modules: the `related` files may get them."""
    related: Mapping[str, frozenset[str]] = field(default_factory=dict)
    called: dict[ast.ClassDef, dict[str, ast.Call]] = field(default_factory=lambda: defaultdict(dict))
    traced: Mapping[Place, int] = field(default_factory=dict)
    """The last axis of what reaches the layer that a call builds, where the user had it traced."""

    def file(self, node: ast.AST) -> File:
        """The file that holds `node`."""
        return self.files.of(node)

    def received(self, call: ast.AST) -> Mapping[FunctionNode, Binding]:
        """The functions that get the arguments of a call, at once or by a partial call."""
        return (self.bindings.get(call) or self.handed.get(call, {})) if isinstance(call, ast.Call) else {}

    def record(self, node: ast.AST, value: Value) -> Value:
        """Remember the kind of `node`, joined with what was seen there before."""
        known = self.values.get(node)
        self.values[node] = value if known is None else join(known, value)
        return value

    def forget(self, owner: ast.ClassDef) -> None:
        """Drop all that one reading of a module class has found, before it is read again."""
        inside = self._with_twins({node for statement in owner.body for node in ast.walk(statement)})
        for node in inside & self.values.keys():
            del self.values[node]
        for node in inside & self.sites.keys():
            del self.sites[node]
        for key in [key for key in self.escapes if key[0] in inside]:
            del self.escapes[key]
        self.called.pop(owner, None)
        self.scans.pop(owner, None)

    def _with_twins(self, inside: set[ast.AST]) -> set[ast.AST]:
        return inside | {twin for node, twins in self.twins.items() if node in inside for twin in twins}

    def snapshot(self, within: ast.AST) -> tuple[dict[ast.AST, Value], dict[ast.AST, Site], Any]:
        """What is known of the nodes below `within`, to be brought back by `restore`."""
        inside = self._with_twins(set(ast.walk(within)))
        values = {node: self.values[node] for node in inside & self.values.keys()}
        sites = {node: self.sites[node] for node in inside & self.sites.keys()}
        return values, sites, {key: escape for key, escape in self.escapes.items() if key[0] in inside}

    def restore(self, within: ast.AST, kept: tuple[dict[ast.AST, Value], dict[ast.AST, Site], Any]) -> None:
        """Go back to a snapshot."""
        inside = self._with_twins(set(ast.walk(within)))
        for known in (self.values, self.sites):
            for node in inside & known.keys():
                del known[node]
        for key in [key for key in self.escapes if key[0] in inside]:
            del self.escapes[key]
        values, sites, escapes = kept
        self.values |= values
        self.sites |= sites
        self.escapes |= escapes

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
        if isinstance(site, Layer) and isinstance(known, Layer):
            site = replace(site, inputs=known.inputs, calls=known.calls)
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
        bridgeable: bool = False,
    ) -> None:
        """Remember a reason to leave the components of `tokens` and `instances` alone."""
        known = self.escapes.get((node, code))
        tokens |= known.tokens if known else frozenset()
        instances |= known.instances if known else frozenset()
        owners = (known.owners if known else frozenset()) | ({owner} if owner else frozenset())
        bridgeable = (bridgeable or owner is not None) and (known is None or known.bridgeable)
        self.escapes[node, code] = Escape(node, code, message, tokens, instances, owners, bridgeable)
