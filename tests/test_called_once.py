"""Methods beside `__call__` that build layers: run beside Linen if one call reaches them, or left alone."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, program

ENCODE = """
class Net(nn.Module):
    deep: bool = True

    @nn.compact
    def encode(self, x):
        x = nn.relu(nn.Dense(3)(x))
        if self.deep:
            x = nn.Dense(x.shape[-1] * 2)(x)
        return nn.Dense(5)(x)

    def __call__(self, x):
        {body}
"""
HELPERS = """
class Net(nn.Module):
    deep: bool = True

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = nn.Dense(5)(x)
        if self.deep:
            x = self.block(x, 7, train)
        x = self.head(x, features=2)
        return nn.Dense(3)(x)

    def block(self, x, size, train):
        h = nn.relu(nn.Dense(size)(x))
        h = nn.Dropout(0.5, deterministic=not train)(h)
        return x + nn.Dense(x.shape[-1])(h)

    @nn.nowrap
    def head(self, x, features):
        return self.last(nn.LayerNorm()(x), features)

    def last(self, x, features):
        return nn.Dense(features, name="final")(x)
"""
DRAWS = """
class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool = False):
        return nn.Dense(3)(self.dropped(x, train))

    def dropped(self, x, train):
        return nn.Dropout(0.5)(nn.Dense(4)(x), deterministic=not train)
"""


def of(body: str, build: str = "Net()") -> str:
    return program(ENCODE.format(body=body), build, (2, 4))


FORMS = [
    pytest.param(
        of("return jnp.tanh(self.encode(x))"), "return jnp.tanh(self.encode(x))", id="compact-elsewhere"
    ),
    pytest.param(
        of("if self.deep:\n            x = self.encode(x)\n        return x"),
        "        if self.deep:\n            self.Dense_0 =",
        id="under-a-condition",
    ),
    pytest.param(
        of("if self.deep:\n            x = self.encode(x)\n        return x", "Net(False)"),
        "        if self.deep:\n            self.Dense_0 =",
        id="that-does-not-hold",
    ),
    pytest.param(program(HELPERS, "Net()", (2, 4)), "self.final = nnx.Linear(5, 2, rngs=rngs)", id="helpers"),
    pytest.param(
        program(HELPERS, "Net(False)", (2, 4)),
        'f"Dense_{1 + (2 if self.deep else 0)}"',
        id="numbers-behind-a-helper",
    ),
    pytest.param(program(DRAWS, "Net()", (2, 4)), "self.dropped(x, train, rngs=rngs)", id="draws"),
]


@pytest.mark.parametrize(("text", "written"), FORMS)
def test_same_numbers(text: str, written: str) -> None:
    outcome = compared(text)
    assert_identical(outcome)
    assert written in outcome.text


REFUSED = [
    pytest.param(of("return self.encode(self.encode(x)[:, :4])"), id="called-twice"),
    pytest.param(
        of("for _ in range(2):\n            x = self.encode(x)[:, :4]\n        return x"), id="in-a-loop"
    ),
    pytest.param(of("return jax.vmap(self.encode)(x)"), id="handed-on"),
    pytest.param(of("return jax.vmap(lambda y: self.encode(y))(x)"), id="in-a-lambda"),
    pytest.param(
        of("if x.sum() > 0:\n            x = self.encode(x)\n        return x"), id="known-at-the-call"
    ),
    pytest.param(
        of("if x.sum() > 0:\n            return x\n        return self.encode(x)"), id="behind-a-return"
    ),
    pytest.param(of("return self.encode(x) if self.deep else x"), id="in-an-expression"),
    pytest.param(of("self = self\n        return self.encode(x)"), id="another-self"),
    pytest.param(
        of("return self.encode(x)")
        .replace("return nn.Dense(5)(x)", "return nn.Dense(5)(x) + self.shift(x)")
        .replace(
            "    def __call__",
            "    @nn.compact\n    def shift(self, x):\n        return nn.Dense(5)(x)\n\n    def __call__",
        ),
        id="two-compact-methods",
    ),
    pytest.param(
        of("return self.encode(x)")
        .replace("    deep: bool", "    n: int = 2\n    deep: bool")
        .replace(
            "return nn.Dense(5)(x)",
            "for _ in range(self.n):\n            x = nn.Dense(5)(x)\n        return x",
        ),
        id="a-loop-in-it",
    ),
    pytest.param(
        of("return self.encode(x)").replace("    @nn.compact", "    @jax.jit\n    @nn.compact"),
        id="another-decorator",
    ),
    pytest.param(
        of("return self.encode(x)")
        .replace("class Net(nn", "class Base(nn")
        .replace("\n\nnet =", "\n\nclass Net(Base):\n    def encode(self, x):\n        return x\n\n\nnet ="),
        id="an-extended-class",
    ),
    pytest.param(
        of("return self.encode(x)")
        .replace("x = nn.relu(", "size = x.shape[0]\n        x = nn.relu(")
        .replace("nn.Dense(5)(x)", "nn.Dense(size)(x)"),
        id="a-local-size",
    ),
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_stays(text: str) -> None:
    assert any("LNX11" in finding for finding in findings(text))
