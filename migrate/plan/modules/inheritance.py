"""Module classes that extend one of the project: what is certain to stay right, and `super().__init__`.

Either the class takes `__call__` and its layers as they are and adds fields and methods, or it has a
`__call__` of its own, and what it extends builds its layers in the one that is replaced, if any.
"""

from __future__ import annotations

import ast
import builtins

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import (
    base_of,
    field_names,
    fields,
    handed_on,
    handed_up,
    is_declared,
    is_extended,
    keyword_only,
    lineage,
    methods,
    own_fields,
    own_methods,
)
from migrate.analysis.sites import Construct, Layer, Summary
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import Draft, Line
from migrate.plan.modules.input_sizes import input_sizes
from migrate.plan.modules.owned import owned


def is_abstract(cls: Class) -> bool:
    """Whether a class is there to be extended: it cannot be called."""
    return not methods(cls).keys() & {"__call__", "setup"}


def extends(cls: Class) -> bool:
    """Whether a class takes `__call__` from a class of the project, or calls it in its own."""
    inherits = "__call__" in methods(cls) and "__call__" not in own_methods(cls)
    return (base_of(cls) is not None and inherits) or handed_up(cls) is not None


def replaces_layers(cls: Class, owns: set[ast.ClassDef]) -> bool:
    """Whether a class has a `__call__` of its own where the one that it would inherit builds layers."""
    base = base_of(cls)
    above = {one.node for one in lineage(base)} if base is not None else set()
    return bool(owns & above) and "__call__" in own_methods(cls) and not extends(cls)


def inherited_lines(cls: Class) -> list[Line]:
    """The inherited fields of a class that does not call `super().__init__`, as that would build layers."""
    found = [statement for statement in fields(cls) if statement not in own_fields(cls)]
    if declared := [statement for statement in found if is_declared(statement)]:
        message = "a field with `field(...)` is inherited from a class whose layers are replaced"
        raise Blocked(declared[0], "LNX117", message)
    return [
        (f"self.{name} = {name}", None)
        for statement in found
        if (name := getattr(statement.target, "id", ""))
    ]


def needs_constructor(cls: Class) -> bool:
    """Whether a class has an `__init__` of its own afterwards."""
    return bool(own_fields(cls)) or not (extends(cls) or is_abstract(cls))


def base_line(plan: Plan, cls: Class, base: Draft) -> Line | None:
    """`super().__init__(...)` with the fields of the base, its input sizes and `rngs`."""
    if (call := handed_up(cls)) is not None:
        _check_handed(plan, cls, base, call)
    keywords = keyword_only(base.cls)
    given = [f"{name}={name}" if name in keywords else name for name in field_names(base.cls)]
    if not given and not extends(cls):
        return None
    if not is_abstract(base.cls):
        given += [f"{a.argument}={a.argument}" for a in input_sizes(plan, base.cls, base).arguments]
        given.append("rngs=rngs")
    again = [s for s in own_fields(cls) if getattr(s.target, "id", "") in field_names(base.cls)]
    return f"super().__init__({', '.join(given)})", again[0] if again else None


def check_inheritance(plan: Plan, cls: Class, owns: set[ast.ClassDef], draws: bool) -> None:
    """Raise `Blocked` unless the class means in NNX what it means in Linen.

    `owns` are the classes with layers or parameters.
    """
    if is_abstract(cls):
        _check_abstract(plan, cls, owns)
    base = base_of(cls)
    if base is None:
        return
    name = cls.node.name
    above = lineage(base)
    if "setup" in methods(base) and "__call__" not in methods(base):
        raise Blocked(cls.node, "LNX117", f"`{name}` extends a class with layers that is not called")
    if any(
        plan.facts.class_fields.keys() & {(one.node, f) for f in field_names(cls)} for one in lineage(cls)
    ):
        raise Blocked(cls.node, "LNX117", f"`{name}` inherits a field that holds a layer class")
    mentions = [*above] if handed_up(cls) is not None else [cls, *above]
    if any(isinstance(n, ast.Name) and n.id == "super" for one in mentions for n in ast.walk(one.node)):
        raise Blocked(cls.node, "LNX117", f"`{name}` or a class that it extends calls `super()`")
    if draws and sum(bool(own_methods(one)) for one in [cls, *above]) > 1:
        raise Blocked(cls.node, "LNX117", f"`{name}` inherits methods, and draws random numbers")
    layers = bool(owns & {one.node for one in above})
    if "setup" in methods(base) and "setup" in own_methods(cls):
        raise Blocked(cls.node, "LNX117", f"`{name}` has another `setup` than the class that it extends")
    if layers and (own_methods(cls).keys() | methods(base).keys()) & {"setup"} and not extends(cls):
        raise Blocked(cls.node, "LNX117", f"`{name}` replaces the layers of the class that it extends")
    if replaces_layers(cls, owns):
        _check_replaced(plan, cls, above)
    if extends(cls) and ("setup" in own_methods(cls) or cls.node in owns):
        raise Blocked(cls.node, "LNX117", f"`{name}` builds layers for the `__call__` that it inherits")
    if layers or cls.node in owns:
        _check_overridden(cls, above)
    _check_defaults(cls, base)
    _check_kinds(cls, above)
    _check_ranks(plan, cls, base)
    _check_texts(plan, cls)


def _check_handed(plan: Plan, cls: Class, base: Draft, call: ast.Call) -> None:
    """The inputs whose sizes `__init__` takes must be those of the `__call__` that is called."""
    same = handed_on(cls)
    for argument in input_sizes(plan, base.cls, base).arguments:
        name = argument.parameter
        if argument.form != "told" and name not in same:
            message = f"`{name}`, whose size is needed, is not handed on as it is to `super().__call__`"
            raise Blocked(call, "LNX117", message)


def _check_replaced(plan: Plan, cls: Class, above: list[Class]) -> None:
    """All layers of the classes above are built in the `__call__` that is replaced."""
    for one in above:
        for site in owned(plan, one):
            if plan.facts.scopes.function(site.node) is not own_methods(one).get("__call__"):
                message = f"`{cls.node.name}` replaces some layers of the class that it extends"
                raise Blocked(site.node, "LNX117", message)


def _check_abstract(plan: Plan, cls: Class, owns: set[ast.ClassDef]) -> None:
    extended = is_extended(cls, plan.facts.classes)
    built = any(
        (isinstance(s, Construct) and s.instance.cls == cls) or (isinstance(s, Layer) and s.cls == cls)
        for s in plan.facts.sites.values()
    )
    if not extended or built or cls.node in owns or "setup" in methods(cls):
        raise Blocked(cls.node, "LNX111", f"`{cls.node.name}` has no `__call__` of its own")


def _check_overridden(cls: Class, above: list[Class]) -> None:
    """Sizes and results behind an inherited `__call__` are those that its own class tells."""
    if not extends(cls):
        return
    used = {n.attr for one in above for n in ast.walk(one.node) if isinstance(n, ast.Attribute)}
    if clash := used & own_methods(cls).keys() & {m for one in above for m in own_methods(one)}:
        message = f"`{cls.node.name}` replaces `{min(clash)}`, which the class that it extends uses"
        raise Blocked(own_methods(cls)[min(clash)], "LNX117", message)


def _check_defaults(cls: Class, base: Class) -> None:
    """A field that is only annotated again keeps its old default, which stands in the class above."""
    known = {getattr(s.target, "id", "") for s in fields(base) if s.value is not None}
    for statement in own_fields(cls):
        if statement.value is None and getattr(statement.target, "id", "") in known:
            message = f"a field of `{cls.node.name}` is annotated again without its default"
            raise Blocked(statement, "LNX117", message)


def _check_kinds(cls: Class, above: list[Class]) -> None:
    """A name is a field, a method or a constant in all of the classes."""
    kinds: dict[str, str] = {}
    for one in [cls, *above]:
        constants = {
            t.id
            for s in one.node.body
            if isinstance(s, ast.Assign)
            for t in s.targets
            if isinstance(t, ast.Name)
        }
        declared = {getattr(s.target, "id", "") for s in own_fields(one)}
        for kind, names in (("field", declared), ("method", {*own_methods(one)}), ("constant", constants)):
            for name in names:
                if kinds.setdefault(name, kind) != kind:
                    message = f"`{name}` is a {kinds[name]} here and a {kind} in the class that it extends"
                    raise Blocked(cls.node, "LNX117", message)


def _check_ranks(plan: Plan, cls: Class, base: Class) -> None:
    if not extends(cls):
        return
    own, other = plan.facts.summaries.get(cls.node), plan.facts.summaries.get(base.node)
    names = handed_on(cls) if handed_up(cls) is not None else None
    if own is None or other is None or _ranks(own, names) != _ranks(other, names):
        message = f"the inputs of `{cls.node.name}` have other axes than those of the class that it extends"
        raise Blocked(cls.node, "LNX117", message)


def _ranks(summary: Summary, names: set[str] | None) -> dict[str, int]:
    """The numbers of axes of inputs, or of some of them."""
    return {name: rank for name, rank in summary.ranks.items() if names is None or name in names}


def _check_texts(plan: Plan, cls: Class) -> None:
    """Annotations and defaults that are written again must mean the same in this file."""
    if not needs_constructor(cls):
        return
    path = plan.facts.file(cls.node).path
    for statement in fields(cls):
        if statement in own_fields(cls):
            continue
        parts = [statement.annotation, *([statement.value] if statement.value is not None else [])]
        names = {n.id: n for part in parts for n in ast.walk(part) if isinstance(n, ast.Name)}
        foreign = plan.facts.file(statement).path != path
        for name, node in names.items():
            if not hasattr(builtins, name) and (foreign or _is_local(plan, node)):
                message = (
                    f"`{name}`, in a field that `{cls.node.name}` inherits, may mean something else here"
                )
                raise Blocked(cls.node, "LNX117", message)


def _is_local(plan: Plan, node: ast.Name) -> bool:
    variable = plan.facts.scopes.variable(node, node.id)
    return variable is not None and not isinstance(variable.scope, ast.Module)
