"""Linen module classes from the inside: fields, layers, and the sizes that reach each layer."""

from __future__ import annotations

import ast
from dataclasses import replace
from keyword import iskeyword

from migrate.analysis import arrays
from migrate.analysis.frames import Frame
from migrate.analysis.kinds import (
    UNKNOWN,
    Array,
    Class,
    Function,
    Instance,
    Length,
    Object,
    Partial,
    Symbol,
    Value,
    followed,
)
from migrate.analysis.layers import LAYERS
from migrate.analysis.run import Counter, Run
from migrate.analysis.sites import Layer
from migrate.analysis.sizes import UNKNOWN_SHAPE, Shape, Size

CONDITIONAL = (
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.Match, ast.IfExp, ast.BoolOp),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda),
)


def is_module(value: Value) -> bool:
    """Whether the value is a class that derives from `flax.linen.Module`, directly or not."""
    if isinstance(value, Symbol):
        return value.name == "flax.linen.Module"
    return isinstance(value, Class) and any(is_module(base) for base in value.bases)


def fields(cls: Class) -> list[ast.AnnAssign]:
    """The dataclass fields of a module class, in order."""
    statements = [s for s in cls.node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]
    return [s for s in statements if "ClassVar" not in ast.dump(s.annotation)]


def field_names(cls: Class) -> tuple[str, ...]:
    """The names of the fields, in order."""
    return tuple(s.target.id for s in fields(cls) if isinstance(s.target, ast.Name))


def methods(cls: Class) -> dict[str, ast.FunctionDef]:
    """The methods of a class by name."""
    return {s.name: s for s in cls.node.body if isinstance(s, ast.FunctionDef)}


def inputs_of(method: ast.FunctionDef) -> list[str]:
    """The parameters of a method after `self`."""
    arguments = method.args
    return [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)][1:]


def placeholder(parameter: str) -> Size:
    """The last axis of an input, until it is known which inputs need an argument."""
    return Size(f"_last_axis_of_{parameter}")


def summarise(run: Run, cls: Class) -> None:
    """Run `setup` and `__call__` once with symbolic inputs; the layers are recorded as sites."""
    if cls.node in run.entered:
        return
    run.entered.add(cls.node)
    outer = run.owner, run.counters, run.attributes
    run.owner, run.counters, run.attributes = cls, {}, {}
    known = methods(cls)
    with run.freezing(run.visible()), run.entering(Frame(cls.node, cls.frame)):
        for statement in fields(cls):
            if statement.value is not None:
                run.evaluate(statement.value)
        for name in ("setup", "__call__"):
            if name in known:
                method = known[name]
                run.entered.add(method)
                for decorator in method.decorator_list:
                    run.evaluate(decorator)
                frame = Frame(method, run.frame)
                frame.vars |= {p: Array(Shape((placeholder(p),))) for p in inputs_of(method)}
                frame.vars[_self_name(method)] = Object(cls)
                with run.entering(frame):
                    run.execute(method.body)
        _read_other_methods(run, cls)
    run.owner, run.counters, run.attributes = outer


def _read_other_methods(run: Run, cls: Class) -> None:
    """Methods that nothing calls are read for what stands against a rewrite; they tell no sizes."""
    run.beside = True
    for method in methods(cls).values():
        if method not in run.entered:
            run.entered.add(method)
            frame = Frame(method, run.frame)
            frame.vars |= dict.fromkeys(inputs_of(method), UNKNOWN)
            frame.vars[_self_name(method)] = Object(cls)
            with run.entering(frame):
                run.execute(method.body)
    run.beside = False


def _self_name(method: ast.FunctionDef) -> str:
    positional = [*method.args.posonlyargs, *method.args.args]
    return positional[0].arg if positional else "self"


def attribute(run: Run, node: ast.Attribute, holder: Object) -> Value:
    """The kind of `self.attr` inside a module."""
    if node.attr in run.attributes:
        return run.attributes[node.attr]
    if node.attr in field_names(holder.cls):
        return Length(Size(f"self.{node.attr}"))
    method = methods(holder.cls).get(node.attr)
    if method is not None:
        return Partial(Function(method, run.frame), (holder,), ())
    constants = {t.id for s in holder.cls.node.body if isinstance(s, ast.Assign) for t in s.targets
                 if isinstance(t, ast.Name)}  # fmt: skip
    if node.attr not in constants:
        blocked(run, node, "LNX311", f"`self.{node.attr}` of a Linen module has no rewriting yet")
    return UNKNOWN


def blocked(run: Run, node: ast.AST, code: str, message: str) -> None:
    """Leave the module that is being read, and all that is tied to it, alone."""
    owner = run.owner.node if run.owner else None
    run.facts.escape(node, code, message, frozenset(), owner=owner)


def keep(run: Run, target: ast.Attribute, holder: Value, kind: Value) -> bool:
    """`self.name = value` inside `setup`; False where this is not such a place."""
    if not isinstance(holder, Object) or run.owner is None:
        return False
    run.attributes[target.attr] = kind
    if isinstance(kind, Instance):
        _name_layer(run, kind, target.attr)
    elif followed(kind):
        blocked(run, target, "LNX111", "layers are kept in a list, dict or tuple")
    return True


def _name_layer(run: Run, instance: Instance, name: str) -> None:
    site = run.facts.sites.get(instance.site)
    if isinstance(site, Layer):
        explicit = argument(site.node, (), "name")
        if explicit is not None and site.name != name:
            blocked(run, site.node, "LNX111", "a layer in `setup` has another name than its attribute")
        run.facts.sites[instance.site] = replace(site, name=name)


def construct(
    run: Run, node: ast.Call, layer: str, keywords: dict[str, Value], given: tuple[int, int]
) -> Value:
    """A layer is built inside a module: its name is settled here, its input when it is called.

    `given` counts the arguments that reach the layer, which a partial call may have added to.
    """
    assert run.owner is not None
    if given != (len(node.args), len(node.keywords)):
        blocked(run, node, "LNX111", "a layer is built through a partial call of its class")
    if _conditional(run, node):
        blocked(run, node, "LNX111", "a layer is built under a condition, in a loop or in a nested function")
    short = layer.rpartition(".")[2]
    counter = run.counters.get(short, Counter())
    if run.loop is not None and counter.turns:
        blocked(run, node, "LNX111", f"`{short}` layers are built in more than one loop")
    name = counter.named(short, run.loop)
    if "name" in keywords:
        name = _explicit_name(run, node, name)
    else:
        run.counters[short] = replace(counter, number=counter.number + 1)
    run.facts.site(Layer(node, layer, name, run.owner, None, run.loop))
    return Instance(Symbol(layer), node)


def _explicit_name(run: Run, node: ast.Call, otherwise: str) -> str:
    given = next(k.value for k in node.keywords if k.arg == "name")
    value = given.value if isinstance(given, ast.Constant) else None
    plain = isinstance(value, str) and value.isidentifier() and not iskeyword(value)
    if isinstance(value, str) and plain and not value.startswith("__") and run.loop is None:
        return value
    blocked(run, node, "LNX111", "the name of a layer is computed")
    return otherwise


def _conditional(run: Run, node: ast.AST) -> bool:
    assert run.owner is not None
    allowed = [m for n, m in methods(run.owner).items() if n in {"setup", "__call__"}]
    if _may_have_returned(run, allowed, node):
        return True
    parent = run.facts.scopes.parent
    while node not in allowed:
        if node not in parent:
            return True
        looped = run.loop is not None and node is run.loop.node
        if (isinstance(node, CONDITIONAL) and not looped) or node is run.owner.node:
            return True
        node = parent[node]
    return False


def _may_have_returned(run: Run, allowed: list[ast.FunctionDef], node: ast.AST) -> bool:
    """Whether a `return` stands before `node`, so that on some paths it is never reached."""
    scopes = run.facts.scopes
    method = next((m for m in allowed if m is scopes.function(node)), None)
    returns = [n for n in ast.walk(method) if isinstance(n, ast.Return)] if method else []
    begin = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
    return any(
        scopes.function(r) is method and (r.end_lineno or r.lineno, r.end_col_offset or 0) <= begin
        for r in returns
    )


def call_layer(run: Run, node: ast.Call, instance: Instance, args: list[Value]) -> Value:
    """A layer built inside a module is called; its input size is what reaches it."""
    site = run.facts.sites.get(instance.site)
    if not isinstance(site, Layer) or not isinstance(instance.cls, Symbol):
        run.escape(node, "LNX299", "a module definition is called outside of a module", instance)
        return UNKNOWN
    if node.keywords or len(args) != 1:
        blocked(run, node, "LNX111", "a layer is called with other arguments than its input")
    shape = (arrays.of(args[0]) if args else None) or UNKNOWN_SHAPE
    if run.beside and site.inputs is not None:
        shape = site.inputs
    if site.inputs is not None and site.inputs.axis(-1) != shape.axis(-1):
        shape = UNKNOWN_SHAPE
    run.facts.sites[instance.site] = replace(site, inputs=shape)
    return Array(LAYERS[site.layer].output(shape, size_argument(run, site)))


def leaf(run: Run, instance: Instance, keys: tuple[str, ...]) -> bool:
    """Whether `keys` lead to one parameter of the model, a collection name in front left aside."""
    keys = keys[1:] if keys[:1] == ("params",) else keys
    if isinstance(instance.cls, Symbol):
        return keys in {(name,) for name in LAYERS[instance.cls.name].leaves}
    layers = [
        s for s in run.facts.sites.values() if isinstance(s, Layer) and s.owner.node is instance.cls.node
    ]
    return any(keys == (site.name, name) for site in layers for name in LAYERS[site.layer].leaves)


def size_argument(run: Run, site: Layer) -> Size | None:
    """The output size that the layer's constructor was given, as an expression for `__init__`."""
    kind = LAYERS[site.layer]
    node = argument(site.node, kind.positional, kind.sized)
    if node is None:
        return None
    value = run.facts.values.get(node, UNKNOWN)
    if (size := arrays.size_of(value)) is not None:
        return size
    return Size(run.facts.files.segment(node)) if hoistable(run, site.owner, node) else None


def hoistable(run: Run, owner: Class, node: ast.expr) -> bool:
    """Whether an expression means the same in `__init__`: it reads fields and module-level names only."""
    names = field_names(owner)
    scopes = run.facts.scopes
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and _is_self(part.value, owner):
            if part.attr not in names:
                return False
        elif isinstance(part, ast.Name) and not _is_self(part, owner):
            variable = scopes.variable(part, part.id)
            if (
                variable is not None
                and not isinstance(variable.scope, ast.Module)
                and variable.scope not in ast.walk(node)
            ):
                return False
        elif isinstance(part, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)):
            return False
    return True


def _is_self(node: ast.expr, owner: Class) -> bool:
    return isinstance(node, ast.Name) and node.id in {_self_name(m) for m in methods(owner).values()}


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
