"""Every place where a followed value goes on as a value: arguments, results, targets, tuples."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import (
    VANISHING,
    ApplyFn,
    Chain,
    Dict,
    Grads,
    Group,
    Holder,
    Instance,
    Method,
    Mixed,
    Optimizer,
    OptState,
    OptTree,
    Params,
    Path,
    Pending,
    Record,
    SavedState,
    Sequence,
    State,
    Stats,
    Symbol,
    Updates,
    Value,
    Variables,
    followed,
)
from migrate.analysis.modules.optional_layers import alternatives
from migrate.analysis.sites import (
    Apply,
    ApplyFunction,
    ApplyGradients,
    ApplyUpdates,
    Bind,
    CheckType,
    CloneState,
    CompileApply,
    CopyTree,
    CreateHolder,
    CreateState,
    Init,
    InitOptimizer,
    Layer,
    LoadState,
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
    ReplaceRecord,
    ReplaceStats,
    ReplaceTrees,
    Replicate,
    SameTree,
    StateOfTree,
    UpdateModel,
    ViewState,
)
from migrate.analysis.training.pullbacks import is_pullback
from migrate.analysis.training.same_trees import rest_and_tree
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.functions.needs import OPTIMIZER, returned_in_place
from migrate.plan.functions.parameters import TREES, pass_on, receivers
from migrate.plan.functions.roles import role_of
from migrate.plan.modules.handed_layers import gives_layer, is_handed
from migrate.plan.modules.layer import in_setup
from migrate.plan.modules.recurrent import is_wrapper
from migrate.plan.training import records
from migrate.plan.training.beside import record_of
from migrate.plan.training.carried import is_initial
from migrate.plan.training.groups import is_display
from migrate.plan.training.holders import is_old
from migrate.plan.training.initialisation import initialised
from migrate.plan.training.kept_trees import is_kept, kept_tree
from migrate.plan.training.member_names import is_attribute
from migrate.plan.training.plain_trees import goes_to_reader
from migrate.plan.training.statistics import kept_elements, spread, vanish
from migrate.plan.training.variable_dicts import goes_to_apply, variables_of
from migrate.rewrite.edits import template

BY_KEYWORD = (CreateState, CreateHolder, ReplaceHolder, PlainTree, LoadTree, UpdateModel, ViewState)
"""Sites that write the parameters that they are given by keyword."""

READS = (ReadHolder, ReadRecord, ReadItem)
"""Sites that read a model from something that holds it."""

UNWRITTEN = (Grads, Method, Path, Pending, SavedState)
"""Values that keep their names and places, or whose sites write them."""


def rewrite_flows(plan: Plan) -> None:
    """Every other place where a followed value goes on as a value."""
    for node in plan.component.nodes:
        value = plan.facts.values[node]
        if is_pullback(value):
            _check_pulled(plan, node)
        if isinstance(node, ast.expr) and not isinstance(value, UNWRITTEN) and followed(value):
            if isinstance(getattr(node, "ctx", None), ast.Store):
                _target(plan, node, value)
            else:
                _flow(plan, node, value)


def _check_pulled(plan: Plan, node: ast.AST) -> None:
    """What `jax.vjp` gives beside the result is called where it is known, and goes nowhere else."""
    parent = plan.parent(node)
    called = isinstance(parent, ast.Call) and parent.func is node
    if isinstance(getattr(node, "ctx", None), ast.Load) and not called:
        raise Blocked(
            node, "LNX010", "what gives the gradients of `jax.vjp` is handed on: call it where it is"
        )


def _flow(plan: Plan, node: ast.expr, value: Value) -> None:
    if isinstance(value, State | Holder):
        _check_moved(plan, node, value)
    if node in plan.claimed:
        return
    match value:
        case State():
            _state(plan, node)
        case Holder():
            _holder(plan, node, value)
        case Record():
            _record(plan, node, value)
        case Sequence() if isinstance(plan.parent(node), ast.Starred) and not isinstance(node, ast.Name):
            spread(plan, node, value)
        case Sequence() | Dict() if isinstance(node, ast.Name):
            _container(plan, node, value)
        case Sequence() if isinstance(plan.site(node), SameTree):
            _rest_and_tree(plan, node)
        case Params() | Variables() | Group():
            _tree(plan, node)
        case Optimizer():
            _optimizer(plan, node)
        case Instance() | ApplyFn():
            _definition(plan, node)
        case Mixed() if role_of(value) == "definition":
            _definition(plan, node)
        case Stats() | Updates():
            vanish(plan, node)
        case OptTree():
            _check_replaces(plan, node)
        case OptState() | _:
            pass


UPDATES = (ApplyGradients, ReplaceStats, ReplaceTrees, ReplaceHolder, ViewState, CloneState)
WRITTEN = (CreateState, StateOfTree, LoadState, *UPDATES)
"""Sites that write the state that they give."""


def _check_moved(plan: Plan, node: ast.expr, value: State | Holder) -> None:
    """A state that has not been given the new statistics of its model may not go on."""
    parent = plan.parent(node)
    updated = isinstance(parent, ast.Attribute) and isinstance(plan.site(plan.parent(parent)), UPDATES)
    named = isinstance(plan.site(node), UPDATES) and isinstance(parent, ast.Assign | ast.AnnAssign)
    if value.moved and not (updated or named or isinstance(plan.site(parent), ReadState | ReadHolder)):
        message = "this state has older statistics than its model: give it the new ones before it goes on"
        raise Blocked(node, "LNX011", message)


PAIRED = (ast.Assign, ast.AnnAssign, ast.Return, ast.Tuple, ast.List, ast.Dict)
"""Where an item that is a pair may stand as it is."""


def _state(plan: Plan, node: ast.expr) -> None:
    parent = plan.parent(node)
    above = plan.site(parent)
    if isinstance(above, (CheckType, ReadState, Replicate)) or isinstance(plan.site(node), WRITTEN):
        return
    if isinstance(parent, ast.Attribute) and isinstance(plan.site(plan.parent(parent)), UPDATES):
        return
    if (parameters := receivers(plan, node)) is not None:
        pass_on(plan, node, parameters)
    elif isinstance(node, ast.Call):
        _result_of_call(plan, node, parent)
    elif isinstance(node, ast.Name):
        _named_state(plan, node, parent)
    elif plan.is_item(node) and (
        isinstance(parent, PAIRED) or record_of(plan, node) or is_initial(plan, node)
    ):
        plan.check_fresh(node)
    elif not isinstance(node, (ast.Tuple, ast.List, ast.Dict)):
        raise Blocked(
            node, "LNX010", "a train state is read in the middle of an expression: give it a name first"
        )


def _check_replaces(plan: Plan, node: ast.expr) -> None:
    """An optimizer state that was made leaf by leaf holds variables in NNX: only a state takes it."""
    above = plan.parent(plan.parent(node))
    if not isinstance(plan.site(above), ReplaceHolder | ReplaceTrees):
        raise Blocked(node, "LNX014", "an optimizer state is changed leaf by leaf and kept or handed on")


def _holder(plan: Plan, node: ast.expr, value: Holder) -> None:
    """A state that stays one value may go anywhere that is known, unless it is an old one."""
    above = plan.parent(node)
    if isinstance(above, ast.Attribute) and is_kept(plan, above):
        return
    site = plan.site(above)
    reads_plain = isinstance(site, ReadHolder) and not followed(plan.facts.values[site.node])
    if is_old(value) and not reads_plain and not isinstance(plan.site(node), (ApplyGradients, ReplaceHolder)):
        message = "the old value is used here after the update; an NNX object would show the new one"
        raise Blocked(node, "LNX011", message)


def _record(plan: Plan, node: ast.expr, value: Record) -> None:
    """A record may go anywhere that is known; an old one is only read, or replaced in what is old."""
    above = plan.parent(node)
    site = plan.site(above)
    apart = isinstance(site, ReadRecord) or (isinstance(site, ReplaceRecord) and site.record is node)
    apart = apart or (isinstance(above, ast.Attribute) and isinstance(plan.facts.values.get(above), Method))
    stored = isinstance(getattr(node, "ctx", None), ast.Store)
    if records.is_old(value) and not apart and not stored:
        message = "the old value is used here after the update; an NNX object would show the new one"
        raise Blocked(node, "LNX011", message)


def _container(plan: Plan, node: ast.Name, value: Sequence | Dict) -> None:
    """A tuple with an old state in it may be taken apart, which shows what is read, and go nowhere else."""
    parent = plan.parent(node)
    if isinstance(parent, ast.Starred) and isinstance(value, Sequence):
        spread(plan, node, value)
    if goes_to_reader(plan, node) or goes_to_apply(plan.facts, node):
        _check_current(plan, node, value)
        return
    apart = isinstance(parent, ast.Subscript) or (
        isinstance(parent, ast.Assign) and all(isinstance(t, (ast.Tuple, ast.List)) for t in parent.targets)
    )
    if not apart and _holds_old(value):
        message = "the old value is used here after the update; an NNX object would show the new one"
        raise Blocked(node, "LNX011", message)


def _check_current(plan: Plan, node: ast.Name, value: Value) -> None:
    """A dict that is given to `apply` must hold what the model has now; one that is saved holds copies."""
    if goes_to_apply(plan.facts, node) and _holds_old(value):
        message = "the old value is used here after the update; an NNX object would show the new one"
        raise Blocked(node, "LNX011", message)


def _holds_old(value: Value) -> bool:
    match value:
        case Sequence(items):
            return any(_holds_old(item) for item in items)
        case Dict(items):
            return any(_holds_old(item) for _, item in items)
        case Holder():
            return is_old(value) or value.moved
        case Record():
            return records.is_old(value)
        case State():
            return value.stale or value.moved
        case Params() | Variables() | Group():
            return value.stale
        case _:
            return False


def _named_state(plan: Plan, node: ast.Name, parent: ast.AST) -> None:
    if _dropped(plan, node):
        return
    pair = template("{}, {}", plan.model_of(node), plan.optimizer_of(node))
    if is_initial(plan, node):
        plan.edits.expressions[node] = template("({})", pair)
        return
    if isinstance(parent, ast.Compare):
        plan.edits.expressions[node] = plan.model_of(node)
        return
    if isinstance(parent, ast.IfExp) and parent.test is node and is_attribute(plan.facts, node):
        if plan.is_bare(node):
            message = "a train state that may have been made without an optimizer is tested: ask for `.tx`"
            raise Blocked(node, "LNX012", message)
        plan.edits.expressions[node] = plan.optimizer_of(node)
        return
    match parent:
        case _ if record_of(plan, node) or (isinstance(parent, ast.Lambda) and parent.body is node):
            plan.edits.expressions[node] = template("({})", pair)
        case ast.Return():
            plan.edits.expressions[node] = pair
        case ast.Tuple() | ast.List() | ast.Dict():
            plan.edits.expressions[node] = template("({})", pair)
        case ast.Assign(targets=[ast.Name() as target]):
            if is_attribute(plan.facts, target) or is_attribute(plan.facts, node):
                _between_names(plan, parent, target, node)
                return
            if plan.names(target) != plan.names(node):
                raise Blocked(node, "LNX018", "one train state has two names that would differ: use one")
            plan.edits.statements[parent] = []
        case _:
            raise Blocked(node, "LNX010", "a train state is used as a value here")


def _dropped(plan: Plan, node: ast.expr) -> bool:
    """Whether the stateful style does not return this any more."""
    return plan.style == "stateful" and returned_in_place(plan.facts, node)


def _between_names(plan: Plan, statement: ast.Assign, target: ast.Name, node: ast.Name) -> None:
    """`self.state = state`, or the other way round: both parts go over, each to its name."""
    new, old = plan.names(target), plan.names(node)
    plan.model_of(node)
    pairs = [(new.model, old.model)]
    variable = plan.facts.scopes.variable(target, target.id)
    if is_attribute(plan.facts, target) or (variable and OPTIMIZER in plan.needs[variable]):
        pairs.append((new.optimizer, old.optimizer))
    names = [(a, b) for a, b in pairs if a != b]
    text = ", ".join(a for a, _ in names) + " = " + ", ".join(b for _, b in names)
    plan.edits.statements[statement] = [text] if names else []


def _result_of_call(plan: Plan, node: ast.Call, parent: ast.AST) -> None:
    places = (ast.Return, ast.Assign, ast.AnnAssign, ast.Tuple, ast.List, ast.Dict, ast.Expr, ast.Lambda)
    if not isinstance(parent, places) and record_of(plan, node) is None:
        raise Blocked(
            node, "LNX010", "the train state that a call gives is used without a name: assign it first"
        )


def _tree(plan: Plan, node: ast.expr) -> None:
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
    if _belongs_to_site(plan, node, parent) or _dropped(plan, node):
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
        case ast.Assign(targets=[ast.Name()]) if isinstance(plan.site(node), READS):
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


def _rest_and_tree(plan: Plan, node: ast.expr) -> None:
    """Nothing is left of `rest, params = variables.pop("params")` where the model has its name."""
    if initialised(plan, node) is None:
        target = rest_and_tree(plan.facts.scopes, node)
        assert target is not None
        if plan.names(target).model != plan.model_of(node):
            raise Blocked(node, "LNX018", f"`{target.id}` would be a second name of one model: use one")
        plan.edits.statements[plan.statement(node)] = []


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


def _optimizer(plan: Plan, node: ast.expr) -> None:
    """An optimizer state that goes on by itself: one object, under one name."""
    parent = plan.parent(node)
    if isinstance(plan.site(parent), UpdateModel) or isinstance(node, ast.Call) or _dropped(plan, node):
        return
    if isinstance(node, ast.IfExp) and all(_is_made_or_none(part) for part in (node.body, node.orelse)):
        return
    if (parameters := receivers(plan, node)) is not None:
        pass_on(plan, node, parameters)
        return
    match parent:
        case ast.Compare() if is_attribute(plan.facts, node) or isinstance(plan.site(node), ReadRecord):
            plan.edits.expressions[node] = plan.optimizer_of(node)
        case ast.Assign(targets=[ast.Name()]) if isinstance(plan.site(node), ReadRecord):
            plan.edits.expressions[node] = plan.optimizer_of(node)
        case _ if record_of(plan, node):
            plan.edits.expressions[node] = plan.optimizer_of(node)
        case ast.Assign(targets=[ast.Name() as target]):
            if not isinstance(node, ast.Name) or plan.names(target) != plan.names(node):
                raise Blocked(node, "LNX018", f"`{target.id}` would be a second name of one optimizer")
            plan.edits.statements[parent] = []
        case ast.Tuple() | ast.List() | ast.Return():
            plan.edits.expressions[node] = plan.optimizer_of(node)
        case _ if is_initial(plan, node):
            plan.edits.expressions[node] = plan.optimizer_of(node)
        case _:
            raise Blocked(node, "LNX014", "the optimizer state is kept or handed on as a tree")


def _is_made_or_none(node: ast.expr) -> bool:
    """One side of `tx.init(params) if tx is not None else None`."""
    return isinstance(node, ast.Call) or (isinstance(node, ast.Constant) and node.value is None)


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


def _definition(plan: Plan, node: ast.expr) -> None:
    parent = plan.parent(node)
    if record_of(plan, node):
        return
    if any(isinstance(plan.site(instance.site), Layer) for instance in plan.instances(node)):
        _layer(plan, node, parent)
        return
    if (parameters := receivers(plan, node)) is not None:
        pass_on(plan, node, parameters)
        return
    if not isinstance(plan.facts.values[node], ApplyFn) and _goes_on(plan, node):
        return
    above = plan.parent(parent) if isinstance(parent, ast.Call) else None
    if isinstance(above, ast.Assign) and isinstance(plan.site(above.targets[0]), CompileApply):
        return
    match parent:
        case ast.Attribute():
            return
        case ast.Call(func=function) if function is node:
            return
        case ast.Call() if isinstance(plan.site(plan.parent(parent)), Apply | ApplyFunction):
            return
        case ast.keyword() if isinstance(
            plan.site(plan.parent(parent)), (CreateState, CreateHolder, CloneState, StateOfTree)
        ):
            return
        case ast.Assign(targets=[ast.Name()]) if isinstance(node, ast.Call):
            return
        case ast.Assign(targets=[ast.Name()]) if isinstance(plan.facts.values[node], ApplyFn):
            plan.edits.statements[parent] = []
        case _:
            raise Blocked(node, "LNX010", "a module definition or its apply function is used as a value")


def _goes_on(plan: Plan, node: ast.expr) -> bool:
    """Whether a definition stays an object of the program, which may go where it went."""
    return plan.bridged or all(i.site in plan.definitions.apart for i in plan.instances(node))


def _in_sequence(plan: Plan, node: ast.expr) -> bool:
    """Whether a list is that of a `Sequential`, or kept as it is by `setup`."""
    return node in plan.facts.lists or isinstance(plan.facts.values.get(plan.parent(node)), Chain)


def _layer(plan: Plan, node: ast.expr, parent: ast.AST) -> None:
    """A layer inside a module may be called, or named to be called."""
    called = isinstance(parent, ast.Call) and parent.func is node
    named = isinstance(parent, ast.Assign) and parent.value is node
    listed = isinstance(parent, ast.List | ast.Tuple | ast.ListComp) and _in_sequence(plan, parent)
    listed |= isinstance(parent, ast.List) and in_setup(plan, node) and _is_kept_in_list(plan, node)
    listed |= isinstance(parent, ast.List) and _is_local_list(plan, parent)
    listed |= node in plan.facts.in_tuples
    appended = isinstance(parent, ast.Call) and node in parent.args and _fills_list(plan, parent)
    asked = isinstance(parent, ast.Call) and parent.args[:1] == [node] and _asks(plan, parent)
    if (
        called
        or named
        or listed
        or appended
        or asked
        or _unpacked(plan, node, parent)
        or isinstance(parent, ast.Attribute)
        or (isinstance(parent, ast.Return) and _is_in_property(plan, parent))
        or _is_alternative(plan, node, parent)
        or is_handed(plan, node)
        or gives_layer(plan, node)
    ):
        return
    if not is_wrapper(plan.site(plan.parent(parent) if isinstance(parent, ast.keyword) else parent)):
        raise Blocked(node, "LNX111", "a layer is handed on as a value")


def _is_in_property(plan: Plan, node: ast.Return) -> bool:
    """Whether a property gives the layer: it was followed to where it is read."""
    function = plan.facts.scopes.function(node)
    decorators = function.decorator_list if isinstance(function, ast.FunctionDef) else []
    return [plan.facts.values.get(decorator) for decorator in decorators] == [Symbol("builtins.property")]


def _is_local_list(plan: Plan, node: ast.List) -> bool:
    """`blocks = [Block(1), Block(2)]` in `__call__`: a list of attributes, which stays a list."""
    statement = plan.parent(node)
    named = isinstance(statement, ast.Assign) and all(isinstance(t, ast.Name) for t in statement.targets)
    return named and not in_setup(plan, node)


def _asks(plan: Plan, node: ast.Call) -> bool:
    return plan.facts.values.get(node.func) == Symbol("builtins.isinstance")


def _is_kept_in_list(plan: Plan, node: ast.expr) -> bool:
    """Whether a layer goes into a list that an attribute keeps."""
    sites = (plan.site(instance.site) for instance in plan.instances(node))
    return all(isinstance(site, Layer) and site.kept == "*" for site in sites)


def _fills_list(plan: Plan, node: ast.Call) -> bool:
    """`layers.append(Block())` in `setup`."""
    return in_setup(plan, node) and isinstance(node.func, ast.Attribute) and node.func.attr == "append"


def _unpacked(plan: Plan, node: ast.expr, parent: ast.AST) -> bool:
    """`self.query, self.key = nn.Dense(n), nn.Dense(n)` in `setup`."""
    statement = plan.statement(node)
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple() as value):
            plain = not any(isinstance(part, ast.Starred) for part in (*targets, *value.elts))
            return value is parent and plain and len(targets) == len(value.elts) and in_setup(plan, node)
        case _:
            return False


def _is_alternative(plan: Plan, node: ast.expr, parent: ast.AST) -> bool:
    """Whether `setup` keeps a layer or something else by a condition, or it is asked which of the two."""
    if isinstance(parent, ast.IfExp) and node is not parent.test:
        above = plan.parent(parent)
        kept = isinstance(above, ast.IfExp | ast.Assign) or is_handed(plan, parent)
        return kept and in_setup(plan, node)
    return isinstance(parent, ast.Compare) and alternatives(plan.facts.values[node]) is not None


def _target(plan: Plan, node: ast.expr, value: Value) -> None:
    """A name that receives a state or a model."""
    if isinstance(value, VANISHING):
        vanish(plan, node)
    if isinstance(value, Dict) and isinstance(node, ast.Name) and variables_of(plan.facts, node):
        plan.edits.statements[plan.statement(node)] = []
    if not isinstance(node, ast.Name) or not isinstance(value, (State, Optimizer, *TREES)):
        return
    parent, statement = plan.parent(node), plan.statement(node)
    if plan.facts.scopes.variable(node, node.id) not in plan.roles.role:
        return
    if isinstance(value, (Optimizer, *TREES)):
        plan.edits.expressions[node] = plan.names(node).model
        return
    names = plan.names(node)
    pair = template("{}, {}", names.model, names.optimizer)
    match parent:
        case ast.Assign(targets=[_]):
            plan.edits.expressions[node] = pair
        case ast.AnnAssign(value=ast.expr() as given):
            if statement not in plan.edits.statements:
                plan.edits.statements[statement] = [template("{} = {}", pair, given)]
        case ast.Tuple() | ast.List():
            plan.edits.expressions[node] = template("({})", pair)
        case _:
            raise Blocked(node, "LNX005", "a train state is bound in a way that has no rewriting yet")
