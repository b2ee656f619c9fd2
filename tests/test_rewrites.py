"""Lines of Linen programs and what they become; each of them was rewritten wrongly once."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style
from tests.linen_programs import CREATE, JITTED_STEP, NET, STEP, after

PATH = "train.py"


def migrated(style: Style, text: str) -> str:
    """The new text, which must differ, parse and stay as it is in a second run."""
    new = migrate_sources({PATH: text}, Options(style=style)).changed[PATH]
    compile(new, PATH, "exec")
    assert migrate_sources({PATH: new}, Options(style=style)).changed == {}
    return new


PAIRS = [
    pytest.param(
        """
        net = Net()
        key = jax.random.key(0)
        params = net.init({"params": key}, X)["params"]
        print(net.apply({"params": params}, X))
        """,
        """
        key = jax.random.key(0)
        net = Net(in_features=X.shape[-1], rngs=nnx.Rngs(params=key))
        print(net(X))
        """,
        id="a-key-in-a-dict-is-bound-after-the-definition",
    ),
    pytest.param(
        """
        keys = iter(jax.random.split(jax.random.key(0)))
        net = Net()
        noise = jax.random.normal(next(keys), (3,))
        params = net.init(next(keys), X)["params"]
        print(net.apply({"params": params}, X + noise))
        """,
        """
        keys = iter(jax.random.split(jax.random.key(0)))
        noise = jax.random.normal(next(keys), (3,))
        net = Net(in_features=X.shape[-1], rngs=nnx.Rngs(next(keys)))
        print(net(X + noise))
        """,
        id="keys-are-drawn-in-their-order",
    ),
    pytest.param(
        """
        batch = load()
        net = Net()
        params = net.init(jax.random.key(0), batch[0])["params"]
        print(net.apply({"params": params}, batch[0]))
        """,
        """
        batch = load()
        net = Net(in_features=batch[0].shape[-1], rngs=nnx.Rngs(0))
        print(net(batch[0]))
        """,
        id="a-sample-out-of-a-tuple",
    ),
    pytest.param(
        """
        n = 3
        x = jnp.zeros((1, n))
        n = 7
        net = Net()
        params = net.init(jax.random.key(n), x)["params"]
        print(net.apply({"params": params}, X))
        """,
        """
        n = 3
        x = jnp.zeros((1, n))
        n = 7
        net = Net(in_features=x.shape[-1], rngs=nnx.Rngs(jax.random.key(n)))
        print(net(X))
        """,
        id="a-size-changes-its-value-after-the-sample",
    ),
    pytest.param(
        """
        state = create(0)
        width = 8
        print(f"{state.step:>{width}} {1.5:{state.step}}")
        """,
        """
        model, optimizer = create(0)
        width = 8
        print(f"{optimizer.step[...]:>{width}} {1.5:{optimizer.step[...]}}")
        """,
        id="a-format-inside-a-format",
    ),
    pytest.param(
        """
        state = create(0)
        match X.ndim:
            case 2 if state.step < 3:
                print(state.apply_fn({"params": state.params}, X))
        """,
        """
        model, optimizer = create(0)
        match X.ndim:
            case 2 if optimizer.step[...] < 3:
                print(model(X))
        """,
        id="the-guard-of-a-case",
    ),
    pytest.param(
        """
        def norms():
            state = create(0)
            yield optax.global_norm(state.params)
        """,
        """
        def norms():
            model, optimizer = create(0)
            yield optax.global_norm(nnx.state(model, nnx.Param))
        """,
        id="a-yielded-value",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("before", "expected"), PAIRS)
def test_same_in_both_styles(before: str, expected: str, style: Style) -> None:
    assert migrated(style, after(NET, CREATE, before)).endswith(dedent(expected).lstrip("\n"))


FUNCTIONAL = [
    pytest.param(
        JITTED_STEP,
        """
        state = create(0)
        print(step(state, X)[1])
        state, loss = step(state, X)
        """,
        """
        model, optimizer = create(0)
        print(step(model, optimizer, X)[1])
        (model, optimizer), loss = step(model, optimizer, X)
        """,
        id="the-result-of-a-jitted-step-is-dropped",
    ),
    pytest.param(
        STEP,
        """
        fast = jax.jit(step)
        state = create(0)
        state, loss = step(state, X)
        state, loss = fast(state, X)
        """,
        """
        fast = jax.jit(step)
        model, optimizer = create(0)
        (model, optimizer), loss = step(model, optimizer, X)
        (model, optimizer), loss = fast(model, optimizer, X)
        """,
        id="a-step-is-called-with-and-without-jit",
    ),
]


@pytest.mark.parametrize(("helper", "before", "expected"), FUNCTIONAL)
def test_functional(helper: str, before: str, expected: str) -> None:
    assert migrated("functional", after(NET, CREATE, helper, before)).endswith(dedent(expected).lstrip("\n"))
