"""Trees that are read after an update, losses under a `DynamicScale`, and trees that a state is given."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.linen_programs import after

NET = """

class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)
"""
STATE = """

class State(TrainState):
    scale: dynamic_scale.DynamicScale
"""
MAIN = """

def main(flag):
    net = Net()
    params = net.init(jax.random.key(0), X)["params"]
    state = CREATE
    state = step(state, X, flag)
    return state.apply_fn({"params": state.params}, X)
"""
PLAIN = MAIN.replace("CREATE", "TrainState.create(apply_fn=net.apply, params=params, tx=optax.sgd(0.1))")
OWN = MAIN.replace(
    "CREATE",
    "State.create(apply_fn=net.apply, params=params, tx=optax.sgd(0.1), scale=dynamic_scale.DynamicScale())",
)
LOSS = """
def step(state, x, flag):
    def loss_fn(params):
        return jnp.mean(state.apply_fn({"params": params}, x) ** 2)

"""
UPDATE = """\
    grads = jax.grad(loss_fn)(state.params)
    new_state = state.apply_gradients(grads=grads)
"""
SUBTRACT = "jax.tree.map(jnp.subtract, new_state.params, state.params)"


def findings(*parts: str) -> tuple[str | None, list[str]]:
    source = "from flax.training import dynamic_scale\n" + after(*parts)
    result = migrate_sources({"train.py": source}, Options())
    return result.changed.get("train.py"), [f"{f.code} {f.message}" for f in result.findings]


def stepping(*lines: str) -> tuple[str | None, list[str]]:
    return findings(NET, LOSS + UPDATE + "\n".join(f"    {line}" for line in lines), PLAIN)


def scaling(*lines: str, net: str = NET, state: str = STATE) -> tuple[str | None, list[str]]:
    return findings(net, state, LOSS + "\n".join(f"    {line}" for line in lines), OWN)


def test_old_tree_is_kept_in_front_of_the_update() -> None:
    text, _ = stepping(f"print(optax.global_norm({SUBTRACT}))", "return new_state")
    assert text is not None
    kept = "    old_params = nnx.clone(nnx.state(model, nnx.Param))\n    optimizer.update(model, grads)\n"
    assert kept in text


READS = [
    pytest.param(
        [f"optax.global_norm((lambda: {SUBTRACT})())", "return new_state"], "LNX011", id="in-a-function"
    ),
    pytest.param(
        ["old_params = 1", f"print(optax.global_norm({SUBTRACT}), old_params)", "return new_state"],
        "LNX011",
        id="name-is-taken",
    ),
    pytest.param(
        ["opt = jax.tree.map(jnp.add, new_state.opt_state, state.opt_state)", "return new_state"],
        "LNX014",
        id="optimizer-state-kept",
    ),
    pytest.param(
        [f"return new_state.replace(params={SUBTRACT}, tx=optax.sgd(0.2))"],
        "LNX012",
        id="another-field",
    ),
    pytest.param(
        [f"return state.replace(params={SUBTRACT})"],
        "LNX011",
        id="old-state",
    ),
    pytest.param(
        [
            "return new_state.replace(",
            "    params=jax.tree.map(jnp.subtract, new_state.params, state.params),",
            "    opt_state=jax.tree.map(",
            "        lambda a: a + jax.tree.leaves(new_state.params)[0][0], new_state.opt_state))",
        ],
        "LNX122",
        id="made-from-both",
    ),
]


@pytest.mark.parametrize(("lines", "code"), READS)
def test_trees_that_are_left(lines: list[str], code: str) -> None:
    text, found = stepping(*lines)
    assert text is None
    assert any(each.startswith(code) for each in found)


def test_update_in_a_branch_is_not_in_front() -> None:
    text, found = findings(
        NET,
        LOSS
        + "    grads = jax.grad(loss_fn)(state.params)\n    new_state = state\n    if flag:\n"
        + "        new_state = state.apply_gradients(grads=grads)\n"
        + f"    optax.global_norm({SUBTRACT})\n    return new_state\n",
        PLAIN,
    )
    assert text is None
    assert any(each.startswith("LNX011") for each in found)


GRADIENT = "scale, finite, loss, grads = state.scale.value_and_grad(loss_fn)(state.params)"
GIVEN = "return state.apply_gradients(grads=grads, scale=scale)"


def test_scaled_gradient() -> None:
    text, _ = scaling(GRADIENT, GIVEN)
    assert text is not None
    assert "scaled_value_and_grad(state.scale, loss_fn)(state.model)" in text


STATISTICS = NET.replace("nn.Dense(2)(x)", "nn.BatchNorm(use_running_average=True)(nn.Dense(2)(x))")
SCALES = [
    pytest.param([GRADIENT, GIVEN], NET, STATE.replace("dynamic_scale.DynamicScale", "object"), id="unknown"),
    pytest.param([GRADIENT, GIVEN], STATISTICS, STATE, id="statistics"),
    pytest.param([GRADIENT.replace("loss_fn)", "loss_fn, 0)"), GIVEN], NET, STATE, id="numbers"),
    pytest.param(
        [
            "found = state.scale.value_and_grad(loss_fn)(state.params)",
            GIVEN.replace("grads=grads", "grads=found.grad").replace(
                "scale=scale", "scale=found.dynamic_scale"
            ),
        ],
        NET,
        STATE,
        id="read-by-its-fields",
    ),
]


@pytest.mark.parametrize(("lines", "net", "state"), SCALES)
def test_scales_that_are_left(lines: list[str], net: str, state: str) -> None:
    text, found = scaling(*lines, net=net, state=state)
    assert text is None
    assert found
