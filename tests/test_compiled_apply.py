"""`net.apply = jax.jit(net.apply)`, and copies of parameters."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options

HEAD = """\
import copy

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np


"""


def migrated(body: str) -> str | None:
    text = migrate_sources({"train.py": HEAD + dedent(body)}, Options(bridge=False)).changed.get("train.py")
    return None if text is None else text[text.index("def main") :]


COMPILED = """
        def main(x):
            net = nn.Dense(3)
            params = net.init(jax.random.key(0), x)["params"]
            {before}
            net.apply = jax.jit(net.apply)
            return {after}
"""
CALL = 'net.apply({"params": params}, x)'


def test_calls_before_and_behind() -> None:
    assert migrated(COMPILED.format(before=f"y = {CALL}", after=f"{CALL} - y")) == dedent("""\
        def main(x):
            net = nnx.Linear(x.shape[-1], 3, rngs=nnx.Rngs(0))
            y = net(x)
            net_apply = jax.jit(lambda model, *args: model(*args))
            return net_apply(net, x) - y
        """)


STAYING = [
    pytest.param(
        COMPILED.replace("jax.jit(net.apply)", "jax.jit(net.apply, static_argnums=1)"), id="options"
    ),
    pytest.param(COMPILED.replace("jax.jit(net.apply)", "lambda *args: 0"), id="another-function"),
    pytest.param(
        COMPILED.replace("net.apply = jax", "if x.any():\n                net.apply = jax"), id="condition"
    ),
    pytest.param(COMPILED.replace("net.apply = jax", "net_apply = net.apply = jax"), id="two-targets"),
    pytest.param(COMPILED.replace("{before}", "net_apply = {before}"), id="name-is-taken"),
    pytest.param(
        COMPILED.replace(
            "            return", "            net.apply = jax.jit(net.apply)\n            return"
        ),
        id="twice",
    ),
    pytest.param(
        COMPILED.replace("net.apply = jax.jit(net.apply)", "net.features = 4"), id="another-attribute"
    ),
]


@pytest.mark.parametrize("body", STAYING)
def test_what_stays(body: str) -> None:
    assert migrated(body.format(before=CALL, after=CALL)) is None


COPIES = [
    pytest.param("jax.tree.map(jnp.copy, params)", id="copy"),
    pytest.param("jax.tree_util.tree_map(lambda x: jnp.copy(x), params)", id="lambda"),
    pytest.param("jax.tree_map(lambda leaf: np.array(leaf), params)", id="numpy"),
    pytest.param("jax.tree.map(lambda x: x, params)", id="identity"),
    pytest.param("copy.deepcopy(params)", id="deepcopy"),
]
KEPT = """
def main(x):
    model = nn.Dense(3)
    params = model.init(jax.random.key(0), x)["params"]
    target_params = {copy}
    return model.apply({{"params": target_params}}, x)
"""


@pytest.mark.parametrize("copy", COPIES)
def test_copies(copy: str) -> None:
    text = migrated(KEPT.format(copy=copy))
    assert text is not None
    assert "    target = nnx.clone(model)\n    return target(x)\n" in text


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param("jax.tree.map(lambda x: x * 2, params)", id="arithmetic"),
        pytest.param("jax.tree.map(jnp.zeros_like, params)", id="zeros"),
        pytest.param("jax.tree.map(lambda x: jnp.array(x, jnp.int32), params)", id="another-type"),
    ],
)
def test_no_copies(changed: str) -> None:
    text = migrated(KEPT.format(copy=changed))
    assert text is None or "nnx.clone" not in text
