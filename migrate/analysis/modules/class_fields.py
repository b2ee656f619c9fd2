"""Fields that hold a layer class: `norm: ModuleDef`, given as `nn.LayerNorm` or by a partial call."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, Class, Const, LayerField, Mixed, Partial, Symbol, Value
from migrate.analysis.modules.classes import field_names, fields, holds_module, is_module
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.modules.mutable_stats import is_mode
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.run import Run


def bind(run: Run, cls: Class, given: Arguments) -> None:
    """Remember which layer classes a construction hands to the fields of a module."""
    names = field_names(cls)
    values = (*zip(names, given.args, strict=False), *given.keywords)
    for name, value in values:
        for one in options(value) or (value,):
            found = described(run, name, one)
            if found is not None and name in names:
                _remember(run, cls, found, given.node)


def default(run: Run, cls: Class, name: str, value: Value) -> None:
    """The class that a field holds where nothing else is given."""
    found = described(run, name, value)
    if found is not None:
        _remember(run, cls, found, cls.node)


def _remember(run: Run, cls: Class, found: LayerField, node: ast.AST) -> None:
    key = (cls.node, found.field)
    known = run.facts.class_fields.setdefault(key, found)
    if known.cls is not None and found.cls is not None:
        held = run.facts.several.get(key, frozenset()) | {known.cls.node, found.cls.node}
        run.facts.several |= {key: held} if len(held) > 1 else {}
    elif known != found and _alike(known, found):
        run.facts.several |= {key: run.facts.several.get(key, frozenset()) | {known.layer, found.layer}}
    elif known != found:
        message = f"the field `{found.field}` of `{cls.node.name}` is given {_differences(known, found)}"
        run.facts.escape(node, "LNX111", message, frozenset(), owner=cls.node)


def _alike(one: LayerField, other: LayerField) -> bool:
    """Whether two layer classes, neither with options, are built and called alike in NNX."""
    if one.cls is not None or other.cls is not None or not {one.layer, other.layer} <= LAYERS.keys():
        return False
    plain = not any((field.early, field.late) != ((), frozenset()) for field in (one, other))
    kinds = [LAYERS[field.layer] for field in (one, other)]
    taken = {(k.first, k.late, k.calls, k.added, k.draws, k.streams, k.helper) for k in kinds}
    return plain and len(taken) == 1


def _differences(one: LayerField, other: LayerField) -> str:
    names = [f"`{each.layer.rpartition('.')[2]}`" for each in (one, other)]
    if names[0] == names[1]:
        return f"{names[0]} with different options"
    return f"different layer classes: {' and '.join(names)}"


def described(run: Run, name: str, value: Value) -> LayerField | None:
    """The layer class in a value, if it is one or a partial call of one."""
    match value:
        case Symbol(layer) if layer in LAYERS:
            return LayerField(name, layer)
        case Class() if is_module(value):
            return LayerField(name, value.node.name, value)
        case LayerField():
            return replace(value, field=name)
        case Partial(function, (), keywords, ast.Call() as site) if (held := _layer(function)) is not None:
            late = frozenset(k for k, _ in keywords if _is_late(run, held.layer, k, site))
            early = {k: v if isinstance(v, Const) else UNKNOWN for k, v in keywords if k not in late}
            known = dict(held.early) | early
            return LayerField(name, held.layer, None, tuple(sorted(known.items())), held.late | late)
        case _:
            return None


def _layer(value: Value) -> LayerField | None:
    """The layer of Linen, or the field that holds its class, of which a partial call is made."""
    match value:
        case Symbol(layer) if layer in LAYERS:
            return LayerField("", layer)
        case LayerField(cls=None):
            return value
        case _:
            return None


def _is_late(run: Run, layer: str, name: str, site: ast.Call) -> bool:
    """Whether a flag of a partial call reads what only the call of the module around knows."""
    node = next((k.value for k in site.keywords if k.arg == name), None)
    if run.owner is None or node is None or name not in LAYERS[layer].late or is_mode(run.facts, node):
        return False
    return init_text(run.facts, run.owner, node) is None


def accepts(run: Run, node: ast.expr) -> bool:
    """Whether a layer class may stand here: as a default of a field, or given to a module for one."""
    above = run.facts.scopes.parent[node]
    if isinstance(above, ast.AnnAssign):
        return above.value is node and isinstance(run.facts.scopes.parent[above], ast.ClassDef)
    call = run.facts.scopes.parent[above] if isinstance(above, ast.keyword) else above
    if not isinstance(call, ast.Call) or call.func is node:
        return False
    callee = run.facts.values.get(call.func)
    return (isinstance(callee, Class) and is_module(callee)) or bool(options(callee))


def holds_any_module(run: Run, text: str) -> bool:
    """Whether what is called is a field for a module, of whose result nothing is known."""
    assert run.owner is not None
    named = [s for s in fields(run.owner) if f"self.{getattr(s.target, 'id', '')}" == text]
    return any(holds_module(statement.annotation) for statement in named)


def read(run: Run, cls: Class, name: str, node: ast.AST) -> Value | None:
    """The layer class that a field holds, or one of several module classes of the project."""
    if (several := run.facts.several.get((cls.node, name))) is not None:
        known = {LayerField(name, one) for one in several if isinstance(one, str)}
        known |= {LayerField(name, n.name, cls) for n, cls in run.facts.classes.items() if n in several}
        if len(known) < len(several):
            blocked(run, node, "LNX111", f"the field `{name}` is given a class that is defined later")
        return Mixed(frozenset(known))
    found = run.facts.class_fields.get((cls.node, name))
    if found is not None and found.cls is None and found.layer not in LAYERS:
        blocked(run, node, "LNX111", "a field holds a layer class without a rewriting")
    return found


def options(value: Value | None) -> tuple[LayerField, ...]:
    """The module classes of the project, or several classes of layers, that a field may hold."""
    parts = value.parts if isinstance(value, Mixed) else {value}
    found = [part for part in parts if isinstance(part, LayerField)]
    known = isinstance(value, Mixed) or all(part.cls is not None for part in found)
    return tuple(found) if known and len(found) == len(parts) else ()
