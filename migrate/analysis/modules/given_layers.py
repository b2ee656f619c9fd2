"""Layers that a module is handed through a field: `FlaxEncoder(embed_tokens=self.shared)`.

In Linen such a layer stays where it was made if an attribute keeps it there, and belongs to the module that
receives it if none does. A field is known to hold a module of the project by what it is handed.
"""

from __future__ import annotations

import ast

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import (
    UNKNOWN,
    Array,
    Class,
    GivenLayer,
    Instance,
    Length,
    Method,
    Mixed,
    Symbol,
    Value,
)
from migrate.analysis.modules.alternative_tables import EMBED, features, makes_own
from migrate.analysis.modules.classes import field_names, fields
from migrate.analysis.modules.handed_sizes import learn_features, learn_fields
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.optional_layers import handed
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.modules.setups import in_setup
from migrate.analysis.program.names import canonical
from migrate.analysis.program.scopes import COMPREHENSIONS
from migrate.analysis.run import Run
from migrate.analysis.shapes.layer_shapes import output
from migrate.analysis.shapes.plain_shapes import of
from migrate.analysis.shapes.sizes import Shape, Size
from migrate.analysis.sites import HandedLayer, Layer

NUMBERS = frozenset({"features", "num_embeddings"})
"""Attributes that both layers have."""


def read(run: Run, cls: Class, name: str) -> GivenLayer | None:
    """The layer in a field that is handed one, or is declared to hold one: `embed_tokens: nn.Embed`."""
    statement = next((s for s in fields(cls) if getattr(s.target, "id", "") == name), None)
    if statement is None or not isinstance(statement.value, ast.Constant | None):
        return None
    if (known := run.facts.given_layers.get((cls.node, name))) is not None:
        return known
    if statement.value is None:
        return GivenLayer(name, EMBED) if _meant(cls, statement.annotation) == EMBED else None
    return GivenLayer(name, EMBED) if makes_own(run, cls, name) else None


def _meant(cls: Class, annotation: ast.expr) -> str:
    """What an annotation names: `nn.Embed`, or an import of it."""
    first, dot, rest = ast.unparse(annotation).partition(".")
    known = (frame.vars[first] for frame in cls.frame.chain() if first in frame.vars)
    match next(known, UNKNOWN):
        case Symbol(name):
            return canonical(f"{name}{dot}{rest}")
        case _:
            return ""


def accepts(run: Run, cls: Class, name: str, node: ast.expr, value: Value, given: Arguments) -> bool:
    """Whether a layer may be handed to this field; then it is remembered who keeps it."""
    if name not in field_names(cls) or run.owner is None or not in_setup(run, given.node):
        return False
    layer, choice = handed(run, node, value)
    taken = _learnt(run, cls, name, layer)
    if taken is None or not isinstance(layer, Instance | GivenLayer):
        return False
    if isinstance(layer, GivenLayer):
        found = HandedLayer(given.node, name, layer.field, run.owner, choice)
        run.facts.handed_layers[given.node, name] = found
        run.facts.lent.add((cls.node, name))
        if taken.layer == EMBED:
            learn_features(run, cls, name, _features(run, layer).size.text, given)
        else:
            held = run.facts.handed_fields.get((run.owner.node, layer.field), {})
            learn_fields(run, cls, name, held, given)
        return (layer.layer, layer.cls) == (taken.layer, taken.cls)
    site = run.facts.sites.get(layer.site)
    own = isinstance(site, Layer) and site.owner.node is run.owner.node and site.lifted is None
    own &= isinstance(site, Layer) and (site.layer, site.cls) == (taken.layer, taken.cls)
    own &= isinstance(site, Layer) and not site.left_open
    if not own or not isinstance(site, Layer) or not in_setup(run, site.node) or site.explicit:
        return False
    if site.kept is None:
        if not _is_only_for(run, site, node, given.node):
            return False
        run.facts.adopted.add((cls.node, name))
    elif site.kept == "*":
        return False
    else:
        run.facts.lent.add((cls.node, name))
    run.facts.handed_layers[given.node, name] = HandedLayer(given.node, name, site.node, run.owner, choice)
    texts = {field: init_text(run.facts, run.owner, value) for field, value in site.given}
    if taken.layer == EMBED:
        learn_features(run, cls, name, texts.get("features"), given)
    else:
        learn_fields(run, cls, name, texts, given)
    return True


def _learnt(run: Run, cls: Class, name: str, layer: Value) -> GivenLayer | None:
    """What a field holds, which a module of the project tells that it is handed."""
    if read(run, cls, name) is None and (found := _of(name, layer)) is not None:
        run.facts.given_layers[cls.node, name] = found
        run.facts.summaries.pop(cls.node, None)
    return read(run, cls, name)


def _of(name: str, layer: Value) -> GivenLayer | None:
    """A table or module of the project, in the field that it is handed for."""
    match layer:
        case GivenLayer(layer=kind, cls=held):
            return GivenLayer(name, kind, held)
        case Instance(Class() as held):
            return GivenLayer(name, held.node.name, held)
        case Instance(Symbol("flax.linen.Embed")):
            return GivenLayer(name, EMBED)
        case _:
            return None


def _features(run: Run, held: GivenLayer) -> Length:
    """The last axis of what the layer gives."""
    assert run.owner is not None
    known = run.facts.handed_features.get((run.owner.node, held.field))
    if (run.owner.node, held.field) not in run.facts.handed_features:
        known = features(run, run.owner, held.field)
    return Length(Size(known or f"self.{held.field}.features"))


def _is_only_for(run: Run, site: Layer, node: ast.expr, call: ast.Call) -> bool:
    """Whether a layer that no attribute keeps is made for one construction: that module owns it then."""
    parent = run.facts.scopes.parent
    above: ast.AST = call
    while not isinstance(above, ast.FunctionDef):
        if isinstance(above, (*COMPREHENSIONS, ast.For, ast.While, ast.If, ast.IfExp)):
            return False
        above = parent[above]
    if node is site.node:
        return True
    variable = run.facts.scopes.variable(node, node.id) if isinstance(node, ast.Name) else None
    return variable is not None and len(run.facts.scopes.names(variable)) == 2


def keep_handed(run: Run, site: ast.Call) -> None:
    """Layers that only this construction is handed are kept by what it makes."""
    for each in [h for h in run.facts.handed_layers.values() if h.node is site]:
        layer = run.facts.sites.get(each.layer) if isinstance(each.layer, ast.Call) else None
        if isinstance(layer, Layer) and layer.kept is None:
            run.facts.sites[layer.node] = layer.in_list()


def text(run: Run, node: ast.expr) -> str | None:
    """What a layer that is handed on is called in `__init__`."""
    value = run.facts.values.get(node)
    if isinstance(value, GivenLayer):
        return f"self.{value.field}"
    site = run.facts.sites.get(value.site) if isinstance(value, Instance) else None
    return f"self.{site.kept}" if isinstance(site, Layer) and site.kept not in {None, "*"} else None


def attribute(run: Run, node: ast.Attribute, held: GivenLayer) -> Value:
    """`self.embed_tokens.features`, or what both layers know of themselves."""
    if node.attr == "features" and held.layer == EMBED:
        return _features(run, held)
    if node.attr in NUMBERS and held.layer == EMBED:
        return Length(Size(f"self.{held.field}.{node.attr}"))
    if node.attr == "attend" and held.layer == EMBED:
        return Method(held, "attend")
    return UNKNOWN


def _is_called(run: Run, node: ast.AST) -> bool:
    above = run.facts.scopes.parent[node]
    return isinstance(above, ast.Call) and above.func is node


def are_tables(value: Value) -> bool:
    """Whether a value is a table of the module itself or one that it is handed."""
    return isinstance(value, Mixed) and all(_is_table(part) for part in value.parts)


def _is_table(value: Value) -> bool:
    match value:
        case Instance(Symbol("flax.linen.Embed")) | GivenLayer(layer="flax.linen.Embed"):
            return True
        case _:
            return False


def attended(run: Run, given: Arguments) -> Value:
    """`table.attend(x)`: how many entries the table has is not known here."""
    shape = of(given.args[0]) if len(given.args) == 1 and not given.keywords else None
    if shape is None:
        blocked(run, given.node, "LNX111", "a table is attended to in a way that is not known")
        return UNKNOWN
    return Array(shape.with_last(None))


def call(run: Run, held: GivenLayer, given: Arguments) -> Value:
    """The layer is called by the module that was handed it."""
    if len(given.args) != 1 or given.keywords or any(isinstance(a, ast.Starred) for a in given.node.args):
        blocked(run, given.node, "LNX111", "a layer is called with other arguments than are known of it")
        return UNKNOWN
    shape = of(given.args[0]) or Shape()
    return Array(output("embed", shape, {"features": _features(run, held)}, {}))


def check(run: Run, node: ast.expr, value: Value) -> None:
    """Such a layer may be called, asked for its sizes or whether it is there, and handed on as it is."""
    if not isinstance(value, GivenLayer):
        return
    parent = run.facts.scopes.parent[node]
    match parent:
        case ast.Attribute(attr=name) if name in NUMBERS and value.layer == EMBED:
            return
        case ast.Call(func=callee) if callee is node:
            return
        case ast.Attribute(attr="attend") if value.layer == EMBED and _is_called(run, parent):
            return
        case ast.Assign(targets=[ast.Name()]) if isinstance(node, ast.Attribute):
            return
        case ast.Compare(ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return
        case ast.IfExp(test=test) if test is not node and handed(run, parent, value)[1] is not None:
            parent = run.facts.scopes.parent[parent]
    above = run.facts.scopes.parent[parent] if isinstance(parent, ast.keyword) else parent
    if isinstance(above, ast.Call) and isinstance(run.facts.values.get(above.func), Class):
        return
    blocked(run, node, "LNX111", "a layer that the module is handed is used as a value")
