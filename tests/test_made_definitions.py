"""Definitions that functions give back, and functions that `nn.apply` runs with a module."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.linen_programs import after

NET = """

class Net(nn.Module):
    flip: bool = False

    def setup(self):
        self.dense = nn.Dense(2)

    def __call__(self, x):
        y = self.dense(x)
        return -y if self.flip else y

    def twice(self, x):
        return 2 * self.dense(x)
"""
MAKE = """

def make(flip):
    return Net(flip=flip)
"""


def migrated(body: str) -> str | None:
    make = [MAKE] if "make(" in body else []
    found = migrate_sources({"train.py": after(NET, *make, body)}, Options(bridge=False))
    assert found.findings
    return found.changed.get("train.py")


def using(first: str, second: str, rest: str = "") -> str:
    return f"""
def main(flip, other):
    params = make({first}).init(jax.random.key(0), X)["params"]
    return use(params, {rest or "flip"})


def use(params, kind):
    return make({second}).apply({{"params": params}}, X)
"""


SAME = [
    pytest.param(using("True", "True"), id="constants"),
    pytest.param(using("flip", "kind"), id="the-argument-that-is-handed-on"),
    pytest.param(using("X.ndim", "X.ndim"), id="an-attribute"),
]
DIFFERENT = [
    pytest.param(using("True", "False"), id="other-constants"),
    pytest.param(using("1", "True"), id="equal-constants-of-other-types"),
    pytest.param(using("flip", "kind", "other"), id="another-argument-is-handed-on"),
    pytest.param(using("len(X)", "len(X)"), id="calls"),
    pytest.param(using("flip", "flip").replace("def use", "flip = True\n\n\ndef use"), id="another-variable"),
]


@pytest.mark.parametrize("body", SAME)
def test_definitions_of_equal_calls_are_one(body: str) -> None:
    text = migrated(body)
    assert text is not None
    assert "model(X)" in text


@pytest.mark.parametrize("body", DIFFERENT)
def test_definitions_of_different_calls_stay(body: str) -> None:
    assert migrated(body) is None


def applying(function: str, call: str = 'nn.apply(f, net)({"params": params})') -> str:
    return f"""
def main():
    net = Net()
    params = net.init(jax.random.key(0), X)["params"]
    {function}
    return {call}
"""


def test_a_function_is_called_with_the_model() -> None:
    text = migrated(applying("f = lambda m: m(X) + m.twice(X)"))
    assert text is not None
    assert text.endswith("    f = lambda m: m(X) + m.twice(X)\n    return f(net)\n")


STAYS = [
    pytest.param(applying("f = lambda m: m.variables"), id="variables"),
    pytest.param(applying("f = lambda m: m.dense(X)"), id="a-layer"),
    pytest.param(applying("f = lambda m: m.twice"), id="a-method-as-a-value"),
    pytest.param(applying("f = lambda m: [m]"), id="the-module-as-a-value"),
    pytest.param(applying("f = lambda m: m.clone()(X)"), id="a-method-of-linen"),
    pytest.param(
        applying("f = lambda m: m(X)", 'nn.apply(f, net, mutable=True)({"params": params})'), id="options"
    ),
    pytest.param(
        applying("f = lambda m: m(X)", 'nn.apply(f, net)({"params": params}, rngs={})'), id="random-keys"
    ),
    pytest.param(
        applying("f = lambda m: m(X)", 'nn.apply(f, Net(True))({"params": params})'), id="another-definition"
    ),
    pytest.param(applying("g = nn.apply(lambda m: m(X), net)", 'g({"params": params})'), id="under-a-name"),
]


@pytest.mark.parametrize("body", STAYS)
def test_stays(body: str) -> None:
    assert migrated(body) is None


ACT = """

def main():
    one, other = Net(), Net(flip=True)
    params = one.init(jax.random.key(0), X)["params"]
    others = other.init(jax.random.key(1), X)["params"]
    return act({first}), act({second})
"""
COMPILED = """

def compiled(apply_fn, params, x):
    return apply_fn({"params": params}, x)


act = jax.jit(compiled, static_argnums=0)
"""
CALLS = [
    pytest.param("one.apply, params, X", "other.apply, others, X", True, id="each-with-its-own"),
    pytest.param("one.apply, params, X", "one.apply, others, X", False, id="one-with-those-of-the-other"),
    pytest.param("one.apply, others, X", "other.apply, params, X", False, id="exchanged"),
]


@pytest.mark.parametrize(("first", "second", "migrates"), CALLS)
def test_a_compiled_function_of_several_definitions(first: str, second: str, migrates: bool) -> None:
    text = migrated(COMPILED + ACT.format(first=first, second=second))
    assert (text is not None) == migrates
    if text is not None:
        assert "act(one, X), act(other, X)" in text and "act = jax.jit(compiled)" in text
