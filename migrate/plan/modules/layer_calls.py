"""Calls of layers inside a module: flags that came from the construction, keywords, random keys."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Batched, Chain, Class, Const, Symbol
from migrate.analysis.modules.classes import methods, own_methods
from migrate.analysis.modules.layers import LAYERS, SELF_CALLS
from migrate.analysis.sites import CellCarry, DrawKey, Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.functions.roles import is_parameter
from migrate.plan.modules.checkpoints import rewrite_checkpointed
from migrate.plan.modules.drawing import drawing, draws
from migrate.plan.modules.free_carries import rewrite_free_carries
from migrate.plan.modules.handed_layers import at_calls
from migrate.plan.modules.helpers import refuse_helper
from migrate.plan.modules.late_flags import handed_flags, late_flags
from migrate.plan.modules.lifted import keeps_statistics, rewrite_lifted
from migrate.plan.modules.moved import is_late
from migrate.plan.modules.own_calls import own_call
from migrate.plan.modules.owned import owned
from migrate.plan.modules.recurrent import initial_carry
from migrate.plan.modules.weight_norms import handed_layer, is_call_of_norm
from migrate.rewrite.edits import Piece, Template, template

Extra = list[tuple[str | None, Piece]]


def rewrite_calls(plan: Plan, cls: Class) -> None:
    """Every call of a layer of the class gets what NNX wants there."""
    extras: dict[ast.Call, Extra] = {}
    for site in owned(plan, cls):
        if isinstance(site, DrawKey):
            plan.edits.expressions[site.node] = _stream(plan, site)
        elif isinstance(site, CellCarry):
            initial_carry(plan, site)
        elif isinstance(site, Layer):
            if site.lifted is not None and rewrite_lifted(plan, site, draws(plan, site)):
                continue
            if rewrite_checkpointed(plan, site, draws(plan, site)):
                continue
            for call in site.calls:
                if is_call_of_norm(plan, site, call):
                    continue
                extra = _call(plan, site, call)
                _check_batched(plan, site, call, extra)
                _share(plan, extras, call, extra)
            _check_late(plan, site)
            _drop_partials(plan, site)
    for call, extra in extras.items():
        plan.edits.added[call] += extra
    _signatures(plan, cls)
    rewrite_free_carries(plan, cls)
    for node in ast.walk(cls.node):
        if isinstance(node, ast.Call):
            _library(plan, node)


def _stream(plan: Plan, site: DrawKey) -> Piece:
    """`rngs.noise()` for `self.make_rng("noise")`; what `self.has_rng` asks is whether it was handed over."""
    if not site.asks:
        return f"rngs.{site.name}()"
    above = plan.parent(site.node)
    tight = isinstance(above, ast.UnaryOp | ast.BinOp | ast.Compare | ast.BoolOp | ast.Starred)
    text = "(rngs is not None and {} in rngs)" if tight else "rngs is not None and {} in rngs"
    return template(text, site.node.args[0])


def _check_batched(plan: Plan, site: Layer, call: ast.Call, extra: Extra) -> None:
    """`jax.vmap(layer)(x)` gives the layer nothing but entries, and loses what would change in it."""
    if not isinstance(plan.facts.values.get(call.func), Batched):
        return
    own = site.cls
    keeps = LAYERS[site.layer].stats if own is None else keeps_statistics(plan, own, set())
    if extra or keeps or call in plan.edits.arguments:
        message = "a layer under `jax.vmap` keeps statistics, draws, or would need more at its call"
        raise Blocked(call, "LNX130", message)


def _share(plan: Plan, extras: dict[ast.Call, Extra], call: ast.Call, extra: Extra) -> None:
    """What one call is given more; one that may call several layers must give them all the same."""
    chained = isinstance(plan.facts.values.get(call.func), Chain)
    if chained and any(name != "rngs" for name, _ in extra):
        raise Blocked(call, "LNX111", "a layer of this `Sequential` would need a flag at its call")
    known = extras.get(call)
    if known is not None and not chained and _names(plan, known) != _names(plan, extra):
        raise Blocked(call, "LNX111", "layers that take different arguments are called at one place")
    extras[call] = (known or extra) if chained or known is not None else extra


def _names(plan: Plan, extra: Extra) -> list[tuple[str | None, str]]:
    text = plan.facts.files.segment
    return [(name, text(piece) if isinstance(piece, ast.expr) else str(piece)) for name, piece in extra]


def _library(plan: Plan, node: ast.Call) -> None:
    """`nn.Sequential([a, b])` and `nn.merge_param(name, a, b)`."""
    match plan.facts.values.get(node), plan.facts.values.get(node.func), node.args:
        case Chain(), _, [ast.List(elts=items) | ast.Tuple(elts=items)]:
            parts: list[Piece] = []
            for item in items:
                parts += [", ", item] if parts else [item]
            plan.edits.expressions[node] = Template(("nnx.Sequential(", *parts, ")"))
        case Chain(), _, [ast.Name() as filled]:
            plan.edits.expressions[node] = template("nnx.Sequential(*{})", filled)
        case _, Symbol("builtins.isinstance"), [_, classes]:
            for part in ast.walk(classes):
                match plan.facts.values.get(part) if isinstance(part, ast.expr) else None:
                    case Symbol(name) if name in LAYERS:
                        refuse_helper(part, name)
                        plan.edits.expressions[part] = f"nnx.{LAYERS[name].target}"
                    case Symbol("flax.linen.Module"):
                        plan.edits.expressions[part] = "nnx.Module"
        case _, Symbol("flax.linen.merge_param"), [_, ast.Attribute() | ast.Name() as one, other]:
            text = plan.facts.files.segment(one)
            plan.edits.expressions[node] = template(f"{text} if {text} is not None else {{}}", other)
        case _, Symbol("flax.linen.merge_param"), _:
            raise Blocked(node, "LNX311", "`merge_param` is called in a way that has no rewriting")


def _call(plan: Plan, site: Layer, call: ast.Call) -> Extra:
    """Put the arguments of one call right; what has to be added to them."""
    keyed = False
    extra: Extra = []
    if site.cls is None:
        kind = LAYERS[site.layer]
        names = [
            *kind.before,
            "inputs",
            *(SELF_CALLS if site.layer == "flax.linen.SelfAttention" else kind.calls),
        ]
        for name, node in zip(names, call.args, strict=False):
            if name in kind.only_keywords or (site.layer == "flax.linen.SelfAttention" and name != "inputs"):
                plan.edits.arguments[call][node] = ((kind.renamed.get(name, name), node),)
                keyed |= name in kind.renamed
        for keyword in call.keywords:
            if keyword.arg == "inputs_kv" and kind.output == "attention":
                plan.edits.arguments[call][keyword.value] = (("inputs_k", keyword.value),)
            if keyword.arg in kind.renamed:
                plan.edits.arguments[call][keyword.value] = ((kind.renamed[keyword.arg], keyword.value),)
                keyed = True
        for name, node in site.given:
            if name in kind.late and is_late(plan, site, name, node):
                _check_stable(plan, site, call, node)
                extra.append((name, node))
    extra += late_flags(plan, site)
    extra += at_calls(plan, site)
    extra += handed_layer(plan, site)
    if draws(plan, site) and not keyed:
        extra.append(("rngs", "rngs"))
    return extra


def _check_stable(plan: Plan, site: Layer, call: ast.Call, node: ast.expr) -> None:
    """The flag means the same at the call: its names are bound once, in this method."""
    scopes = plan.facts.scopes
    method = scopes.function(call)
    if method is not scopes.function(node):
        raise Blocked(node, "LNX111", "a flag of a layer comes from another function than its call")
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and (variable := scopes.variable(part, part.id)) is not None:
            stores = [n for n in scopes.names(variable) if not isinstance(n.ctx, ast.Load)]
            bound = len(stores) + is_parameter(variable)
            if bound > 1 and call.func is not site.node and not isinstance(variable.scope, ast.Module):
                raise Blocked(node, "LNX111", f"`{part.id}` may change between a layer and its call")


def _check_late(plan: Plan, site: Layer) -> None:
    """Linen wants these flags at one of the two places; NNX would take a default in silence."""
    if site.cls is not None:
        return
    kind = LAYERS[site.layer]
    given = {name for name, node in site.given if plan.facts.values.get(node) != Const(None)}
    if site.through is not None:
        given |= {name for name, _ in site.through.early} | site.through.late
    for name in kind.late - kind.optional - given:
        for call in site.calls:
            names = {keyword.arg for keyword in call.keywords}
            at = ["inputs", *kind.calls].index(name)
            if name not in names and len(call.args) <= at:
                raise Blocked(call, "LNX110", f"`{name}` of this layer is given neither there nor here")


def _drop_partials(plan: Plan, site: Layer) -> None:
    """A partial call of a layer class, written out at each construction, has no use any more."""
    own = set(ast.walk(site.owner.node))
    for node in plan.facts.partials.get(site.node, ()):
        statement = plan.statement(node)
        if node not in own:
            raise Blocked(site.node, "LNX111", "a layer is built through a partial call made elsewhere")
        plain = isinstance(statement, ast.Assign) and statement.value is node
        if not plain or not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            raise Blocked(node, "LNX111", "a partial call of a layer class is used as a value")
        plan.edits.statements[statement] = []


def _signatures(plan: Plan, cls: Class) -> None:
    """Methods that draw take `rngs`, and hand it on."""
    names = drawing(plan, cls)
    handed = handed_flags(plan, cls)
    call = methods(cls).get("__call__")
    if handed and call is not None:
        if handed & plan.facts.scopes.bound[call] or any(
            own_call(n) == "__call__" for n in ast.walk(cls.node)
        ):
            raise Blocked(
                call, "LNX111", f"`__call__` would need an argument `{min(handed)}`, which is taken"
            )
        plan.edits.keyword_only[call] += [f"{name}: bool" for name in sorted(handed)]
    for name, method in own_methods(cls).items():
        if name in names:
            _check_free(plan, method)
            plan.edits.keyword_only[method].append("rngs: nnx.Rngs | None = None")
        for node in ast.walk(method):
            if own_call(node) in names and isinstance(node, ast.Call):
                plan.edits.added[node].append(("rngs", "rngs"))


def _check_free(plan: Plan, method: ast.FunctionDef) -> None:
    if "rngs" in plan.facts.scopes.bound[method] or method.name == "setup" or method.decorator_list[1:]:
        raise Blocked(method, "LNX111", f"`{method.name}` would need an argument `rngs`, which is taken")
