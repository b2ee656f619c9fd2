"""Definitions of which the program chooses one: what is initialised and applied is whichever it is."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.linen_programs import after

MODULES = """

class Flat(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)

    def half(self, x):
        return 0.5 * self(x)


class Deep(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2, name="last")(nn.tanh(nn.Dense(3)(x)))


class Tall(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(jnp.concatenate([x, x[:1].T @ x[:1]], axis=0).reshape((1, -1)))


class Noisy(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dropout(0.5, deterministic=False)(nn.Dense(2)(x))
"""
MAKE = """

def make(kind):
    if kind == "flat":
        return Flat()
    return Deep()
"""


def migrated(body: str) -> str | None:
    """The text of `main`, if it is another one."""
    text = after(MODULES, *([MAKE] if "make(" in body else []), body)
    changed = migrate_sources({"train.py": text}, Options(bridge=False)).changed.get("train.py", text)
    main = changed[changed.index("def main") :]
    return main if main.strip() != body.strip() else None


def choosing(definition: str, use: str) -> str:
    return f"""
def main(kind):
    net = {definition}
    params = net.init(jax.random.key(0), X)["params"]
    return {use}
"""


APPLIED = 'net.apply({"params": params}, X)'
WRITTEN = [
    pytest.param(
        choosing("Flat() if kind else Deep()", APPLIED),
        "net = Flat if kind else Deep\n"
        "    net = net(in_features=X.shape[-1], rngs=nnx.Rngs(0))\n"
        "    return net(X)\n",
        id="an-expression",
    ),
    pytest.param(
        choosing("make(kind)", APPLIED),
        "net = make(kind)\n    net = net(in_features=X.shape[-1], rngs=nnx.Rngs(0))\n    return net(X)\n",
        id="a-function",
    ),
    pytest.param(
        choosing("make(kind)", 'make(kind).apply({"params": params}, X)'),
        "net = make(kind)\n    net = net(in_features=X.shape[-1], rngs=nnx.Rngs(0))\n    return net(X)\n",
        id="an-equal-call",
    ),
]


@pytest.mark.parametrize(("body", "written"), WRITTEN)
def test_what_is_written(body: str, written: str) -> None:
    text = migrated(body)
    assert text is not None
    assert text.endswith(f"    {written}")


STAYS = [
    pytest.param(choosing("Flat() if kind else None", APPLIED), id="a-definition-or-nothing"),
    pytest.param(choosing("Flat() if kind else Tall()", APPLIED), id="other-sizes"),
    pytest.param(choosing("make(kind)", 'make("flat").apply({"params": params}, X)'), id="another-call"),
    pytest.param(choosing("make(kind)", 'Flat().apply({"params": params}, X)'), id="one-of-them"),
    pytest.param(choosing("make(kind)", 'params["last"]["kernel"]'), id="a-parameter-of-one"),
    pytest.param(
        choosing("make(kind)", 'net.apply({"params": params}, X, method="half")'), id="a-method-of-one"
    ),
    pytest.param(
        choosing("Flat() if kind else Noisy()", 'net.apply({"params": params}, X, rngs={"dropout": kind})'),
        id="keys-for-one",
    ),
]


@pytest.mark.parametrize("body", STAYS)
def test_stays(body: str) -> None:
    assert migrated(body) is None
