"""Attributes that `setup` computes from parameters: computed at every call, as in Linen, or left alone."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, migrated, program

FLAT = (4, 6)
SCALED = """
class Net(nn.Module):
    factor: float = 0.3

    def setup(self):
        self.scale = self.factor * self.param("scale", nn.initializers.normal(), (6,))
        self.scale = self.scale + self.factor
        self.out = nn.Dense(3)

    def __call__(self, x):
        return self.out(self.scale * x)
"""
EXPONENT = """
class Net(nn.Module):
    def setup(self):
        self.rate = jnp.exp(self.param("log_rate", nn.initializers.normal(), (6,)))
        self.bias = self.param("bias", nn.initializers.normal(), (6,))
        self.shift = self.bias - self.rate

    def shifted(self, x):
        return x - self.shift

    def __call__(self, x):
        return self.shifted(x) ** 2
"""
SEVERAL = """
class Net(nn.Module):
    rank: int = 2

    def setup(self):
        self.kernel = (self.param("left", nn.initializers.normal(), (6, self.rank))
                       @ self.param("right", nn.initializers.normal(), (self.rank, 5)))
        self.out = nn.Dense(4)

    def __call__(self, x):
        return self.out(x @ self.kernel)
"""
CHANGED = """
class Net(nn.Module):
    def setup(self):
        self.scale = self.param("scale", nn.initializers.normal(), (6,))
        self.scale = self.scale * 2

    def __call__(self, x):
        return x * self.scale
"""


@pytest.mark.parametrize(
    "module",
    [
        pytest.param(SCALED, id="in-two-steps"),
        pytest.param(EXPONENT, id="under-another-name"),
        pytest.param(SEVERAL, id="from-several"),
        pytest.param(CHANGED, id="after-it-was-kept"),
    ],
)
def test_attributes_are_computed_at_every_call(module: str) -> None:
    assert_identical(compared(program(module, "Net()", FLAT)))


def test_only_the_parameter_is_kept() -> None:
    text = migrated(program(EXPONENT, "Net()", FLAT))
    assert "self.log_rate = nnx.Param(" in text
    assert "self.rate" not in text and "self.shift" not in text.replace("self.shifted", "")
    assert "return x - (self.bias[...] - jnp.exp(self.log_rate[...]))" in text


def test_parentheses_stand_where_they_are_needed() -> None:
    text = migrated(program(SCALED, "Net()", FLAT))
    assert "self.out((self.factor * self.scale[...] + self.factor) * x)" in text


def _setup(*lines: str, more: str = "") -> str:
    body = "\n        ".join(lines)
    return f"""
class Net(nn.Module):
    factor: float = 0.3

    def setup(self):
        {body}

    def __call__(self, x):
        return x * self.scale
{more}"""


KEPT = 'self.raw = self.param("raw", nn.initializers.normal(), (6,))'
SUBCLASS = """

class Other(Net):
    def doubled(self, x):
        return x * 2
"""
RESET = """
    def reset(self):
        self.scale = 1.0
"""


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        pytest.param(_setup(KEPT, "twice = self.raw * 2", "self.scale = twice"), "beyond", id="local-name"),
        pytest.param(_setup(KEPT, "self.raw *= 2", "self.scale = 1"), "beyond", id="in-place"),
        pytest.param(
            _setup(KEPT, "self.scale = self.raw", "if self.factor > 1:", "    self.scale = self.raw * 2"),
            "beyond",
            id="condition",
        ),
        pytest.param(
            _setup(KEPT, "for i in range(3):", "    self.scale = self.raw * i"), "beyond", id="loop"
        ),
        pytest.param(_setup(KEPT, "self.scale: Any = self.raw * 2"), "beyond", id="annotation"),
        pytest.param(_setup(KEPT, "self.scale = self.other = self.raw * 2"), "beyond", id="two-targets"),
        pytest.param(
            _setup(KEPT, "depth = np.random.normal()", "self.scale = self.raw * depth"),
            "cannot read",
            id="local-operand",
        ),
        pytest.param(
            _setup(KEPT, "self.scale = self.raw * 2", "self.scale = 1.0"), "other places", id="set-again"
        ),
        pytest.param(_setup(KEPT, "self.scale = self.raw * 2", more=SUBCLASS), "extended", id="subclass"),
        pytest.param(
            _setup('self.scale = 2 * self.param("factor", nn.initializers.normal(), (6,))'),
            "factor",
            id="name-of-a-field",
        ),
    ],
)
def test_other_computations_stay(module: str, reason: str) -> None:
    assert any(reason in finding for finding in findings(program(module, "Net()", FLAT)))


def test_a_name_that_is_another_where_the_attribute_is_read() -> None:
    module = """
class Net(nn.Module):
    def setup(self):
        self.scale = jnp.exp(self.param("scale", nn.initializers.normal(), (6,)))

    def __call__(self, x):
        jnp = np
        return x * self.scale
"""
    assert any("another name" in finding for finding in findings(program(module, "Net()", FLAT)))


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("x * self.scale + self.scale", id="twice"),
        pytest.param("sum(x * self.scale for _ in range(3))", id="in-a-loop"),
        pytest.param("(lambda y: y * self.scale)(x)", id="in-a-function"),
    ],
)
def test_attributes_that_are_read_again(expression: str) -> None:
    module = _setup(KEPT, "self.scale = jnp.exp(self.raw)").replace("x * self.scale", expression)
    assert any("more than once" in finding for finding in findings(program(module, "Net()", FLAT)))


def test_another_module_that_reads_the_attribute() -> None:
    module = f"""{SCALED.replace("class Net", "class Inner")}

class Net(nn.Module):
    def setup(self):
        self.inner = Inner()

    def __call__(self, x):
        return self.inner(x) * self.inner.scale.sum()
"""
    assert findings(program(module, "Net()", FLAT))


DROP_PATH = """
class DropPath(nn.Module):
    rate: float

    @nn.compact
    def __call__(self, x, deterministic=True):
        if deterministic:
            return x
        shape = (x.shape[0],) + (1,) * (x.ndim - 1)
        kept = jnp.floor(1 - self.rate + jax.random.uniform(self.make_rng("droppath"), shape=shape))
        return x / (1 - self.rate) * kept

class Net(nn.Module):
    @nn.compact
    def __call__(self, x, deterministic=True):
        return nn.Dense(3)(DropPath(0.5)(nn.Dense(5)(x), deterministic))
"""


def test_sizes_behind_a_mask_of_repeated_axes() -> None:
    outcome = compared(program(DROP_PATH, "Net()", FLAT))
    assert_identical(outcome)
    assert "nnx.Linear(5, 3, rngs=rngs)" in outcome.text
