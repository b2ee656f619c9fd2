"""Components: the sites, functions, classes and values of one module that hang together."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from migrate.analysis.facts import Escape, Facts
from migrate.analysis.kinds import (
    Class,
    Function,
    Holder,
    Instance,
    Record,
    State,
    Value,
    followed,
    tokens_of,
)
from migrate.analysis.modules.methods import is_module
from migrate.analysis.run import instances_of
from migrate.analysis.sites import (
    ApplyLayer,
    AskInitializing,
    AskMutable,
    Batch,
    Compile,
    Differentiate,
    DrawKey,
    FreeCarry,
    Layer,
    OwnVariable,
    Parameter,
    PartitionAxes,
    ReadLeaf,
    Site,
    Sow,
    SubmoduleCall,
    UseVariable,
)


@dataclass(frozen=True)
class ComponentFacts:
    """One component: the nodes with followed values, the sites and the reasons against it."""

    nodes: tuple[ast.AST, ...]
    sites: tuple[Site, ...]
    classes: tuple[ast.ClassDef, ...]
    escapes: tuple[Escape, ...]


class Union:
    """Disjoint sets of anything hashable."""

    def __init__(self) -> None:
        self._parent: dict[Hashable, Hashable] = {}

    def find(self, item: Hashable) -> Hashable:
        """The representative of the set that holds `item`."""
        root = item
        while (parent := self._parent.setdefault(root, root)) != root:
            root = parent
        self._parent[item] = root
        return root

    def join(self, items: Iterable[Hashable]) -> None:
        """Put all of `items` into one set."""
        first, *rest = [*items] or [None]
        for item in rest:
            self._parent[self.find(item)] = self.find(first)


def components(facts: Facts) -> list[ComponentFacts]:
    """Every component of the project, in the order of its first line."""
    union = Union()
    keys = {node: _keys(facts, node) for node in facts.values}
    _join_values(facts, union, keys)
    for token, instances in facts.origins.items():
        union.join([token, *(_of_instance(i) for i in instances)])
    for cls in facts.classes.values():
        union.join([cls.node, *(base.node for base in cls.bases if isinstance(base, Class))])
    for (owner, name), held in facts.class_fields.items():
        several = (one for one in facts.several.get((owner, name), ()) if isinstance(one, ast.ClassDef))
        union.join([owner, *([held.cls.node] if held.cls else []), *several])
    for site in facts.sites.values():
        if isinstance(site, Layer):
            inner = [cls.node for cls in (site.cls, site.extends) if cls is not None]
            union.join([site.node, site.owner.node, *inner])
    for escape in facts.escapes.values():
        union.join(_keys_of_escape(facts, escape))
    return _collected(facts, union, keys)


def components_without_modules(facts: Facts, whole: ComponentFacts) -> list[ComponentFacts]:
    """What a component falls into when its modules stay as they are and tie nothing together."""
    union = Union()
    modules = {node for node, cls in facts.classes.items() if is_module(cls)}
    outside = [n for n in whole.nodes if not modules & {*facts.scopes.enclosing(facts.scopes.scope[n])}]
    keys: dict[ast.AST, list[Hashable]] = {node: _keys_without_modules(facts, node) for node in outside}
    _join_values(facts, union, keys)
    for token, instances in facts.origins.items():
        union.join([token, *(i.site for i in instances)])
    escapes = [e for e in whole.escapes if not e.bridgeable]
    for escape in escapes:
        union.join([*escape.tokens, *(i.site for i in escape.instances)])
    sites = [site for site in whole.sites if not isinstance(site, Layer)]
    return _collected(facts, union, keys, sites, escapes)


def _keys_without_modules(facts: Facts, node: ast.AST) -> list[Hashable]:
    value = facts.values[node]
    return [*tokens_of(value), *_state_class(value), *(i.site for i in instances_of(value))]


def _join_values(facts: Facts, union: Union, keys: Mapping[ast.AST, list[Hashable]]) -> None:
    for link in facts.links:
        union.join(link)
    lifted = {site.function for site in facts.sites.values() if isinstance(site, Compile | Batch)}
    for (function, _), value in facts.parameters.items():
        if function in lifted and (tokens := tokens_of(value)):
            union.join([function, *tokens])
    for node, found in keys.items():
        if found:
            union.join([*found, facts.scopes.function(node), *_class_of(facts, node)])


def _of_instance(instance: Instance) -> Hashable:
    return instance.cls.node if isinstance(instance.cls, Class) else instance.site


def _keys(facts: Facts, node: ast.AST) -> list[Hashable]:
    value = facts.values[node]
    if not followed(value):
        return []
    return [
        *tokens_of(value),
        *_state_class(value),
        *(_of_instance(i) for i in instances_of(value)),
        *(i.site for i in instances_of(value)),
    ]


def _state_class(value: Value) -> list[Hashable]:
    """The class of the project that a train state is of."""
    return [value.cls.node] if isinstance(value, Holder | State | Record) and value.cls is not None else []


def _class_of(facts: Facts, node: ast.AST) -> list[ast.AST]:
    scopes = facts.scopes
    return [scope for scope in scopes.enclosing(scopes.scope[node]) if scope in facts.classes]


def _keys_of_escape(facts: Facts, escape: Escape) -> list[Hashable]:
    return [*escape.tokens, *(_of_instance(i) for i in escape.instances), *escape.owners]


def _collected(
    facts: Facts,
    union: Union,
    keys: dict[ast.AST, list[Hashable]],
    every_site: Iterable[Site] | None = None,
    every_escape: Iterable[Escape] | None = None,
) -> list[ComponentFacts]:
    nodes: dict[Hashable, list[ast.AST]] = defaultdict(list)
    for node, found in keys.items():
        if found:
            nodes[union.find(found[0])].append(node)
    sites: dict[Hashable, list[Site]] = defaultdict(list)
    for site in facts.sites.values() if every_site is None else every_site:
        root = _root_of_site(facts, union, keys, site)
        if root is not None:
            sites[root].append(site)
    escapes: dict[Hashable, list[Escape]] = defaultdict(list)
    for escape in facts.escapes.values() if every_escape is None else every_escape:
        if found := _keys_of_escape(facts, escape):
            escapes[union.find(found[0])].append(escape)
    classes: dict[Hashable, list[ast.ClassDef]] = defaultdict(list)
    for definition in facts.classes:
        classes[union.find(definition)].append(definition)
    alone = [union.find(node) for node in facts.unbuilt] if every_site is None else []
    roots = {**dict.fromkeys(sites), **dict.fromkeys(escapes), **dict.fromkeys(alone)}
    made = [
        ComponentFacts(tuple(nodes[r]), tuple(sites[r]), tuple(classes[r]), tuple(escapes[r])) for r in roots
    ]
    return sorted(made, key=lambda c: first_line(c))


def first_line(component: ComponentFacts) -> int:
    """The first line that the component touches."""
    every = (*(s.node for s in component.sites), *(e.node for e in component.escapes), *component.classes)
    return min(getattr(node, "lineno", 1) for node in every)


def _root_of_site(
    facts: Facts, union: Union, keys: dict[ast.AST, list[Hashable]], site: Site
) -> Hashable | None:
    variables = Parameter | OwnVariable | UseVariable | AskInitializing | AskMutable | ReadLeaf | Sow
    owned = variables | Layer | DrawKey | ApplyLayer | SubmoduleCall | FreeCarry | PartitionAxes
    if isinstance(site, owned):
        return union.find(site.owner.node)
    for node in ast.walk(site.node):
        if keys.get(node):
            return union.find(keys[node][0])
    if isinstance(site, Compile | Batch):
        return union.find(site.function)
    value = facts.values.get(site.function) if isinstance(site, Differentiate) else None
    return union.find(value.node if isinstance(value, Function) else facts.scopes.function(site.node))
