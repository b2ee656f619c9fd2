"""What of Linen was seen and not followed: nothing of it may pass in silence."""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import (
    ApplyFn,
    Chain,
    Class,
    FreeCell,
    Instance,
    Method,
    Mixed,
    Symbol,
    Tokens,
    Value,
)
from migrate.analysis.modules import extended_layers
from migrate.analysis.modules.methods import is_module
from migrate.analysis.program.scopes import FUNCTIONS
from migrate.analysis.sites import CreateHolder, CreateState

LIBRARY = ("flax.linen.", "flax.TrainState")
STARRED = frozenset({"flax.linen", "flax.training.train_state"})


def record(facts: Facts, entered: set[ast.AST]) -> None:
    """Escapes for classes that nothing builds, for states of unknown origin, and for what is left over."""
    for definition, cls in facts.classes.items():
        if is_module(cls) and definition not in entered:
            message = f"`{definition.name}` is not constructed and initialised where this tool can see it"
            facts.escape(definition, "LNX114", message, frozenset(), owner=definition)
        elif _is_train_state(cls) and not _is_created(facts, cls):
            message = f"`{definition.name}` extends `TrainState`, which has no rewriting yet"
            facts.escape(definition, "LNX012", message, frozenset())
    _record_unknown_states(facts)
    _record_stars(facts)
    _record_interceptors(facts)
    _record_layer_classes(facts)
    _record_unexplained(facts)


def _is_created(facts: Facts, cls: Class) -> bool:
    sites = facts.sites.values()
    return any(isinstance(site, CreateHolder | CreateState) and site.cls == cls for site in sites)


def _record_unknown_states(facts: Facts) -> None:
    """A function that takes a state from callers elsewhere: they may have it from models that are near."""
    for node, value in list(facts.values.items()):
        if not isinstance(node, ast.Attribute) or isinstance(value, (Method, ApplyFn, Mixed)):
            continue
        if node.attr == "apply_gradients" or (node.attr == "apply_fn" and _is_parameter(facts, node.value)):
            message = "it cannot be seen where the train state that is used here comes from"
            facts.escape(node, "LNX015", message, *_models_near(facts, node))


def _models_near(facts: Facts, node: ast.AST) -> tuple[Tokens, frozenset[Instance]]:
    """The models of the file of `node`, and of those that it imports or that import it."""
    here = facts.file(node).path
    near = {here, *(a for a, b in facts.imported if b == here), *(b for a, b in facts.imported if a == here)}
    tokens = frozenset(token for token in facts.origins if facts.file(token.node).path in near)
    return tokens, frozenset().union(*(facts.origins[token] for token in tokens))


def _is_parameter(facts: Facts, node: ast.expr) -> bool:
    variable = facts.scopes.variable(node, node.id) if isinstance(node, ast.Name) else None
    arguments = variable.scope.args if variable and isinstance(variable.scope, FUNCTIONS) else None
    every = [n.arg for n in ast.walk(arguments) if isinstance(n, ast.arg)] if arguments else []
    return variable is not None and variable.name in every


def _record_stars(facts: Facts) -> None:
    """Names that a star brings in are not known."""
    for node in (n for file in facts.files.by_path.values() for n in ast.walk(file.tree)):
        if not isinstance(node, ast.ImportFrom) or node.module not in STARRED:
            continue
        if any(alias.name == "*" for alias in node.names):
            message = f"what `{node.module}` exports is imported by a star: import the names that are used"
            facts.escape(node, "LNX015", message, frozenset())


INTERCEPTORS = frozenset({"flax.linen.intercept_methods", "flax.linen.override_named_call"})


def _record_interceptors(facts: Facts) -> None:
    """What changes every Linen call of a program has no counterpart: all that is called stays Linen."""
    models = frozenset(facts.origins), frozenset().union(*facts.origins.values())
    for node, value in list(facts.values.items()):
        if isinstance(value, Symbol) and value.name in INTERCEPTORS:
            message = f"`{value.name.rpartition('.')[2]}` changes what Linen modules do when they are called"
            facts.escape(node, "LNX015", message, *models)


def _record_layer_classes(facts: Facts) -> None:
    """A class that extends a layer goes on being Linen, and what holds one of it has to stay."""
    for node, value in list(facts.values.items()):
        if not isinstance(value, Class) or (layer := _layer_below(value)) is None:
            continue
        if extended_layers.is_built(facts, node):
            continue
        around = _module_around(facts, node)
        name = layer.removeprefix("flax.linen.")
        message = f"`{value.node.name}` extends `nn.{name}`: let it be a module that holds the layer"
        for owner in {*extended_layers.builders(facts, value), *([around] if around is not None else [])}:
            facts.escape(node, "LNX111", message, frozenset(), owner=owner)
    for cls in facts.classes.values():
        for owner in extended_layers.builders(facts, cls):
            for node in extended_layers.unread(facts, cls):
                message = f"`{cls.node.name}` is mentioned in code that cannot be followed"
                facts.escape(node, "LNX114", message, frozenset(), owner=owner)


def _layer_below(cls: Class) -> str | None:
    """The layer of Linen that a class extends, if it is no module class of the project."""
    for base in cls.bases:
        if isinstance(base, Symbol) and base.name.startswith("flax.linen.") and not is_module(cls):
            return base.name
        if isinstance(base, Class) and (found := _layer_below(base)) is not None:
            return found
    return None


def _is_train_state(value: Value) -> bool:
    if isinstance(value, Symbol):
        return value.name == "flax.TrainState"
    return isinstance(value, Class) and any(_is_train_state(base) for base in value.bases)


def _record_unexplained(facts: Facts) -> None:
    """A construction from the library that became neither a site nor an escape."""
    blocked = {node for node, _ in facts.escapes}
    for node in [*facts.values]:
        known = node in facts.sites or node in facts.detached
        explained = known or node in blocked or isinstance(facts.values[node], Chain | FreeCell)
        if not isinstance(node, ast.Call) or explained:
            continue
        callee = facts.values.get(node.func)
        name = callee.name if isinstance(callee, Symbol) else ""
        built = name.startswith(LIBRARY) and name.rpartition(".")[2][:1].isupper()
        if built or name == "flax.TrainState.create":
            text = name.replace("flax.TrainState", "TrainState").removeprefix("flax.")
            message = f"`{text}` is used here in a way that cannot be followed"
            facts.escape(node, "LNX015", message, frozenset(), owner=_module_around(facts, node))


def _module_around(facts: Facts, node: ast.AST) -> ast.ClassDef | None:
    """The module class that a node stands in."""
    scopes = facts.scopes
    classes = [scope for scope in scopes.enclosing(scopes.scope[node]) if scope in facts.classes]
    known = [
        scope for scope in classes if isinstance(scope, ast.ClassDef) and is_module(facts.classes[scope])
    ]
    return known[0] if known else None
