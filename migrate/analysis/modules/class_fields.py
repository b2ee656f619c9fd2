"""Fields that hold a layer class: `norm: ModuleDef`, given as `nn.LayerNorm` or by a partial call."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, Class, Const, LayerField, Partial, Symbol, Value
from migrate.analysis.modules.classes import field_names, fields, holds_module, is_module
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.run import Run


def bind(run: Run, cls: Class, given: Arguments) -> None:
    """Remember which layer classes a construction hands to the fields of a module."""
    names = field_names(cls)
    values = (*zip(names, given.args, strict=False), *given.keywords)
    for name, value in values:
        found = described(run, name, value)
        if found is not None and name in names:
            _remember(run, cls, found, given.node)


def default(run: Run, cls: Class, name: str, value: Value) -> None:
    """The class that a field holds where nothing else is given."""
    found = described(run, name, value)
    if found is not None:
        _remember(run, cls, found, cls.node)


def _remember(run: Run, cls: Class, found: LayerField, node: ast.AST) -> None:
    known = run.facts.class_fields.setdefault((cls.node, found.field), found)
    if known != found:
        message = f"the field `{found.field}` of `{cls.node.name}` is given different layer classes"
        run.facts.escape(node, "LNX111", message, frozenset(), owner=cls.node)


def described(run: Run, name: str, value: Value) -> LayerField | None:
    """The layer class in a value, if it is one or a partial call of one."""
    match value:
        case Symbol(layer) if layer in LAYERS:
            return LayerField(name, layer)
        case Class() if is_module(value):
            return LayerField(name, value.node.name, value)
        case LayerField():
            return replace(value, field=name)
        case Partial(Symbol(layer), (), keywords, ast.Call() as site) if layer in LAYERS:
            late = frozenset(k for k, _ in keywords if _is_late(run, layer, k, site))
            early = tuple(
                (k, v if isinstance(v, Const) else UNKNOWN) for k, v in sorted(keywords) if k not in late
            )
            return LayerField(name, layer, None, early, late)
        case _:
            return None


def _is_late(run: Run, layer: str, name: str, site: ast.Call) -> bool:
    """Whether a flag of a partial call reads what only the call of the module around knows."""
    node = next((k.value for k in site.keywords if k.arg == name), None)
    if run.owner is None or node is None or name not in LAYERS[layer].late:
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
    return (isinstance(callee, Class) and is_module(callee)) or (
        isinstance(callee, LayerField) and callee.cls is not None
    )


def holds_any_module(run: Run, text: str) -> bool:
    """Whether what is called is a field for a module, of whose result nothing is known."""
    assert run.owner is not None
    named = [s for s in fields(run.owner) if f"self.{getattr(s.target, 'id', '')}" == text]
    return any(holds_module(statement.annotation) for statement in named)


def read(run: Run, cls: Class, name: str, node: ast.AST) -> LayerField | None:
    """The layer class that a field holds."""
    found = run.facts.class_fields.get((cls.node, name))
    if found is not None and found.cls is None and found.layer not in LAYERS:
        blocked(run, node, "LNX111", "a field holds a layer class without a rewriting")
    return found
