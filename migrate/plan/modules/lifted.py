"""What becomes of module classes under `nn.vmap`, `nn.remat` and `nn.jit`."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import (
    Chain,
    Class,
    Function,
    GivenLayer,
    Instance,
    LayerField,
    Lifted,
    Method,
    Mixed,
    Partial,
)
from migrate.analysis.modules.classes import methods
from migrate.analysis.modules.ensembles import is_made_elsewhere, maker
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.program.syntax import names_in
from migrate.analysis.shapes.sizes import without_parentheses
from migrate.analysis.sites import Apply, Layer, OwnVariable, Sow
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.cells import changes_variables
from migrate.plan.modules.chosen_checkpoints import chosen_remat
from migrate.plan.modules.chosen_transforms import in_front
from migrate.plan.modules.held import with_bases
from migrate.plan.modules.lifted_options import check_options
from migrate.plan.modules.mapped import mapped_call, options_of, same_inputs
from migrate.plan.modules.owned import owned
from migrate.plan.modules.stacked import stacked_call
from migrate.rewrite.edits import Piece, Template, template


def class_of(plan: Plan, site: Layer) -> ast.expr:
    """What names the class below the transforms."""
    assert site.lifted is not None
    chosen = plan.facts.chosen_checkpoints.get(site.node)
    return chosen.plain if chosen is not None else (site.lifted.inner or site.lifted).site.args[0]


def rewrite_lifted(plan: Plan, site: Layer, draws: bool) -> bool:
    """The calls of a module under a transform; whether they have been given their random keys."""
    assert site.lifted is not None
    if (choice := plan.facts.chosen_checkpoints.get(site.node)) is not None:
        plan.edits.statements |= {statement: [] for statement in choice.statements}
    elif not is_made_elsewhere(plan.facts, site.node, site.lifted):
        _drop(plan, site, site.lifted)
    elsewhere = is_made_elsewhere(plan.facts, site.node, site.lifted)
    for call in site.calls:
        if not elsewhere:
            check_options(plan, site.lifted, call)
        match site.lifted.transform:
            case "flax.linen.vmap":
                _check_pure(plan, site, draws)
                if call.keywords:
                    raise Blocked(
                        call, "LNX130", "Linen ignores keywords at the call of an ensemble: drop them"
                    )
                name = free(call, "member")
                chosen = site.node in plan.facts.ensembles
                if not same_inputs(plan, site) or (calling(plan, call) and not chosen):
                    plan.edits.expressions[call] = mapped_call(plan, site, call, name)
                    continue
                start = f"{_vmap(plan, site, call)}(lambda {{0}}: {{0}}("
                made = maker(plan.facts, site.lifted.site) is not None
                options = [k for k in options_of(plan, site) if k.arg == "out_axes" and not made]
                plan.edits.expressions[call] = called(plan, start, name, call, (), tuple(options))
            case "flax.linen.scan":
                _check_steps(plan, site)
                plan.edits.expressions[call] = stacked_call(plan, site, call, draws)
            case "flax.linen.remat":
                keys = (", rngs", ", rngs=rngs", ", rngs") if draws else ("", "", "")
                options = [k for k in site.lifted.site.keywords if k.arg in {"policy", "prevent_cse"}]
                name, remat = free(call, "block"), chosen_remat(plan, site, call, bool(options))
                if calling(plan, call):
                    plan.edits.expressions[call] = _given_outside(plan, call, remat, name, keys, options)
                    continue
                start = f"{remat}(lambda {name}{keys[0]}: {name}("
                plan.edits.expressions[call] = called(plan, start, name, call, keys[1:], tuple(options))
            case _:
                return False
    return site.lifted.transform != "flax.linen.jit"


def _vmap(plan: Plan, site: Layer, call: ast.Call) -> str:
    """What the members are called under; nothing where a condition on fields says that there is only one."""
    if site.node not in plan.facts.ensembles:
        return "jax.vmap"
    test = init_text(plan.facts, site.owner, plan.facts.ensembles[site.node])
    if test is None:
        raise Blocked(call, "LNX130", "whether there is an ensemble is decided by more than fields")
    in_front(plan, call, "vmap", f"jax.vmap if {without_parentheses(test)}")
    return "vmap"


def calling(plan: Plan, call: ast.Call) -> list[ast.expr]:
    """The arguments of a call in which other layers are called, which has to happen outside of it."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return [node for node in given if any(_calls_layer(plan, part) for part in ast.walk(node))]


def _calls_layer(plan: Plan, node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(plan.facts.values.get(node.func), OTHERS)


def _given_outside(
    plan: Plan, call: ast.Call, remat: str, name: str, keys: tuple[str, ...], options: list[ast.keyword]
) -> Template:
    """`nnx.remat(lambda block, inputs: block(inputs))(self.CheckpointBlock_0, self.Dense_0(x))`."""
    outside = calling(plan, call)
    given = free(call, "inputs")
    parts: list[Piece] = [f"{remat}(lambda {name}, {given}{keys[0]}: {name}("]
    pieces = [(None, arg) for arg in call.args] + [(k.arg, k.value) for k in call.keywords]
    for index, (word, node) in enumerate(pieces):
        parts.append((", " if index else "") + (f"{word}=" if word is not None else ""))
        parts.append(given if node is outside[0] else node)
    parts.append(f"{keys[1]})")
    for option in options:
        parts += [f", {option.arg}=", option.value]
    if len(outside) > 1 or isinstance(outside[0], ast.Starred) or None in [k.arg for k in call.keywords]:
        raise Blocked(call, "LNX130", NAMED)
    return Template((*parts, ")(", call.func, ", ", outside[0], f"{keys[2]})"))


NAMED = "layers are called in what this module is given: give their results names first"
OTHERS = (Instance, Mixed, GivenLayer, Chain, Method, Partial, Function, LayerField)


def called(
    plan: Plan,
    start: str,
    name: str,
    call: ast.Call,
    keys: tuple[str, ...],
    options: tuple[ast.keyword, ...],
) -> Template:
    """`jax.vmap(lambda member: member(x))(self.VmapCritic_0)`."""
    if calling(plan, call):
        raise Blocked(call, "LNX130", NAMED)
    parts: list[Piece] = [start.format(name)]
    pieces: list[Piece] = [*call.args, *(template(f"{k.arg}={{}}", k.value) for k in call.keywords)]
    for index, piece in enumerate(pieces):
        parts += [", ", piece] if index else [piece]
    inner, outer = keys or ("", "")
    parts.append(f"{inner})" if pieces else f"{inner.removeprefix(', ')})")
    for option in options:
        parts += [f", {option.arg}=", option.value]
    return Template((*parts, ")(", call.func, f"{outer})"))


def free(call: ast.Call, name: str) -> str:
    """A name for the parameter of a function around a call."""
    built = isinstance(call.func, ast.Call)
    used = {word for node in ast.iter_child_nodes(call) if node is not call.func for word in names_in(node)}
    return f"the_{name}" if name in used | (set() if built else names_in(call.func)) else name


def _drop(plan: Plan, site: Layer, lifted: Lifted) -> None:
    """`VmapCritic = nn.vmap(Critic, ...)` goes, as long as nothing but constructions reads the name."""
    if lifted.inner is not None and lifted.inner.site is not lifted.site.args[0]:
        _drop_name(plan, lifted.inner)
    if site.node.func is not lifted.site:
        _drop_name(plan, lifted)


def _drop_name(plan: Plan, lifted: Lifted) -> None:
    statement = plan.statement(lifted.site)
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if (
        not isinstance(statement, ast.Assign)
        or statement.value is not lifted.site
        or len(statement.targets) > 1
    ):
        raise Blocked(lifted.site, "LNX130", "a transform of a module class is used as a value")
    variable = plan.facts.scopes.variable(target, target.id) if isinstance(target, ast.Name) else None
    for node in plan.facts.scopes.names(variable) if variable is not None else ():
        parent = plan.parent(node)
        called = isinstance(parent, ast.Call) and (parent.func is node or _lifts(plan, parent, node))
        if node is not target and not called:
            raise Blocked(node, "LNX130", "a transform of a module class is used as a value")
    plan.edits.statements[statement] = []


def _lifts(plan: Plan, call: ast.Call, node: ast.AST) -> bool:
    """Whether a class under a transform is put under another one."""
    found = plan.facts.values.get(call)
    return isinstance(found, Lifted) and found.inner is not None and call.args == [node]


def _check_steps(plan: Plan, site: Layer) -> None:
    """What a step writes would be lost."""
    if site.cls is None:
        return
    inside = with_bases(plan, site.cls)
    sites = [s for s in plan.facts.sites.values() if isinstance(s, Layer | OwnVariable | Sow)]
    if any(_keeps(s) for s in sites if s.owner.node in inside):
        raise Blocked(site.node, "LNX130", "the steps of this `nn.scan` keep statistics or other variables")


def _keeps(site: Layer | OwnVariable | Sow) -> bool:
    """Whether something in a module is more than layers with nothing but parameters."""
    if not isinstance(site, Layer) or site.through is not None:
        return True
    return site.cls is None and site.layer in LAYERS and bool(LAYERS[site.layer].stats)


def _check_pure(plan: Plan, site: Layer, draws: bool) -> None:
    """What members write, or draw, would be lost or be the same for all of them."""
    if draws and not _never_given_keys(plan):
        raise Blocked(site.node, "LNX130", "the members of an ensemble may draw random numbers")
    if site.cls is not None and keeps_statistics(plan, site.cls, set()):
        raise Blocked(site.node, "LNX130", "the members of an ensemble keep statistics")


def _never_given_keys(plan: Plan) -> bool:
    """Whether every `apply` of the component goes without random keys, so that nothing can be drawn."""
    calls = [site.node for site in plan.component.sites if isinstance(site, Apply)]
    return bool(calls) and not any(k.arg in {"rngs", None} for call in calls for k in call.keywords)


def keeps_statistics(plan: Plan, cls: Class, seen: set[ast.ClassDef]) -> bool:
    """Whether a module, or one that it builds, keeps statistics of its inputs."""
    if cls.node in seen or not methods(cls):
        return False
    if changes_variables(plan, cls):
        return True
    for inner in owned(plan, cls):
        if isinstance(inner, Layer):
            known = LAYERS.get(inner.layer) if inner.cls is None else None
            if (known is not None and known.stats) or inner.through is not None:
                return True
            if inner.cls is not None and keeps_statistics(plan, inner.cls, seen | {cls.node}):
                return True
    return False
