"""Hypothesis strategies for Linen programs: a module, a step, and a run that passes states around.

Every program has `main()`, which returns numbers. Kernels are made from their shape alone, so that Linen
and NNX start from the same values without any copying.
"""

from __future__ import annotations

from textwrap import indent

from hypothesis import strategies as st

HEAD = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState

X = jnp.sin(jnp.arange(12.0)).reshape(4, 3)
Y = jnp.cos(jnp.arange(8.0)).reshape(4, 2)


def waves(key, shape, dtype=jnp.float32):  # the same for every key
    size = shape[0] * shape[1]
    return jnp.sin(1.0 + jnp.arange(size, dtype=dtype)).reshape(shape)

"""
STEP = """

{decorator}def step(state, x):
    def loss_fn(params):
        return jnp.mean(({apply}({{"params": params}}, x) - Y) ** 2)  # squared error

    loss, grads = jax.value_and_grad(loss_fn)(state.params)
    {result}


def create(seed):
    net = Net()
    params = net.init(jax.random.key(seed), X)["params"]
    return TrainState.create(apply_fn=net.apply, params=params, tx=optax.{tx})


def loss_of(state, x):
    return jnp.mean((state.apply_fn({{"params": state.params}}, x) - Y) ** 2)

"""
RESULTS = (
    "return state.apply_gradients(grads=grads), loss",
    "new_state = state.apply_gradients(grads=grads)  # moved\n    return new_state, loss",
    "state = state.apply_gradients(grads=grads)\n    return state, loss",
)
SIMPLE = (
    "{a}, loss = step({a}, X)",
    "{a}, loss = step({a}, 2 * X)  # doubled",
    "{b}, loss = step({a}, X)",
    "{b} = {a}",
    "out.append(loss_of({a}, X))",
    "out.append(optax.global_norm({a}.params))",
    "out.append({a}.step)",
    "kept = {a}.params",
    "out.append(optax.global_norm(kept))",
    "later = lambda: loss_of({a}, X)",
    "out.append(later())",
    "# {a} and {b}",
)
COMPOUND = (
    "for turn in range(2):\n{body}",
    "if len(out) % 2:\n{body}\nelse:\n    out.append(1.0)",
    "try:\n{body}\n    if len(out) > 2:\n        raise ValueError\nexcept ValueError:\n    out.append(2.0)",
    "while len(out) < 4:\n{body}\n    out.append(3.0)",
)
LAYER = "nn.Dense({size}, kernel_init=waves{name})"
ACTIVATIONS = ("nn.tanh({})", "jax.nn.relu({})", "{} * 0.5", "{}", "jnp.concatenate([{}, x], axis=-1)")


@st.composite
def modules(draw: st.DrawFn) -> str:
    """A class `Net` in compact form or with `setup`."""
    depth = draw(st.integers(0, 2))
    sizes = [
        draw(st.sampled_from(["4", "self.width", "self.width + 1", "2 * self.width"])) for _ in range(depth)
    ]
    acts = [draw(st.sampled_from(ACTIVATIONS)) for _ in sizes]
    named = [draw(st.booleans()) for _ in [*sizes, "out"]]
    fields = "    width: int = 5  # units\n"
    if draw(st.booleans()):
        built = [f"        self.l{i} = {LAYER.format(size=s, name='')}" for i, s in enumerate([*sizes, "2"])]
        used = [f"        h = {act.format(f'self.l{i}(h)')}" for i, act in enumerate(acts)]
        setup = "\n".join(["    def setup(self):", *built])
        call = "\n".join(
            ["    def __call__(self, x):", "        h = x", *used, f"        return self.l{depth}(h)"]
        )
        return f"\nclass Net(nn.Module):\n{fields}\n{setup}\n\n{call}\n"
    layers = [
        LAYER.format(size=s, name=f', name="n{i}"' if named[i] else "") for i, s in enumerate([*sizes, "2"])
    ]
    used = [f"        h = {act.format(f'{layers[i]}(h)')}" for i, act in enumerate(acts)]
    lines = [
        "    @nn.compact",
        "    def __call__(self, x):",
        "        h = x",
        *used,
        f"        return {layers[-1]}(h)",
    ]
    return f"\nclass Net(nn.Module):\n{fields}\n" + "\n".join(lines) + "\n"


@st.composite
def statements(draw: st.DrawFn, depth: int = 0) -> str:
    """A statement of the run, which may hold others."""
    a, b = draw(st.permutations(["state", "other"]))
    if depth < 2 and draw(st.integers(0, 3)) == 0:
        inner = draw(st.lists(statements(depth + 1), min_size=1, max_size=3))
        body = indent("\n".join([*inner, "out.append(0.0)"]), "    ")
        return draw(st.sampled_from(COMPOUND)).format(body=body)
    return draw(st.sampled_from(SIMPLE)).format(a=a, b=b)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A whole program."""
    step = STEP.format(
        decorator=draw(st.sampled_from(["", "@jax.jit\n"])),
        apply=draw(st.sampled_from(["state.apply_fn", "Net().apply"]))
        if draw(st.booleans())
        else "state.apply_fn",
        result=draw(st.sampled_from(RESULTS)),
        tx=draw(st.sampled_from(["sgd(0.1)", "adam(0.1)"])),
    )
    start = ["out = []", "state = create(0)", draw(st.sampled_from(["other = state", "other = create(1)"]))]
    run = draw(st.lists(statements(), min_size=2, max_size=7))
    body = indent("\n".join([*start, "kept = state.params", "later = float", *run, "return out"]), "    ")
    return HEAD + draw(modules()) + step + f"\ndef main():\n{body}\n"
