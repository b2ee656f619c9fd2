"""`jax.vmap` of a model's `apply` whose variables are the same for all entries."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.linen_programs import NET, after

TOP = """
net = Net()
variables = net.init(jax.random.key(0), X)
params = variables["params"]
state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.sgd(0.1))
"""


def migrated(call: str, bridge: bool = False) -> str | None:
    """What is in place of the calls."""
    text = after(NET, TOP + dedent(call))
    result = migrate_sources({"train.py": text}, Options(bridge=bridge))
    assert result.findings
    new = result.changed.get("train.py")
    return new.partition("wrt=nnx.Param)\n")[2].strip() if new is not None else None


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(
            "jax.vmap(net.apply, in_axes=(None, 0))({'params': params}, X)",
            "jax.vmap(net)(X)",
            id="definition",
        ),
        pytest.param(
            "jax.vmap(state.apply_fn, in_axes=[None, 0])({'params': state.params}, X)",
            "jax.vmap(net)(X)",
            id="state",
        ),
        pytest.param(
            "jax.vmap(net.apply, in_axes=(None, 1), out_axes=1)({'params': params}, X)",
            "jax.vmap(net, in_axes=(1,), out_axes=1)(X)",
            id="other-axes",
        ),
        pytest.param(
            "jax.vmap(net.apply, axis_name='i', in_axes=(None, {'a': 0}))({'params': params}, {'a': X})",
            "jax.vmap(net, axis_name='i', in_axes=({'a': 0},))({'a': X})",
            id="axes-of-a-tree",
        ),
    ],
)
def test_the_model_is_mapped(call: str, expected: str) -> None:
    assert migrated(call) == expected


def test_a_second_view_of_a_wrapped_model() -> None:
    call = "other = Net(hidden=7)\njax.vmap(other.apply, in_axes=(None, 0))({'params': params}, X)"
    assert migrated(call, bridge=True) == (
        "other = Net(hidden=7)\njax.vmap(other.apply, in_axes=(None, 0))(\n"
        "    {'params': nnx.to_pure_dict(nnx.state(net, nnx.Param))}, X\n)"
    )


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("jax.vmap(net.apply)({'params': params}, X)", id="each-its-variables"),
        pytest.param("jax.vmap(net.apply, in_axes=(0, None))({'params': params}, X)", id="along-them"),
        pytest.param("jax.vmap(net.apply, (None, 0))({'params': params}, X)", id="axes-by-position"),
        pytest.param("A = (None, 0)\njax.vmap(net.apply, in_axes=A)({'params': params}, X)", id="a-name"),
        pytest.param("jax.vmap(net.apply, in_axes=(None, *[0]))({'params': params}, X)", id="starred-axes"),
        pytest.param("jax.vmap(net.apply, in_axes=(None, 0))({'params': params}, x=X)", id="keywords"),
        pytest.param("jax.vmap(net.apply, in_axes=(None, 0))(*[{'params': params}, X])", id="starred"),
        pytest.param("f = jax.vmap(net.apply, in_axes=(None, 0))\nf({'params': params}, X)", id="kept"),
        pytest.param("jax.pmap(net.apply, in_axes=(None, 0))({'params': params}, X)", id="devices"),
        pytest.param(
            "other = Net(hidden=7)\njax.vmap(other.apply, in_axes=(None, 0))({'params': params}, X)",
            id="another-model",
        ),
        pytest.param(
            "net.apply = jax.jit(net.apply)\njax.vmap(net.apply, in_axes=(None, 0))({'params': params}, X)",
            id="compiled",
        ),
    ],
)
def test_what_stays(call: str) -> None:
    assert migrated(call) is None
