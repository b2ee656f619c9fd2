"""What a module class declares: fields, constants, methods and their parameters."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TypeGuard

from migrate.analysis.kinds import Class, Symbol, Value
from migrate.analysis.program.parameters import positional_parameters
from migrate.analysis.program.scopes import COMPREHENSIONS
from migrate.analysis.program.syntax import names_in

NUMBERS = frozenset({"int", "float", "bool", "complex"})


def is_module(value: Value) -> bool:
    """Whether the value is a class that derives from `flax.linen.Module`, directly or not."""
    if isinstance(value, Symbol):
        return value.name == "flax.linen.Module"
    return isinstance(value, Class) and any(is_module(base) for base in value.bases)


def base_of(cls: Class) -> Class | None:
    """The module class of the project that a module class extends, if that is its one base."""
    match cls.bases:
        case (Class() as base,) if is_module(base):
            return base
        case _:
            return None


def lineage(cls: Class) -> list[Class]:
    """A module class and those that it extends, the nearest first."""
    base = base_of(cls)
    return [cls, *(lineage(base) if base is not None else [])]


ASIDE = (ast.Lambda, ast.IfExp, ast.BoolOp, *COMPREHENSIONS)


def handed_up(cls: Class) -> ast.Call | None:
    """The one `super().__call__(...)` of a class, which its `__call__` surely runs once."""
    own, base = own_methods(cls).get("__call__"), base_of(cls)
    named = [n for n in ast.walk(cls.node) if isinstance(n, ast.Name) and n.id == "super"]
    if own is None or base is None or "__call__" not in methods(base) or len(named) != 1:
        return None
    for statement in own.body:
        inside = {*ast.walk(statement)}
        if named[0] in inside:
            around = [n for n in inside if isinstance(n, ASIDE) and named[0] in ast.walk(n)]
            plain = isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Return)
            return next((c for c in inside if _hands_up(c, named[0])), None) if plain and not around else None
        if any(isinstance(n, ast.Return) for n in inside):
            return None
    return None


def _hands_up(node: ast.AST, name: ast.Name) -> TypeGuard[ast.Call]:
    match node:
        case ast.Call(
            func=ast.Attribute(attr="__call__", value=ast.Call(func=function, args=[], keywords=[]))
        ) if function is name:
            plain = not any(isinstance(arg, ast.Starred) for arg in node.args)
            return plain and not any(keyword.arg is None for keyword in node.keywords)
        case _:
            return False


def handed_on(cls: Class) -> set[str]:
    """The inputs that `super().__call__` is given under the same names, as they are."""
    call, base = handed_up(cls), base_of(cls)
    if call is None or base is None:
        return set()
    own = methods(cls)["__call__"]
    given = [*zip(inputs_of(methods(base)["__call__"]), call.args, strict=False)]
    given += [(keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg is not None]
    stored = {n.id for n in ast.walk(own) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    same = {name for name, value in given if isinstance(value, ast.Name) and value.id == name}
    return same & {*inputs_of(own)} - stored


def is_extended(cls: Class, classes: Mapping[ast.ClassDef, Class]) -> bool:
    """Whether another class of the project extends this one."""
    return any(cls in lineage(other)[1:] for other in classes.values())


def fields(cls: Class) -> list[ast.AnnAssign]:
    """The dataclass fields of a module class in order: inherited ones first, each as it is declared last.

    Those that are given by keyword only come behind all others.
    """
    found = {s.target.id: s for one in reversed(lineage(cls)) for s in own_fields(one)
             if isinstance(s.target, ast.Name)}  # fmt: skip
    keywords = keyword_only(cls)
    return sorted(found.values(), key=lambda s: getattr(s.target, "id", "") in keywords)


def own_fields(cls: Class) -> list[ast.AnnAssign]:
    """The fields that the class itself declares."""
    statements = [s for s in cls.node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]
    return [s for s in statements if not is_class_variable(s)]


def is_class_variable(statement: ast.stmt) -> bool:
    """`scale: ClassVar[float] = 2.0`, which is no field."""
    return isinstance(statement, ast.AnnAssign) and "ClassVar" in ast.dump(statement.annotation)


def keyword_only(cls: Class) -> set[str]:
    """The fields that are given by keyword only, each as it is declared last."""
    found: dict[str, bool] = {}
    for one in reversed(lineage(cls)):
        marked = any(k.arg == "kw_only" and ast.unparse(k.value) == "True" for k in one.node.keywords)
        for statement in own_fields(one):
            own = declared(statement, "kw_only")
            name = getattr(statement.target, "id", "")
            found[name] = marked if own is None else ast.unparse(own) == "True"
    return {name for name, only in found.items() if only}


def is_declared(statement: ast.AnnAssign) -> bool:
    """Whether a field is declared by `field(...)`."""
    match statement.value:
        case ast.Call(func=ast.Name(id="field") | ast.Attribute(attr="field")):
            return True
        case _:
            return False


def declared(statement: ast.AnnAssign, name: str) -> ast.expr | None:
    """What `field(...)` says under a keyword."""
    call = statement.value if is_declared(statement) else None
    keywords = call.keywords if isinstance(call, ast.Call) else []
    return next((keyword.value for keyword in keywords if keyword.arg == name), None)


def default_of(statement: ast.AnnAssign) -> ast.expr | None:
    """What a field holds where nothing is given, if that is one value for all instances."""
    return declared(statement, "default") if is_declared(statement) else statement.value


def field_names(cls: Class) -> tuple[str, ...]:
    """The names of the fields, in order."""
    return tuple(s.target.id for s in fields(cls) if isinstance(s.target, ast.Name))


def is_number(cls: Class, name: str) -> bool:
    """Whether a field is declared to be one number."""
    for statement in fields(cls):
        if isinstance(statement.target, ast.Name) and statement.target.id == name:
            names = names_in(statement.annotation)
            return bool(names) and names <= NUMBERS | {"Optional"}
    return False


def holds_module(annotation: ast.expr) -> bool:
    """Whether an annotation says that a field is one module, or None: `nn.Module`, `Optional[nn.Module]`."""
    match annotation:
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return holds_module(left)
        case ast.Subscript(value=ast.Name(id="Optional") | ast.Attribute(attr="Optional"), slice=inner):
            return holds_module(inner)
        case ast.Name(id=word) | ast.Attribute(attr=word):
            return word == "Module"
        case _:
            return False


LISTS = frozenset({"Sequence", "List", "list", "Tuple", "tuple"})


def holds_modules(annotation: ast.expr) -> bool:
    """Whether an annotation says that a field is a list of modules, or None: `Sequence[nn.Module]`."""
    match annotation:
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return holds_modules(left)
        case ast.Subscript(value=ast.Name(id=word) | ast.Attribute(attr=word), slice=inner):
            many = isinstance(inner, ast.Tuple) and len(inner.elts) == 2
            if isinstance(inner, ast.Tuple) and many and ast.unparse(inner.elts[1]) == "...":
                inner = inner.elts[0]
            return (word == "Optional" and holds_modules(inner)) or (word in LISTS and holds_module(inner))
        case _:
            return False


def lists_of_modules(cls: Class) -> set[str]:
    """The fields that hold lists of modules."""
    return {getattr(s.target, "id", "") for s in fields(cls) if holds_modules(s.annotation)}


def own_constants(cls: Class) -> set[str]:
    """The names that the class body, or that of a base, binds by plain assignments."""
    statements = [s for one in lineage(cls) for s in one.node.body]
    targets = [t for s in statements if isinstance(s, ast.Assign) for t in s.targets]
    targets += [s.target for s in statements if isinstance(s, ast.AnnAssign) and is_class_variable(s)]
    return {t.id for t in targets if isinstance(t, ast.Name)}


def methods(cls: Class) -> dict[str, ast.FunctionDef]:
    """The methods of a module class by name, inherited ones included."""
    return {name: method for one in reversed(lineage(cls)) for name, method in own_methods(one).items()}


def own_methods(cls: Class) -> dict[str, ast.FunctionDef]:
    """The methods that stand in the class itself."""
    return {s.name: s for s in cls.node.body if isinstance(s, ast.FunctionDef)}


def is_static(method: ast.FunctionDef) -> bool:
    """Whether a method is a plain function, which does not know the instance."""
    return any(isinstance(mark, ast.Name) and mark.id == "staticmethod" for mark in method.decorator_list)


def is_of_class(method: ast.FunctionDef) -> bool:
    """Whether a method is called with the class in first place."""
    return any(isinstance(mark, ast.Name) and mark.id == "classmethod" for mark in method.decorator_list)


def inputs_of(method: ast.FunctionDef) -> list[str]:
    """The parameters of a method after `self`."""
    arguments = method.args
    every = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return every if is_static(method) else every[1:]


def self_name(method: ast.FunctionDef) -> str | None:
    """What a method calls the instance; None where it does not know it."""
    if is_static(method):
        return None
    positional = positional_parameters(method)
    return positional[0].arg if positional else "self"


def self_names(cls: Class) -> set[str]:
    """What the methods of a class call the instance."""
    return {name for method in methods(cls).values() if (name := self_name(method)) is not None}


def argument(node: ast.Call, positional: tuple[str, ...], name: str) -> ast.expr | None:
    """The expression given for `name` in a call."""
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value
    if name not in positional:
        return None
    index = positional.index(name)
    given = node.args[: index + 1]
    if any(isinstance(arg, ast.Starred) for arg in given):
        return None
    return given[index] if len(given) > index else None
