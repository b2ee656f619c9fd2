"""Lexical scopes of the modules of a project: who binds a name, and which variable a name node denotes."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

TURNS = (ast.For, ast.While, *COMPREHENSIONS)
"""What runs its body any number of times."""


@dataclass(frozen=True)
class Variable:
    """A name in the scope that binds it."""

    scope: ast.AST
    name: str


@dataclass(frozen=True)
class Member:
    """An attribute of the project's own objects, and the class that stands for all that share it."""

    owner: ast.ClassDef
    attribute: str

    @property
    def variable(self) -> Variable:
        """The attribute as a variable of its class."""
        return Variable(self.owner, f"self.{self.attribute}")


class Scopes:
    """Parents, scopes and bindings of every node of some trees; never changed after it is built."""

    def __init__(self, trees: Iterable[ast.Module], members: Mapping[ast.Name, Member] | None = None) -> None:
        self.members: dict[ast.AST, Member] = dict((members or {}).items())
        self._of_members: dict[Variable, list[ast.Name]] = defaultdict(list)
        self.parent: dict[ast.AST, ast.AST] = {}
        self.scope: dict[ast.AST, ast.AST] = {}
        self.bound: dict[ast.AST, set[str]] = defaultdict(set)
        self.outer: dict[ast.AST, dict[str, ast.AST]] = defaultdict(dict)
        self.lazy: set[ast.AST] = set()
        self._named: dict[tuple[ast.Module, str], list[ast.AST]] = defaultdict(list)
        for tree in trees:
            self._tree = tree
            self._visit(tree, tree)

    def module(self, node: ast.AST) -> ast.Module:
        """The module whose text holds `node`."""
        while not isinstance(node, ast.Module):
            node = self.scope[node]
        return node

    def variable(self, node: ast.AST, name: str) -> Variable | None:
        """The variable that `name` denotes where `node` stands; None for a builtin."""
        if node in self.members:
            return self.members[node].variable
        for scope in self.enclosing(self.scope[node]):
            if name in self.outer[scope]:
                return Variable(self.outer[scope][name], name)
            visible = not isinstance(scope, ast.ClassDef) or scope is self.scope[node]
            if visible and name in self.bound[scope]:
                return Variable(scope, name)
        return None

    def enclosing(self, scope: ast.AST) -> Iterator[ast.AST]:
        """The scope itself, then the ones around it, innermost first."""
        current: ast.AST | None = scope
        while current is not None:
            yield current
            current = None if isinstance(current, ast.Module) else self.scope[current]

    def names(self, variable: Variable | None) -> list[ast.Name]:
        """Every `Name` node that denotes the variable."""
        if variable is None:
            return []
        if variable in self._of_members:
            return self._of_members[variable]
        tree = self.module(variable.scope)
        nodes = (node for node in self.mentions(tree, variable.name) if isinstance(node, ast.Name))
        return [node for node in nodes if self.variable(node, node.id) == variable]

    def mentions(self, tree: ast.Module, name: str) -> list[ast.AST]:
        """Every node of a module that reads or binds `name`, whatever it denotes there."""
        return self._named.get((tree, name), [])

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that holds `node`."""
        while not isinstance(node, ast.stmt):
            node = self.parent[node]
        return node

    def function(self, node: ast.AST) -> ast.AST:
        """The innermost function (or the module) whose body holds `node`."""
        scope = self.scope[node]
        while isinstance(scope, (*COMPREHENSIONS, ast.ClassDef)):
            scope = self.scope[scope]
        return scope

    def method(self, node: ast.AST) -> ast.FunctionDef | None:
        """The method of a class that holds `node`, also inside of functions in it."""
        for scope in self.enclosing(self.scope[node]):
            if isinstance(scope, ast.FunctionDef) and isinstance(self.parent.get(scope), ast.ClassDef):
                return scope
        return None

    def within(self, node: ast.AST, kinds: tuple[type[ast.AST], ...]) -> bool:
        """Whether a node stands inside of one of such nodes, in its function."""
        function = self.function(node)
        while node is not function and node in self.parent:
            node = self.parent[node]
            if isinstance(node, kinds):
                return True
        return False

    def runs_later(self, function: FunctionNode) -> bool:
        """Whether a call of the function only makes a generator or coroutine."""
        return function in self.lazy or isinstance(function, ast.AsyncFunctionDef)

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """The list of statements that `statement` stands in."""
        holder = self.parent[statement]
        for _, value in ast.iter_fields(holder):
            if isinstance(value, list) and any(item is statement for item in value):
                return value
        raise LookupError("statement outside of its parent's blocks")

    def _visit(self, node: ast.AST, scope: ast.AST) -> None:
        self.scope[node] = scope
        self._bind(node, scope)
        for child in ast.iter_child_nodes(node):
            self.parent[child] = node
            self._visit(child, self._scope_of_child(node, child, scope))

    def _scope_of_child(self, node: ast.AST, child: ast.AST, scope: ast.AST) -> ast.AST:
        if isinstance(node, COMPREHENSIONS):
            return node
        if isinstance(node, ast.Lambda):
            return node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return node if child in node.body or child is node.args else scope
        if isinstance(node, ast.ClassDef):
            return node if child in node.body else scope
        if isinstance(node, ast.arguments) and not isinstance(child, ast.arg):
            return self.scope[self.parent[node]]
        return scope

    def _bind(self, node: ast.AST, scope: ast.AST) -> None:
        match node:
            case ast.Name() if node in self.members:
                self._of_members[self.members[node].variable].append(node)
            case ast.Name(id=name, ctx=context):
                self._named[self._tree, name].append(node)
                if not isinstance(context, ast.Load):
                    self.bound[self._binder(node, scope)].add(name)
            case ast.arg(arg=name):
                self._named[self._tree, name].append(node)
                self.bound[scope].add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                self._named[self._tree, name].append(node)
                self.bound[scope].add(name)
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                self.bound[scope].add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                bound = [a.asname or a.name.split(".")[0] for a in names]
                self.bound[scope].update(bound)
                for name in bound:
                    self._named[self._tree, name].append(node)
            case ast.Yield() | ast.YieldFrom():
                self.lazy.add(scope)
            case ast.Global(names=names):
                self.outer[scope].update(dict.fromkeys(names, self._tree))
                self.bound[self._tree].update(names)
            case ast.Nonlocal(names=names):
                for name in names:
                    holder = next(
                        (s for s in self.enclosing(self.scope[scope]) if name in self.bound[s]), scope
                    )
                    self.outer[scope][name] = holder
            case _:
                pass

    def _binder(self, node: ast.AST, scope: ast.AST) -> ast.AST:
        """A walrus inside a comprehension binds in the function around it."""
        walrus = isinstance(self.parent.get(node), ast.NamedExpr)
        while walrus and isinstance(scope, COMPREHENSIONS):
            scope = self.scope[scope]
        return scope
