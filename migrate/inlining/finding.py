"""The helpers of a file: defined in a method, chosen by conditions, methods, and functions of the file."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.program.scopes import Scopes, Variable
from migrate.inlining.fitting import is_fit
from migrate.inlining.helpers import Body, Case, Helper


def helpers(tree: ast.Module, scopes: Scopes) -> Iterator[Helper]:
    """The helpers of a file."""
    for cls in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        for method in (node for node in cls.body if isinstance(node, ast.FunctionDef)):
            yield from _local(scopes, method)
            if (found := _method(tree, scopes, cls, method)) is not None:
                yield found
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        if (found := _of_file(tree, scopes, function)) is not None:
            yield found


def _local(scopes: Scopes, method: ast.FunctionDef) -> Iterator[Helper]:
    """Those that a method defines for itself."""
    cases: dict[str, list[Case]] = {}
    for node in ast.walk(method):
        if isinstance(node, ast.stmt) and scopes.scope[node] is method and (bound := _bound(node)):
            name, function = bound
            cases.setdefault(name, []).append(Case(function, node))
    for name, found in cases.items():
        variable = Variable(method, name)
        stores = [n for n in scopes.names(variable) if not isinstance(n.ctx, ast.Load)]
        lambdas = [case for case in found if isinstance(case.function, ast.Lambda)]
        loads = [n for n in scopes.names(variable) if isinstance(n.ctx, ast.Load)]
        calls = [_call(scopes, node) for node in loads]
        chosen = _chosen(scopes, method, found) if len(found) > 1 else found
        if name in {a.arg for a in method.args.args} or len(stores) != len(lambdas) or not chosen:
            continue
        if len(found) == 1 and scopes.parent[found[0].statement] is not method:
            continue
        made = Helper(name, tuple(chosen), tuple(c for c in calls if c is not None), scopes)
        behind = max(case.statement.end_lineno or 0 for case in chosen)
        if None not in calls and all(c.lineno > behind for c in made.calls) and is_fit(scopes, made, method):
            yield made


def _bound(node: ast.stmt) -> tuple[str, Body] | None:
    """The name that a statement gives to a function."""
    match node:
        case ast.FunctionDef(name=name):
            return name, node
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as function):
            return name, function
        case _:
            return None


def _chosen(scopes: Scopes, method: ast.FunctionDef, cases: list[Case]) -> list[Case]:
    """The cases with their conditions, where each side of one choice binds the name once; or none."""
    top = scopes.parent[cases[0].statement]
    branches: list[tuple[ast.expr | None, list[ast.stmt]]] = []
    if not isinstance(top, ast.If) or scopes.parent[top] is not method:
        return []
    current: ast.If | None = top
    while current is not None:
        branches.append((current.test, current.body))
        rest = current.orelse
        current = rest[0] if len(rest) == 1 and isinstance(rest[0], ast.If) else None
        if current is None:
            branches.append((None, rest))
    if len(branches) != len(cases) or not all(_is_lasting(scopes, test) for test, _ in branches if test):
        return []
    found = []
    for test, block in branches:
        here = [case for case in cases if any(case.statement is s for s in block)]
        found += [Case(case.function, case.statement, test) for case in here]
        if len(here) != 1:
            return []
    return found


def _is_lasting(scopes: Scopes, test: ast.expr) -> bool:
    """Whether a condition is the same at the calls: one on fields, constants and what never changes."""
    allowed = (ast.Attribute, ast.Constant, ast.Name, ast.Compare, ast.BoolOp, ast.UnaryOp)
    parts = [node for node in ast.walk(test) if isinstance(node, ast.expr)]
    names = [node for node in parts if isinstance(node, ast.Name)]
    uses = [use for name in names for use in scopes.names(scopes.variable(name, name.id))]
    return all(isinstance(node, allowed) for node in parts) and all(
        isinstance(use.ctx, ast.Load) for use in uses
    )


def _call(scopes: Scopes, node: ast.expr) -> ast.Call | None:
    """The call of what a node names."""
    parent = scopes.parent[node]
    return parent if isinstance(parent, ast.Call) and parent.func is node else None


def _method(tree: ast.Module, scopes: Scopes, cls: ast.ClassDef, method: ast.FunctionDef) -> Helper | None:
    """A method that others of its class call by the instance, and nothing else names."""
    if method.name in {"__call__", "setup"} or method.name.startswith("__"):
        return None
    mentions = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr == method.name]
    mentions = [n for n in mentions if not _is_of_another(scopes, n, cls)]
    twins = [s for s in cls.body if isinstance(s, ast.FunctionDef) and s.name == method.name]
    calls = [_call(scopes, node) for node in mentions]
    own = all(isinstance(n.value, ast.Name) and n.value.id == "self" for n in mentions)
    if _is_extended(tree, cls) or len(twins) != 1 or None in calls or not own:
        return None
    if [a.arg for a in method.args.args[:1]] != ["self"]:
        return None
    known = tuple(c for c in calls if c is not None)
    made = Helper(method.name, (Case(method, method),), known, scopes, method=True)
    callers = [scopes.scope[call] for call in made.calls]
    of_class = all(c is not method and c in cls.body and _has_self(scopes, c) for c in callers)
    return made if of_class and is_fit(scopes, made, None) else None


def _is_of_another(scopes: Scopes, node: ast.Attribute, cls: ast.ClassDef) -> bool:
    """Whether an attribute is read from the instance of another class."""
    around = next((s for s in scopes.enclosing(scopes.scope[node]) if isinstance(s, ast.ClassDef)), cls)
    return around is not cls and isinstance(node.value, ast.Name) and node.value.id == "self"


def _is_extended(tree: ast.Module, cls: ast.ClassDef) -> bool:
    every = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return any(ast.unparse(base).rpartition(".")[2] == cls.name for node in every for base in node.bases)


def _has_self(scopes: Scopes, method: ast.AST) -> bool:
    """Whether a method calls its instance `self` all the way."""
    if not isinstance(method, ast.FunctionDef):
        return False
    uses = scopes.names(Variable(method, "self"))
    return [a.arg for a in method.args.args[:1]] == ["self"] and all(
        isinstance(use.ctx, ast.Load) for use in uses
    )


def _of_file(tree: ast.Module, scopes: Scopes, function: ast.FunctionDef) -> Helper | None:
    """A function of a file that only methods of its classes call."""
    variable = Variable(tree, function.name)
    names = scopes.names(variable)
    bound = [n for n in scopes.mentions(tree, function.name) if not isinstance(n, ast.Name)]
    calls = [_call(scopes, node) for node in names]
    if None in calls or [n for n in bound if scopes.scope[n] is tree] != [function]:
        return None
    known = tuple(c for c in calls if c is not None)
    made = Helper(function.name, (Case(function, function),), known, scopes, of_file=True)
    callers = [scopes.scope[call] for call in made.calls]
    in_classes = all(
        isinstance(c, ast.FunctionDef) and isinstance(scopes.parent[c], ast.ClassDef) for c in callers
    )
    return made if in_classes and is_fit(scopes, made, None) else None
