"""Methods below decorators, properties that give a layer, and `match`: run beside Linen, or left alone."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, migrated, program

FLAT = (4, 6)
CHOSEN = """
class Net(nn.Module):
    kind: str = "wide"

    def setup(self):
        match self.kind:
            case "wide":
                self.wide = nn.Dense(9)
            case "narrow":
                self.narrow = nn.Dense(2)
        self.out = nn.Dense(3)

    @property
    def layer(self) -> nn.Module:
        match self.kind:
            case "wide":
                return self.wide
            case "narrow":
                return self.narrow

    @classmethod
    def start(cls, size: int):
        return jnp.zeros((size,))

    @staticmethod
    def halved(x):
        return x / 2

    def __call__(self, x):
        return self.out(self.halved(self.layer(x)).sum(-1, keepdims=True))
"""
CHECKED = """
import typeguard

def checked(function):
    return typeguard.typechecked(function)

class Table(nn.Module):
    size: int = 5

    def setup(self):
        self.table = self.param("table", nn.initializers.normal(), (7, self.size))

    @checked
    def encode(self, x):
        return self.table[x.astype(int) % 7]

class Net(nn.Module):
    def setup(self):
        self.table = Table()
        self.out = nn.Dense(3)

    @checked
    def __call__(self, x):
        return self.out(x) + self.table.encode(x)[:, 0, :3]
"""


def test_a_property_gives_one_of_the_layers_that_match_has_made() -> None:
    assert_identical(compared(program(CHOSEN, "Net()", FLAT)))
    assert_identical(compared(program(CHOSEN, "Net(kind='narrow')", FLAT)))


def test_decorators_that_check_types_stay() -> None:
    text = migrated(program(CHECKED, "Net()", FLAT))
    assert "@checked\n    def encode(self, x):" in text
    assert "@checked\n    def __call__(self, x):" in text


CALLED = """
class Net(nn.Module):
    kind: str = "wide"

    def setup(self):
        self.wide = nn.Dense(9)
        self.narrow = nn.Dense(9)

    def __call__(self, x):
        match self.kind:
            case "wide":
                return self.wide(x)
            case _:
                return self.narrow(x)
"""
OTHER = CHECKED.replace("typeguard.typechecked(function)", "jax.jit(function, static_argnums=0)")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(CALLED, "LNX111", id="layers-that-only-one-case-calls"),
        pytest.param(OTHER, "LNX", id="another-decorator"),
        pytest.param(CHOSEN.replace("jnp.zeros((size,))", "cls('narrow')"), "LNX111", id="a-second-instance"),
    ],
)
def test_what_stays(text: str, code: str) -> None:
    assert any(each.startswith(code) for each in findings(program(text, "Net()", FLAT)))


def test_a_shape_that_the_method_reads_too_stays_what_it_is_there() -> None:
    text = """
    class Net(nn.Module):
        @nn.compact
        def __call__(self, x):
            shape = (1, x.shape[-1])
            table = self.param("table", nn.initializers.normal(), shape)
            return nn.Dense(3)(x + table) + jnp.zeros(shape).sum()
    """
    assert_identical(compared(program(text, "Net()", FLAT)))
