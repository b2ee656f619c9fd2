"""`init` of a definition that goes on by itself: the model is made where the variables were."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.kinds import Class
from migrate.analysis.sites import CreateHolder, Init, ParamsItem, SameTree
from migrate.analysis.training.same_trees import rest_and_tree
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.effects import has_no_effect
from migrate.plan.modules.construction import Arguments, rngs, sizes
from migrate.plan.training.beside import record_of
from migrate.plan.training.bridge import wrapped
from migrate.plan.training.groups import is_display
from migrate.plan.training.initial_outputs import kept_samples, name_beside, write_output
from migrate.plan.training.samples import check_effects, drop_dead_samples
from migrate.rewrite.edits import Piece, template


def initialise(plan: Plan, site: Init) -> None:
    """Write the model where the variables were initialised, under a name if it needs one."""
    model = wrapped(plan, site) if plan.bridged else _made(plan, site)
    if site.output is not None:
        name = name_beside(plan, site, plan.naming.initialised(site))
        _before(plan, site, model, name)
        write_output(plan, site, name)
        return
    root = _outermost(plan, site.node)
    parent = plan.parent(root)
    match parent:
        case ast.Assign(targets=[ast.Name() as target], value=value) if value is root:
            plan.edits.statements[parent] = [template("{} = {}", plan.names(target).model, model)]
        case ast.Assign() if (second := rest_and_tree(plan.facts.scopes, root)) is not None:
            plan.edits.statements[parent] = [template("{} = {}", plan.names(second).model, model)]
        case ast.Return():
            plan.edits.expressions[root] = model
        case ast.keyword(arg=str(name)) if _is_held(plan, parent, name):
            plan.edits.expressions[root] = model
        case ast.Expr() if _is_pure(plan, site):
            plan.edits.statements[parent] = []
        case _ if record_of(plan, root) or (isinstance(parent, ast.Dict) and is_display(plan, parent)):
            plan.edits.expressions[root] = model
        case _:
            _before(plan, site, model, plan.model_of(site.node))


def _is_held(plan: Plan, keyword: ast.keyword, name: str) -> bool:
    """Whether the result goes into a field of a train state, where it needs no name."""
    site = plan.site(plan.parent(keyword))
    return isinstance(site, CreateHolder) and name in site.held


def check_key(site: Init) -> None:
    """A model that is built needs its key and its sizes one by one."""
    if isinstance(site.key, ast.Starred):
        message = "`init` is given the key and the samples by one star: hand over the key by itself"
        raise Blocked(site.node, "LNX006", message)


def _made(plan: Plan, site: Init) -> Piece:
    assert isinstance(site.init, ast.Attribute)
    return called(plan, site, site.init.value)


def called(plan: Plan, site: Init, definition: ast.expr) -> Piece:
    """`model(in_features=..., rngs=...)`: what the definition became makes a model when it is called."""
    check_key(site)
    forms = [_arguments(plan, site, instance.cls) for instance in plan.facts.initialised[site.node]]
    if any(form != forms[0] for form in forms):
        raise Blocked(site.node, "LNX006", "definitions that need different sizes are initialised here")
    written = [*(piece for _, piece in forms[0]), *kept_samples(plan, site)]
    check_effects(plan, site, written)
    drop_dead_samples(plan, site, written)
    text = "{}(" + ", ".join(f"{name}={{}}" for name, _ in forms[0]) + ")"
    return template(text, definition, *(piece for _, piece in forms[0]))


def _arguments(plan: Plan, site: Init, cls: object) -> Arguments:
    if not isinstance(cls, Class):
        raise Blocked(site.node, "LNX006", "a single layer is initialised elsewhere than where it is defined")
    instance = next(i for i in plan.facts.initialised[site.node] if i.cls == cls)
    return [*sizes(plan, replace(site, instance=instance)), ("rngs", rngs(plan, site))]


def _before(plan: Plan, site: Init, model: Piece, name: str) -> None:
    """`init` in the middle of an expression: the model is made on a line above."""
    if not _is_pure(plan, site) and not _comes_first(plan, site):
        raise Blocked(site.node, "LNX006", "`init` is called inside an expression: assign its result first")
    statement = plan.statement(site.node)
    plan.edits.before[statement].append(template("{} = {}", name, model))


def _is_pure(plan: Plan, site: Init) -> bool:
    """Whether making the key and the samples has no effect."""
    return all(has_no_effect(plan.facts, argument) for argument in (site.key, *site.samples()))


def _comes_first(plan: Plan, site: Init) -> bool:
    """Whether nothing with an effect is evaluated before `init` in its statement."""
    keyword = plan.parent(_outermost(plan, site.node))
    created = plan.parent(keyword)
    if not isinstance(keyword, ast.keyword) or not isinstance(created, ast.Call):
        return False
    earlier = created.keywords[: created.keywords.index(keyword)]
    simple = all(isinstance(k.value, (ast.Attribute, ast.Name, ast.Constant)) for k in earlier)
    statement = plan.statement(created)
    whole = isinstance(statement, (ast.Assign, ast.Return)) and statement.value is created
    return simple and whole and not created.args


def _outermost(plan: Plan, node: ast.expr) -> ast.expr:
    """The whole of `model.init(key, x)["params"]`."""
    parent = plan.parent(node)
    if isinstance(parent, ast.Attribute) and isinstance(plan.site(plan.parent(parent)), SameTree):
        parent = plan.parent(parent)
    item = isinstance(plan.site(parent), ParamsItem | SameTree) and isinstance(parent, ast.expr)
    return _outermost(plan, parent) if item else node  # type: ignore[arg-type]


def initialised(plan: Plan, node: ast.expr) -> Init | None:
    """The `init` call, of a definition that goes on by itself, that `node` is or is an item of."""
    site = plan.site(node)
    if isinstance(site, ParamsItem):
        return initialised(plan, site.node.value)
    if isinstance(site, SameTree):
        return initialised(plan, site.tree)
    apart = isinstance(site, Init) and (plan.bridged or site.node in plan.definitions.apart)
    return site if apart and isinstance(site, Init) else None
