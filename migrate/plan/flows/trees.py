"""Parameters that go on as values: the model, except where a function reads them as a tree."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import VANISHING, Group, Method, Path
from migrate.analysis.sites import (
    Apply,
    ApplyFunction,
    ApplyUpdates,
    Bind,
    CopyTree,
    CreateHolder,
    CreateState,
    Init,
    InitOptimizer,
    LoadTree,
    LoadTrees,
    ParamsItem,
    ParamsLeaf,
    PlainTree,
    ReadHolder,
    ReadItem,
    ReadRecord,
    ReadState,
    ReplaceHolder,
    Replicate,
    SameTree,
    UpdateModel,
    ViewState,
)
from migrate.analysis.training.same_trees import rest_and_tree
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.flows.states import dropped
from migrate.plan.functions.parameters import TREES, pass_on, receivers
from migrate.plan.training.beside import record_of
from migrate.plan.training.carried import is_initial
from migrate.plan.training.groups import is_display
from migrate.plan.training.initialisation import initialised
from migrate.plan.training.kept_trees import is_kept, kept_tree
from migrate.plan.training.member_names import is_attribute
from migrate.plan.training.statistics import kept_elements
from migrate.rewrite.edits import template

BY_KEYWORD = (CreateState, CreateHolder, ReplaceHolder, PlainTree, LoadTree, UpdateModel, ViewState)
"""Sites that write the parameters that they are given by keyword."""
READS = (ReadHolder, ReadRecord, ReadItem)
"""Sites that read a model from something that holds it."""


def check_pulled(plan: Plan, node: ast.AST) -> None:
    """What `jax.vjp` gives beside the result is called where it is known, and goes nowhere else."""
    parent = plan.parent(node)
    called = isinstance(parent, ast.Call) and parent.func is node
    if isinstance(getattr(node, "ctx", None), ast.Load) and not called:
        raise Blocked(
            node, "LNX010", "what gives the gradients of `jax.vjp` is handed on: call it where it is"
        )


def write_tree(plan: Plan, node: ast.expr) -> None:
    """Parameters: the model, except where a function reads them as a tree."""
    parent = plan.parent(node)
    if initialised(plan, node) is not None:
        return
    if is_kept(plan, node):
        plan.edits.expressions[node] = kept_tree(plan, node)
        return
    if node in plan.facts.trees:
        plan.edits.expressions[node] = template("nnx.state({}, nnx.Param)", plan.model_of(node))
        return
    if record_of(plan, node):
        if not _gives_model(plan, node):
            plan.edits.expressions[node] = plan.model_of(node)
        return
    if _belongs_to_site(plan, node, parent) or dropped(plan, node):
        return
    if isinstance(parent, ast.Compare) and is_attribute(plan.facts, node):
        plan.edits.expressions[node] = plan.model_of(node)
        return
    if is_initial(plan, node):
        plan.edits.expressions[node] = plan.model_of(node)
        return
    if (parameters := receivers(plan, node)) is not None:
        pass_on(plan, node, parameters)
        return
    match parent:
        case ast.Dict() if is_display(plan, parent):
            plan.edits.expressions.setdefault(node, plan.model_of(node))
        case ast.Assign(targets=[ast.Tuple() | ast.List()]) if isinstance(plan.facts.values[node], Group):
            plan.edits.expressions[node] = plan.model_of(node)
        case ast.Tuple() if _names_itself(plan, node, parent):
            plan.edits.statements[plan.statement(node)] = []
        case ast.Tuple() | ast.List() | ast.Return() if not _gives_model(plan, node):
            plan.edits.expressions.setdefault(node, plan.model_of(node))
        case ast.Tuple() | ast.List() | ast.Return():
            pass
        case ast.Assign(targets=[ast.Name()]) if _is_read(plan, node):
            plan.edits.expressions[node] = plan.model_of(node)
        case ast.Assign(targets=[ast.Name() as target]) if _moves(plan, target, node):
            plan.edits.statements[parent] = [f"{plan.names(target).model} = {plan.model_of(node)}"]
        case ast.Assign(targets=[ast.Name() as target]) if not _gives_model(plan, node):
            if plan.names(target).model != plan.model_of(node):
                raise Blocked(node, "LNX018", f"`{target.id}` would be a second name of one model: use one")
            plan.edits.statements[parent] = []
        case ast.Assign() if _gives_model(plan, node):
            pass
        case _:
            raise Blocked(node, "LNX014", "parameters are kept or handed on as a tree")


def write_rest_and_tree(plan: Plan, node: ast.expr) -> None:
    """Nothing is left of `rest, params = variables.pop("params")` where the model has its name."""
    if initialised(plan, node) is None:
        target = rest_and_tree(plan.facts.scopes, node)
        assert target is not None
        if plan.names(target).model != plan.model_of(node):
            raise Blocked(node, "LNX018", f"`{target.id}` would be a second name of one model: use one")
        plan.edits.statements[plan.statement(node)] = []


def _is_read(plan: Plan, node: ast.expr) -> bool:
    """Whether a model is read from what holds it, so that it may get a name: `out["state"][0].params`."""
    site = plan.site(node)
    return isinstance(site, READS) or (isinstance(site, ReadState) and plan.is_item(site.node.value))


def _names_itself(plan: Plan, node: ast.expr, parent: ast.Tuple) -> bool:
    """Whether of `params, stats = ...` nothing is left but a model that gets its own name."""
    above = plan.parent(parent)
    if kept_elements(plan, parent) != [node] or not isinstance(above, ast.Assign):
        return False
    targets = [kept for t in above.targets if isinstance(t, ast.Tuple) for kept in kept_elements(plan, t)]
    match targets:
        case [ast.Name() as target]:
            return plan.names(target).model == plan.model_of(node)
        case _:
            return False


def _moves(plan: Plan, target: ast.Name, node: ast.expr) -> bool:
    """Whether a model goes from an attribute to a name, or the other way round."""
    source: ast.AST = node
    while isinstance(site := plan.site(source), (ReadState, ParamsItem)):
        source = site.node.value
    one = is_attribute(plan.facts, target) or is_attribute(plan.facts, source)
    return one and isinstance(source, ast.Name) and plan.names(target).model != plan.model_of(node)


def _belongs_to_site(plan: Plan, node: ast.expr, parent: ast.AST) -> bool:
    above = plan.site(parent)
    match above:
        case Apply() | ApplyFunction() | Bind() if above.variables is node:
            return True
        case (
            ParamsLeaf()
            | ReadItem()
            | CopyTree()
            | PlainTree()
            | LoadTree()
            | LoadTrees()
            | Replicate()
            | SameTree()
            | InitOptimizer()
            | UpdateModel()
            | ApplyUpdates()
        ):
            return True
    if isinstance(parent, ast.keyword):
        return isinstance(plan.site(plan.parent(parent)), BY_KEYWORD)
    if isinstance(parent, ast.IfExp) and node is not parent.test:
        return _is_copied(plan, parent)
    if isinstance(plan.facts.values[node], Group) and isinstance(above, ReadRecord):
        return True
    if isinstance(parent, ast.Dict) and is_display(plan, parent):
        return False
    if isinstance(parent, (ast.Dict, ast.Subscript)):
        outer = plan.facts.values.get(parent)
        return isinstance(outer, (*TREES, *VANISHING, Path)) or isinstance(parent, ast.Dict)
    return isinstance(parent, ast.Attribute) and isinstance(plan.facts.values.get(parent), Method)


def _is_copied(plan: Plan, node: ast.IfExp) -> bool:
    """Whether a conditional expression gives the parameters that a state is created from a copy of."""
    above = plan.parent(node)
    if isinstance(above, ast.IfExp) and node is not above.test:
        return _is_copied(plan, above)
    site = plan.site(plan.parent(above))
    return isinstance(site, CreateState) and site.copied and site.params is node


def _gives_model(plan: Plan, node: ast.expr) -> bool:
    """A call that gives back parameters, of a function of the project or a copy: a model afterwards."""
    return isinstance(node, ast.Call) and not isinstance(plan.site(node), Init | SameTree)
