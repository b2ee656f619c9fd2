"""NNX502: a gradient of the model is asked for and a tree of its parameters handed over."""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Symbol
from migrate.analysis.nnx_code.pitfalls import TreeGradient
from migrate.analysis.program.scopes import Variable
from migrate.rewrite.edits import Edits
from migrate.rule import Example, Rule

PITFALL = TreeGradient

RULE = Rule(
    code="NNX502",
    name="gradient-of-tree",
    title="A loss that calls the model is differentiated with a tree of parameters",
    fix="automatic",
    what=(
        "Finds calls of `nnx.grad(loss)` and `nnx.value_and_grad(loss)` whose target is a tree, from "
        "`nnx.state` or `nnx.split`, while the loss calls that argument as a model."
    ),
    why=(
        "The transforms of `nnx` take the model itself and pick its parameters out. A tree reaches the loss "
        "as a tree, and a tree cannot be called: `TypeError`. It is what remains when `state.params` of "
        "Linen is replaced word by word."
    ),
    use_instead=(
        "Hand over the model: `nnx.value_and_grad(loss)(model, batch)`. Where a tree is wanted, let the "
        "loss build its model from it with `nnx.merge(graphdef, params, rest)`."
    ),
    fix_safety=(
        "The tree is replaced by the model where it comes straight from `nnx.state(model)` or "
        "`nnx.state(model, nnx.Param)`, neither name is bound again, and the loss does nothing else with "
        "the argument than call it. Everything else is reported only."
    ),
    upstream="https://flax.readthedocs.io/en/latest/guides/jax_and_nnx_transforms.html#differences",
    invalid=(
        Example(
            before="""\
import optax
from flax import nnx


def train_step(model: nnx.Linear, optimizer: nnx.Optimizer, x, y):
    def loss_fn(model):
        return optax.l2_loss(model(x), y).mean()

    loss, grads = nnx.value_and_grad(loss_fn)(nnx.state(model, nnx.Param))
    optimizer.update(model, grads)
    return loss
""",
            after="""\
import optax
from flax import nnx


def train_step(model: nnx.Linear, optimizer: nnx.Optimizer, x, y):
    def loss_fn(model):
        return optax.l2_loss(model(x), y).mean()

    loss, grads = nnx.value_and_grad(loss_fn)(model)
    optimizer.update(model, grads)
    return loss
""",
        ),
        Example(
            before="""\
import optax
from flax import nnx


def train_step(model, optimizer, x, y):
    def loss_fn(params):
        return optax.l2_loss(params(x), y).mean()

    graphdef, params, rest = nnx.split(model, nnx.Param, ...)
    grads = nnx.grad(loss_fn)(params)
    optimizer.update(model, grads)
"""
        ),
    ),
    valid=(
        """\
import optax
from flax import nnx


def train_step(model, optimizer, x, y):
    graphdef, params, rest = nnx.split(model, nnx.Param, ...)

    def loss_fn(params):
        return optax.l2_loss(nnx.merge(graphdef, params, rest)(x), y).mean()

    grads = nnx.grad(loss_fn)(params)
    optimizer.update(model, grads)
""",
    ),
)


def report(facts: Facts, pitfall: TreeGradient, edits: Edits) -> tuple[str, bool]:
    """The model takes the place of the tree, and a name that only held the tree goes."""
    message = "the loss calls this argument as a model, and is given a tree of parameters: give it the model"
    model = _model(facts, pitfall)
    if model is None or not _only_called(facts, pitfall):
        return message, False
    edits.expressions[pitfall.target] = model
    if isinstance(pitfall.target, ast.Name) and len(_occurrences(facts, pitfall.target)) == 2:
        assert pitfall.read is not None
        edits.statements[facts.scopes.statement(pitfall.read)] = []
    return message, True


def _model(facts: Facts, pitfall: TreeGradient) -> str | None:
    """The name of the model that the tree was read from, if it still means the same at the gradient call."""
    match pitfall.read:
        case ast.Call(args=[ast.Name() as model, *filters], keywords=[]) if pitfall.read is not None:
            pass
        case _:
            return None
    names = [facts.values.get(each) for each in filters]
    if facts.values.get(pitfall.read.func) != Symbol("flax.nnx.state") or names not in ([], [PARAM]):
        return None
    if pitfall.target is pitfall.read:
        return model.id
    return model.id if _still_holds(facts, pitfall, model) else None


PARAM = Symbol("flax.nnx.Param")


def _still_holds(facts: Facts, pitfall: TreeGradient, model: ast.Name) -> bool:
    """Whether the target is a name bound once, to the tree, in the scope where the model is bound once."""
    target, scopes = pitfall.target, facts.scopes
    assert pitfall.read is not None
    statement = scopes.parent[pitfall.read]
    if not isinstance(target, ast.Name) or not isinstance(statement, ast.Assign):
        return False
    bound = [ast.unparse(each) for each in statement.targets] == [target.id]
    same = scopes.function(statement) is scopes.function(target)
    here = scopes.variable(target, model.id) == scopes.variable(model, model.id)
    return bound and same and here and _stores(facts, target) == 1 and _stores(facts, model) <= 1


def _stores(facts: Facts, name: ast.Name) -> int:
    """How often the variable is bound, as a parameter or by an assignment."""
    parameters = 0
    variable = facts.scopes.variable(name, name.id)
    if isinstance(variable, Variable):
        inside = (node for node in ast.walk(variable.scope) if isinstance(node, ast.arg))
        parameters = sum(
            node.arg == name.id and facts.scopes.scope[node] is variable.scope for node in inside
        )
    return parameters + sum(isinstance(node.ctx, ast.Store) for node in _occurrences(facts, name))


def _occurrences(facts: Facts, name: ast.Name) -> list[ast.Name]:
    variable = facts.scopes.variable(name, name.id)
    return [
        node
        for node in ast.walk(facts.scopes.module(name))
        if isinstance(node, ast.Name)
        and node.id == name.id
        and facts.scopes.variable(node, node.id) == variable
    ]


def _only_called(facts: Facts, pitfall: TreeGradient) -> bool:
    """Whether the loss uses the argument as a model everywhere."""
    for node in ast.walk(pitfall.loss):
        if isinstance(node, ast.Name) and node.id == pitfall.parameter:
            variable = facts.scopes.variable(node, node.id)
            parent = facts.scopes.parent[node]
            called = isinstance(parent, ast.Call) and parent.func is node
            if variable is not None and variable.scope is pitfall.loss and not called:
                return False
    return pitfall.parameter is not None
