"""Gradients by inputs, by parameters and inputs together, and of functions under `jax.checkpoint`."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style
from tests.linen_programs import NET, after

TOP = """

def main(x, y, key):
    net = Net()
    params = net.init(key, X)["params"]
    state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.sgd(0.1))
"""


def migrated(body: str, style: Style = "functional") -> str | None:
    """What is behind the optimizer; None where the program stays."""
    text = after(NET, TOP) + indent(dedent(body).strip("\n") + "\n", "    ")
    result = migrate_sources({"train.py": text}, Options(style=style, bridge=False))
    assert result.findings
    new = result.changed.get("train.py")
    return dedent(new.partition("wrt=nnx.Param)\n")[2]).strip() if new is not None else None


REWRITES = [
    pytest.param(
        """
        @jax.checkpoint
        def loss(params, x):
            return jnp.sum(state.apply_fn({"params": params}, x))

        grads = jax.grad(loss)(state.params, x)
        """,
        """
        @jax.checkpoint
        def loss(net, x):
            return jnp.sum(net(x))

        grads = nnx.grad(loss)(net, x)
        """,
        id="checkpointed-by-a-decorator",
    ),
    pytest.param(
        """
        loss = lambda params, x: jnp.sum(state.apply_fn({"params": params}, x))
        value, grads = jax.value_and_grad(jax.remat(loss, prevent_cse=False))(state.params, x)
        """,
        """
        loss = lambda net, x: jnp.sum(net(x))
        value, grads = nnx.value_and_grad(jax.remat(loss, prevent_cse=False))(net, x)
        """,
        id="checkpointed-by-a-call",
    ),
    pytest.param(
        """
        def forward(apply_fn, params, x, scale):
            return scale * apply_fn({"params": params}, x)

        forward = jax.checkpoint(forward, static_argnums=(0, 3))
        grads = jax.grad(lambda params: jnp.sum(forward(state.apply_fn, params, x, 2)))(state.params)
        """,
        """
        def forward(net, x, scale):
            return scale * net(x)

        forward = jax.checkpoint(forward, static_argnums=(2,))
        grads = nnx.grad(lambda net: jnp.sum(forward(net, x, 2)))(net)
        """,
        id="static-arguments-move",
    ),
    pytest.param(
        """
        def loss(params):
            return jnp.sum(jax.checkpoint(state.apply_fn)({"params": params}, x))

        grads = jax.grad(loss)(state.params)
        """,
        """
        def loss(net):
            return jnp.sum(jax.checkpoint(net)(x))

        grads = nnx.grad(loss)(net)
        """,
        id="apply-is-checkpointed",
    ),
    pytest.param(
        """
        def loss(params, x):
            return jnp.sum(state.apply_fn({"params": params}, x))

        grads, slope = jax.grad(loss, argnums=(0, 1))(state.params, x)
        state = state.apply_gradients(grads=grads)
        """,
        """
        def loss(net, x):
            return jnp.sum(net(x))

        grads, slope = nnx.grad(loss, argnums=(0, 1))(net, x)
        optimizer.update(net, grads)
        """,
        id="by-parameters-and-an-input",
    ),
    pytest.param(
        """
        def loss(apply_fn, x, params):
            return jnp.sum(apply_fn({"params": params}, x)), 1

        (value, aux), (slope, grads) = jax.value_and_grad(loss, (1, 2), True)(state.apply_fn, x, state.params)
        """,
        """
        def loss(x, net):
            return jnp.sum(net(x)), 1

        (value, aux), (slope, grads) = nnx.value_and_grad(loss, argnums=(0, 1), has_aux=True)(x, net)
        """,
        id="by-an-input-and-parameters-that-move",
    ),
    pytest.param(
        """
        def energy(params, apply_fn, x):
            return jnp.sum(apply_fn({"params": params}, x))

        force = jax.grad(energy, argnums=2)(state.params, state.apply_fn, x)
        """,
        """
        def energy(net, x):
            return jnp.sum(net(x))

        force = jax.grad(energy, argnums=1)(net, x)
        """,
        id="by-an-input-beside-parameters",
    ),
    pytest.param(
        """
        @jax.remat
        def energy(apply_fn, params, x):
            return jnp.sum(apply_fn({"params": params}, x))

        force = jax.grad(energy, argnums=2)(state.apply_fn, state.params, x)
        """,
        """
        @jax.remat
        def energy(net, x):
            return jnp.sum(net(x))

        force = jax.grad(energy, argnums=1)(net, x)
        """,
        id="by-an-input-of-a-checkpointed-function",
    ),
    pytest.param(
        """
        out, vjp_fn = jax.vjp(lambda p: state.apply_fn({"params": p}, x), state.params)
        (grads,) = vjp_fn(out - y)
        state = state.apply_gradients(grads=grads)
        """,
        """
        out, vjp_fn = vjp_of_params(lambda net: net(x), net)
        (grads,) = vjp_fn(out - y)
        optimizer.update(net, grads)
        """,
        id="pulled-back",
    ),
    pytest.param(
        """
        def forward(params, x):
            return state.apply_fn({"params": params}, x), x

        out, vjp_fn, aux = jax.vjp(forward, state.params, x, has_aux=True)
        grads, slope = vjp_fn(out)
        grads = jax.tree.map(lambda a, b: a + b, grads, vjp_fn(aux)[0])
        """,
        """
        def forward(net, x):
            return net(x), x

        out, vjp_fn, aux = vjp_of_params(forward, net, x, has_aux=True)
        grads, slope = vjp_fn(out)
        grads = jax.tree.map(lambda a, b: a + b, grads, vjp_fn(aux)[0])
        """,
        id="pulled-back-with-an-input",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("body", "expected"), REWRITES)
def test_what_is_written(body: str, expected: str, style: Style) -> None:
    assert migrated(body, style) == dedent(expected).strip()


STAYS = [
    pytest.param(
        """
        f = jax.checkpoint(state.apply_fn)
        f({"params": state.params}, x)
        """,
        id="a-checkpointed-apply-is-kept",
    ),
    pytest.param(
        'jax.checkpoint(state.apply_fn, static_argnums=(1,))({"params": state.params}, x)',
        id="apply-with-static-arguments",
    ),
    pytest.param(
        """
        numbers = (0,)
        forward = lambda apply_fn, params: apply_fn({"params": params}, x)
        jax.checkpoint(forward, static_argnums=numbers)(state.apply_fn, state.params)
        """,
        id="static-arguments-by-a-name",
    ),
    pytest.param(
        """
        @jax.checkpoint
        def train(x):
            loss = lambda params: jnp.sum(state.apply_fn({"params": params}, x))
            return state.apply_gradients(grads=jax.grad(loss)(state.params))

        state = train(x)
        """,
        id="a-checkpointed-function-updates-a-state-around-it",
    ),
    pytest.param(
        """
        @jax.checkpoint
        def train(state, x):
            loss = lambda params: jnp.sum(state.apply_fn({"params": params}, x))
            state = state.apply_gradients(grads=jax.grad(loss)(state.params))
            return state.step

        train(state, x)
        """,
        id="a-checkpointed-function-drops-a-state",
    ),
    pytest.param(
        """
        def loss(state, x):
            return jnp.sum(state.apply_fn({"params": state.params}, x))

        grads, slope = jax.grad(loss, argnums=(0, 1), allow_int=True)(state, x)
        """,
        id="by-a-whole-state",
    ),
    pytest.param(
        """
        def loss(params, other):
            return jnp.sum(state.apply_fn({"params": params}, x) + state.apply_fn({"params": other}, x))

        grads = jax.grad(loss, argnums=(0, 1))(state.params, state.params)
        """,
        id="by-the-same-parameters-twice",
    ),
    pytest.param(
        """
        def loss(params, x):
            return jnp.sum(state.apply_fn({"params": params}, x)), params

        slope, params = jax.grad(loss, argnums=1, has_aux=True)(state.params, x)
        """,
        id="parameters-come-back-from-a-gradient-by-an-input",
    ),
    pytest.param(
        """
        def loss(params, x):
            return jnp.sum(state.apply_fn({"params": params}, x))

        slope = jax.grad(loss, argnums=1)(*(state.params, x))
        """,
        id="spread-arguments",
    ),
    pytest.param("jax.vjp(state.apply_fn, {'params': state.params}, x)", id="pulled-back-apply"),
    pytest.param(
        "jax.vjp(lambda x, p: state.apply_fn({'params': p}, x), x, state.params)",
        id="pulled-back-in-second-place",
    ),
    pytest.param(
        "jax.vjp(lambda p, q: state.apply_fn({'params': p}, x), state.params, state.params)",
        id="pulled-back-by-two-trees",
    ),
    pytest.param(
        "jax.vjp(lambda v: state.apply_fn(v, x), net.init(key, X))", id="pulled-back-by-all-variables"
    ),
    pytest.param(
        "jax.vjp(lambda p: state.apply_fn({'params': p}, x), *[state.params])", id="pulled-back-spread"
    ),
    pytest.param("jax.vjp(lambda p: p, state.params)", id="parameters-are-what-is-pulled-back"),
    pytest.param(
        """
        out, vjp_fn = jax.vjp(lambda p: state.apply_fn({"params": p}, x), state.params)
        rows = jax.vmap(vjp_fn)(out[None])
        """,
        id="a-batched-pull-back",
    ),
    pytest.param(
        """
        out, vjp_fn = jax.vjp(lambda p: state.apply_fn({"params": p}, x), state.params)
        print(vjp_fn(out)[0]["Dense_0"])
        """,
        id="part-of-what-is-pulled-back",
    ),
    pytest.param(
        "jax.jvp(lambda p: state.apply_fn({'params': p}, x), (state.params,), (state.params,))",
        id="forward-mode",
    ),
    pytest.param("jax.linearize(lambda p: state.apply_fn({'params': p}, x), state.params)", id="linearized"),
    pytest.param(
        """
        @jax.jit
        def pull(params, x):
            out, vjp_fn = jax.vjp(lambda p: state.apply_fn({"params": p}, x), params)
            return vjp_fn

        (grads,) = pull(state.params, x)(y)
        state = state.apply_gradients(grads=grads)
        """,
        id="a-function-gives-the-pull-back",
    ),
    pytest.param(
        """
        @jax.jit
        def pull(x):
            out, vjp_fn = jax.vjp(lambda p: state.apply_fn({"params": p}, x), state.params)
            return vjp_fn(out)[0]

        state = state.apply_gradients(grads=pull(x))
        """,
        id="pulled-back-of-a-captured-model",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize("body", STAYS)
def test_what_stays(body: str, style: Style) -> None:
    assert migrated(body, style) is None


STATISTICS = """

class Norms(nn.Module):
    @nn.compact
    def __call__(self, x, train=False):
        return nn.BatchNorm(use_running_average=not train)(x)


class State(TrainState):
    batch_stats: dict


def step(state, x):
    def loss_fn(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        out, updates = state.apply_fn(variables, x, True, mutable=["batch_stats"])
        return jnp.sum(out), updates

    (_, updates), grads = GRADIENT(state.params)
    return state.apply_gradients(grads=grads, batch_stats=updates["batch_stats"])


def main():
    net = Norms()
    variables = net.init(jax.random.key(0), X)
    params, batch_stats = variables["params"], variables["batch_stats"]
    state = State.create(apply_fn=net.apply, params=params, tx=optax.sgd(0.1), batch_stats=batch_stats)
    state = step(state, X)
"""


@pytest.mark.parametrize(
    ("gradient", "styles"),
    [
        pytest.param("jax.value_and_grad(loss_fn, has_aux=True)", {"functional", "stateful"}, id="as-it-is"),
        pytest.param("jax.value_and_grad(jax.jit(loss_fn), has_aux=True)", {"stateful"}, id="compiled"),
        pytest.param("jax.value_and_grad(jax.checkpoint(loss_fn), has_aux=True)", set(), id="checkpointed"),
    ],
)
def test_statistics_that_a_transform_would_lose(gradient: str, styles: set[Style]) -> None:
    text = after(STATISTICS.replace("GRADIENT", gradient))
    every: tuple[Style, ...] = ("functional", "stateful")
    changed = {s for s in every if migrate_sources({"train.py": text}, Options(style=s)).changed}
    assert changed == styles
