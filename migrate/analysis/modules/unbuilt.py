"""Module classes of a library: nothing in the sources builds them, callers elsewhere do."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import UNKNOWN, Class, Namespace, Symbol
from migrate.analysis.modules.classes import is_module
from migrate.analysis.modules.methods import summarise
from migrate.analysis.run import Run

LOOKUPS = frozenset({"builtins.globals", "builtins.locals", "builtins.vars", "sys.modules"})
VARIABLES = frozenset({"mutable", "rngs", "method"})


def read(run: Run) -> None:
    """Read what nothing has built, with inputs of which nothing is known but what the class itself tells."""
    modules = [cls for cls in run.facts.classes.values() if is_module(cls)]
    _read_built(run, modules)
    for cls in reversed(modules):
        if cls.node not in run.entered and isinstance(cls.frame.scope, ast.Module):
            summarise(run, cls)
            run.facts.unbuilt[cls.node] = None
            _read_built(run, modules)
    _record_unread(run)
    _record_lookups(run)
    _record_users(run)


def _read_built(run: Run, modules: list[Class]) -> None:
    """Read what is built and was never called, for the modules that it builds in turn."""
    while unread := [c for c in modules if c.node in run.entered and c.node not in run.facts.summaries]:
        for cls in unread:
            summarise(run, cls)
        if all(cls.node not in run.facts.summaries for cls in unread):
            return


def _record_unread(run: Run) -> None:
    """A mention in code that was never reached may build a class, and nobody would see it."""
    facts = run.facts
    unbuilt = {definition.name for definition in facts.unbuilt}
    for file in facts.files.by_path.values():
        for node in ast.walk(file.tree):
            name = getattr(node, "id", "") or getattr(node, "attr", "")
            unread = name in unbuilt and node not in facts.values and not _in_annotation(run, node)
            for definition in [d for d in facts.unbuilt if d.name == name] if unread else ():
                message = f"`{name}` is mentioned in code that cannot be followed"
                facts.escape(node, "LNX114", message, frozenset(), owner=definition)


def _in_annotation(run: Run, node: ast.AST) -> bool:
    parent = run.facts.scopes.parent
    while node in parent:
        above = parent[node]
        if node in (getattr(above, "annotation", None), getattr(above, "returns", None)):
            return True
        node = above
    return False


def _record_lookups(run: Run) -> None:
    """A class that is looked up by a name that is computed may be built, and nobody would see it."""
    for path, node in _looked_up(run):
        for definition in run.facts.unbuilt:
            if run.facts.file(definition).path == path:
                message = f"names of the module that defines `{definition.name}` are looked up here"
                run.facts.escape(node, "LNX114", message, frozenset(), owner=definition)


def _looked_up(run: Run) -> Iterator[tuple[str, ast.AST]]:
    for node, value in [*run.facts.values.items()]:
        match value:
            case Namespace(importer, level, parts) if not _is_attribute_of(run, node):
                path = run.modules.find(importer, parts, level)
                if path is not None and not isinstance(getattr(node, "ctx", None), ast.Store):
                    yield path, node
            case Symbol(name) if name in LOOKUPS:
                yield run.facts.file(node).path, node
            case _:
                pass


def _is_attribute_of(run: Run, node: ast.AST) -> bool:
    parent = run.facts.scopes.parent[node]
    return isinstance(parent, ast.Attribute) and parent.value is node


def _record_users(run: Run) -> None:
    """Functions that are handed any Linen module, to initialise or apply it, may be handed these."""
    facts = run.facts
    users = [node for node in facts.values if isinstance(node, ast.Call) and _uses_linen(run, node)]
    for node in users:
        near = _package(facts, facts.file(node).path)
        for definition in facts.unbuilt:
            if facts.file(definition).path in near:
                message = "it cannot be seen which Linen modules are initialised or applied here"
                facts.escape(node, "LNX114", message, frozenset(), owner=definition)


def _package(facts: Facts, path: str) -> set[str]:
    """The files that imports tie to a file, over whatever others: who uses them may bring them together."""
    near = {path}
    while more := {b for pair in facts.imported for a, b in (pair, pair[::-1]) if a in near} - near:
        near |= more
    return near


def _builds_its_own(run: Run, node: ast.Call) -> bool:
    """`self.module.init(...)` of an object that makes its module of the class in its `module_class`.

    Classes that stand in such an attribute are used as values, which is a reason of its own.
    """
    scopes = run.facts.scopes
    cls = next((s for s in scopes.enclosing(scopes.scope[node]) if isinstance(s, ast.ClassDef)), None)
    match node.func:
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=held)) if cls is not None:
            pass
        case _:
            return False
    declared = {
        n.id
        for s in cls.body
        if isinstance(s, ast.Assign | ast.AnnAssign)
        for n in ast.walk(s)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    made = {
        n.func.attr
        for n in ast.walk(cls)
        if isinstance(n, ast.Call)
        and isinstance(n.func, ast.Attribute)
        and isinstance(n.func.value, ast.Name)
        and n.func.value.id == "self"
    }
    stored = (n for n in ast.walk(cls) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store))
    return held == "module" and bool(declared & made) and all(n.attr != held for n in stored)


def _uses_linen(run: Run, node: ast.Call) -> bool:
    """`model.init(key, x)` or `model.apply({"params": params}, x)` of a model that is not known."""
    if not isinstance(node.func, ast.Attribute) or run.facts.values.get(node.func.value) != UNKNOWN:
        return False
    given = {keyword.arg for keyword in node.keywords}
    first = node.args[0] if node.args else None
    match node.func.attr:
        case "init":
            looks = len(node.args) > 1 or (len(node.args) == 1 and bool(node.keywords))
        case "apply":
            looks = bool(given & VARIABLES) or isinstance(first, ast.Dict)
        case _:
            return False
    return looks and not _builds_its_own(run, node)
