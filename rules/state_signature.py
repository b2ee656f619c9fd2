"""LNX005: functions that take or return a train state; `migrate/plan` rewrites their parameters and flows."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Dict, Sequence, State, Value
from migrate.plan.context import Plan
from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX005",
    name="state-signature",
    title="A function can take a model and an optimizer in place of a train state",
    fix="automatic",
    what=(
        "Finds functions that receive a train state, parameters, a module definition or an apply function, "
        "and functions whose result holds a train state."
    ),
    why=(
        "A train state is one value; in NNX the model and the optimizer are two objects. Every signature, "
        "every call and every place that receives a result has to change together, or arguments end up in "
        "the wrong place."
    ),
    use_instead=(
        "Take `model, optimizer` in place of `state`, or only the one of them that is used; definitions and "
        "apply functions are not handed on at all, as a model can be called. In a result that has other "
        "parts, the pair stays in one place: `(model, optimizer), loss`. With `--style stateful` a step "
        "that updates in place returns neither."
    ),
    fix_safety=(
        "Signature, calls and results of a component are changed together, argument numbers of `jit` and "
        "`grad` with them. A default for such a parameter, a result that is passed on without being taken "
        "apart, or a parameter that is not always a state leave the component alone."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#training-step-and-compilation",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from flax.training.train_state import TrainState


def create(x):
    model = nn.Dense(3)
    params = model.init(jax.random.key(0), x)["params"]
    return TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))


def predict(state, x):
    return state.apply_fn({"params": state.params}, x)


def main(x):
    state = create(x)
    return predict(state, x)
""",
            after="""\
import optax
from flax import nnx


def create(x):
    model = nnx.Linear(x.shape[-1], 3, rngs=nnx.Rngs(0))
    return model, nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)


def predict(model, x):
    return model(x)


def main(x):
    model, optimizer = create(x)
    return predict(model, x)
""",
        ),
    ),
    valid=(
        """\
import jax.numpy as jnp
from flax import nnx


def predict(model, x):
    return jnp.tanh(model(x))


def main(x):
    return predict(nnx.Linear(2, 3, rngs=nnx.Rngs(0)), x)
""",
    ),
)


def places(plan: Plan) -> list[ast.AST]:
    """The functions of a component whose parameters or results change."""
    found: list[ast.AST] = [
        function
        for function, names in plan.edits.parameters.items()
        if any(new != (old,) for old, new in names.items())
    ]
    inside = {plan.facts.scopes.function(node) for node in plan.component.nodes}
    returning = [f for f, value in plan.facts.returns.items() if f in inside and _holds_state(value)]
    return [*found, *(function for function in returning if function not in found)]


def _holds_state(value: Value) -> bool:
    match value:
        case State():
            return True
        case Sequence(items):
            return any(_holds_state(item) for item in items)
        case Dict(items):
            return any(_holds_state(item) for _, item in items)
        case _:
            return False
