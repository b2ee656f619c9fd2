"""Layers that conditions of `setup` choose, functions in their place, and methods that know no instance."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, migrated, program

CHOSEN = """
def identity(x, **kwargs):
    return x


class Tied(nn.Module):
    features: int

    def setup(self):
        self.bias = self.param("bias", nn.initializers.zeros, (self.features,))

    def __call__(self, x, kernel):
        return jax.lax.dot_general(x, kernel, (((x.ndim - 1,), (0,)), ((), ()))) + self.bias


class Net(nn.Module):
    tie: bool = False
    rate: float = 0.0
    before: bool = True

    def setup(self):
        self.embed = nn.Dense(8)
        if self.tie:
            self.head = Tied(8)
        else:
            self.head = nn.Dense(8)
        self.norm = nn.LayerNorm()
        self.project = None
        if self.before:
            self.project = nn.Dense(8)
        self.drop = identity
        if self.rate > 0:
            self.drop = nn.Dropout(self.rate)

    def __call__(self, x, train: bool = False):
        if self.before:
            x = self.norm(x)
        x = self.embed(x)
        if not self.before:
            x = self.norm(x)
        if self.project is not None:
            x = self.project(x)
        x = self.drop(x, deterministic=not train)
        if self.tie:
            return self.head(x, self.turned(x[0], scale=2.0))
        return self.head(x)

    @staticmethod
    def turned(x, scale=None, shift=None):
        if shift is not None:
            x = x + shift
        return jnp.ones((x.shape[-1], 8)) if scale is None else scale * jnp.ones((x.shape[-1], 8))
"""


@pytest.mark.parametrize("build", ["Net()", "Net(True)", "Net(rate=0.5)", "Net(before=False)"])
def test_each_choice(build: str) -> None:
    assert_identical(compared(program(CHOSEN, build, (2, 3, 6))))


def test_its_text() -> None:
    new = migrated(program(CHOSEN, "Net()", (2, 3, 6)))
    assert "self.norm = nnx.LayerNorm((8 if not self.before else in_features), rngs=rngs)" in new
    assert "        if not self.before:\n            self.project = None\n" in new
    assert "        if not (self.rate > 0):\n            self.drop = identity\n" in new
    assert "@staticmethod\n    def turned(x, scale=None, shift=None):" in new


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param(
            "def identity(x, **kwargs)",
            "def identity(x, deterministic)",
            "may build layers",
            id="a-function-that-takes-no-keys",
        ),
        pytest.param(
            "        if self.tie:\n            return self.head(x, self",
            "        if train:\n            return self.head(x, self",
            "a layer is called with other arguments than are known of it",
            id="another-condition",
        ),
    ],
)
def test_what_stays(old: str, new: str, words: str) -> None:
    text = program(CHOSEN.replace(old, new), "Net()", (2, 3, 6))
    assert any(words in finding for finding in findings(text))


RESULTS = """
class Attention(nn.Module):
    @nn.compact
    def __call__(self, x, more: bool = False):
        query, value = self.turned(x, x) if more else self.turned(x)
        y = nn.Dense(6)(query)
        return (jnp.ones((1,)), y) if more else (y,)

    @staticmethod
    def turned(x, value=None):
        return (x, value) if value is not None else (x, x)


class Net(nn.Module):
    more: bool = False

    @nn.compact
    def __call__(self, x):
        x = nn.LayerNorm()(Attention()(x, self.more)[-1])
        gather = jnp.sin
        for _ in range(1):
            gather = jax.vmap(gather)
        return nn.Dense(4)(gather(x))
"""


@pytest.mark.parametrize("build", ["Net()", "Net(True)"])
def test_the_last_of_several_results(build: str) -> None:
    assert_identical(compared(program(RESULTS, build, (2, 3, 5))))


DOCUMENTED = """
def documented(*parts):
    def add(cls):
        {body}
        return cls

    return add


@documented("A net.")
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(4)(x)
"""


def test_a_decorator_that_writes_the_docstring() -> None:
    text = program(DOCUMENTED.format(body='cls.__doc__ = "".join(parts)'), "Net()", (2, 5))
    assert_identical(compared(text))


def test_a_decorator_that_does_more() -> None:
    text = program(DOCUMENTED.format(body="cls.wrapped = True"), "Net()", (2, 5))
    assert any("decorators" in finding for finding in findings(text))
