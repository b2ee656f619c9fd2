"""Parameters of several models in one optimizer: dicts, tuples and records of them."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Result, Style
from migrate.rewrite.layout import flat

HEAD = """\
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState


class Params(NamedTuple):
    actor: Any
    critic: Any


actor, critic = nn.Dense(2), nn.Dense(1)
x = jnp.ones((4, 3))
actor_params = actor.init(jax.random.key(0), x)
critic_params = critic.init(jax.random.key(1), x)
params = PARAMS
state = TrainState.create(apply_fn=None, params=params, tx=optax.sgd(0.1))


def loss(params):
    return jnp.mean(actor.apply(ACTOR, x) ** 2) + jnp.mean(critic.apply(CRITIC, x) ** 2)


def gradients(state):
    return jax.grad(loss)(state.params)
"""
FORMS = {
    "dict": ('{"actor": actor_params, "critic": critic_params}', 'params["actor"]', 'params["critic"]'),
    "tuple": ("(actor_params, critic_params)", "params[0]", "params[1]"),
    "record": ("Params(actor=actor_params, critic=critic_params)", "params.actor", "params.critic"),
}


def result(form: str, body: str = "", style: Style = "functional", head: str = HEAD) -> Result:
    written, first, second = FORMS[form]
    head = head.replace("PARAMS", written).replace("ACTOR", first).replace("CRITIC", second)
    return migrate_sources({"train.py": f"{head}\n\n{dedent(body)}"}, Options(style=style))


UPDATE = "state = state.apply_gradients(grads=gradients(state))\n"


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize("form", FORMS)
def test_models_keep_their_places(form: str, style: Style) -> None:
    text = result(form, UPDATE, style).changed["train.py"]
    written, first, _ = FORMS[form]
    assert f"models = {written.replace('_params', '')}" in text
    assert "optimizer = nnx.Optimizer(models, optax.sgd(0.1), wrt=nnx.Param)" in text
    assert f"jnp.mean({first.replace('params', 'models')}(x) ** 2)" in text
    assert "optimizer.update(models, gradients(models))" in text


BODIES = [
    pytest.param(
        "before = state.params\n" + UPDATE + "print(loss(before))\n", "LNX011", id="old-parameters-of-all"
    ),
    pytest.param(UPDATE + "print(actor.apply(actor_params, x))\n", "LNX011", id="old-parameters-of-one"),
    pytest.param(
        "other = TrainState.create(apply_fn=None, params=state.params, tx=optax.sgd(0.1))\n",
        "LNX011",
        id="a-second-state-of-all",
    ),
    pytest.param(
        "other = TrainState.create(apply_fn=None, params=actor_params, tx=optax.sgd(0.1))\n",
        "LNX011",
        id="a-second-state-of-one",
    ),
    pytest.param("grads = gradients(state)\nprint(grads[0])\n", "LNX014", id="gradients-of-one"),
    pytest.param("print(jax.tree.leaves(state.params))\n", "LNX010", id="leaves"),
    pytest.param("state = state.replace(params=params)\n", "LNX012", id="other-parameters"),
    pytest.param("print(jax.device_get(state.params))\n", "LNX010", id="data-of-all"),
    pytest.param(
        "import flax\nopen('state', 'wb').write(flax.serialization.to_bytes(state))\n",
        "LNX403",
        id="saved-whole",
    ),
    pytest.param("name = input()\nprint(state.params[name])\n", "LNX014", id="an-unknown-item"),
    pytest.param("for part in state.params:\n    print(part)\n", "LNX010", id="a-loop-over-them"),
    pytest.param("print(critic.apply(state.params[0], x))\n", "LNX003", id="parameters-of-another-model"),
]


@pytest.mark.parametrize(("body", "code"), BODIES)
def test_what_stays(body: str, code: str) -> None:
    found = result("tuple", body)
    assert not found.changed
    assert code in {finding.code for finding in found.findings}


SHARED = [
    pytest.param("(actor_params, actor_params)", id="the-same-parameters-twice"),
    pytest.param("(actor_params, critic_params, jnp.zeros(2))", id="an-array-beside-them"),
    pytest.param('{"params": actor_params, "critic": critic_params}', id="a-collection-among-the-keys"),
    pytest.param("(actor_params, [critic_params])", id="one-in-another"),
]


@pytest.mark.parametrize("written", SHARED)
def test_other_trees_stay(written: str) -> None:
    head = HEAD.replace("PARAMS", written).replace("ACTOR", "params[0]").replace("CRITIC", "params[1]")
    assert not result("tuple", UPDATE, head=head).changed


ORDERS = [
    pytest.param("optax.adam(1e-3)", True, id="leaf-by-leaf"),
    pytest.param("optax.chain(optax.clip_by_global_norm(1.0), optax.adam(1e-3))", True, id="a-norm"),
    pytest.param("optax.inject_hyperparams(optax.adam)(1e-3)", True, id="hyperparameters"),
    pytest.param("optax.chain(optax.add_noise(0.1, 0.5, 0), optax.sgd(0.1))", False, id="noise"),
    pytest.param("optax.chain(library.clipped(), optax.sgd(0.1))", False, id="an-unknown-part"),
    pytest.param("library.optimizer()", False, id="unknown"),
]


@pytest.mark.parametrize(("tx", "changes"), ORDERS)
def test_transformations_of_fields_in_another_order(tx: str, changes: bool) -> None:
    head = HEAD.replace("    actor: Any\n    critic: Any\n", "    critic: Any\n    actor: Any\n")
    head = head.replace("optax.sgd(0.1)", tx).replace("import optax", "import library\nimport optax")
    assert bool(result("record", UPDATE, head=head).changed) is changes
    assert result("dict", UPDATE, head=head).changed


FLAT = [
    pytest.param("f(\n    a,\n    b=g(\n        1,\n    ),\n)", "f(a, b=g(1))", id="calls"),
    pytest.param("(\n    a,\n)", "(\n    a,\n)", id="a-tuple-of-one"),
    pytest.param("f(\n    a,  # why\n)", "f(\n    a,  # why\n)", id="a-comment"),
    pytest.param("f(a\n  + b)", "f(a\n  + b)", id="by-hand"),
]


@pytest.mark.parametrize(("before", "after"), FLAT)
def test_expressions_on_one_line(before: str, after: str) -> None:
    assert flat(before) == after
    assert ast.dump(ast.parse(before)) == ast.dump(ast.parse(after))


PAIR = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState

actor, critic = nn.Dense(2), nn.Dense(1)
x = jnp.ones((4, 3))
actor_params = actor.init(jax.random.key(0), x)
critic_params = critic.init(jax.random.key(1), x)
actor_state = TrainState.create(apply_fn=actor.apply, params=actor_params, tx=optax.sgd(0.1))
critic_state = TrainState.create(apply_fn=critic.apply, params=critic_params, tx=optax.sgd(0.1))


def loss(actor_params, scale, critic_params):
    policy = jnp.mean(actor.apply(actor_params, x) ** 2)
    return policy + scale * jnp.mean(critic.apply(critic_params, x) ** 2)


"""
ARGUMENTS = [
    pytest.param(
        "one, two = jax.grad(loss, argnums=(0, 2))(actor_state.params, 2.0, critic_state.params)",
        "one, two = nnx.grad(loss, argnums=(0, 2))(actor, 2.0, critic)",
        id="two-models",
    ),
    pytest.param(
        "one, two = jax.grad(loss, argnums=(0, 1))(actor_state.params, 2.0, critic_state.params)",
        "one, two = nnx.grad(loss, argnums=(0, 1))(actor, 2.0, critic)",
        id="a-model-and-a-number",
    ),
    pytest.param(
        "(one,), two = jax.grad(loss, (0,))(actor_state.params, 2.0, critic_state.params), None",
        None,
        id="a-tuple-of-one",
    ),
    pytest.param(
        "both = jax.grad(loss, argnums=(0, 2))(actor_state.params, 2.0, critic_state.params)\n"
        "one, two = jax.tree.map(jnp.negative, both)",
        None,
        id="a-tree-of-both",
    ),
    pytest.param(
        "one, two = jax.grad(lambda a, b: loss(a, 2.0, b), (0, 1))(actor_params, actor_params)",
        None,
        id="the-same-model-twice",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("gradients", "expected"), ARGUMENTS)
def test_gradients_of_several_arguments(gradients: str, expected: str | None, style: Style) -> None:
    updates = "actor_state = actor_state.apply_gradients(grads=one)\n"
    result = migrate_sources({"train.py": f"{PAIR}{gradients}\n{updates}"}, Options(style=style))
    assert bool(result.changed) is (expected is not None)
    if expected is not None:
        assert expected in result.changed["train.py"]
