"""Layers that are there where an optional input is given: rewritten, run and compared with Linen."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import assert_identical, compared, findings, program

FLAT = (4, 6)
NET = """
class Net(nn.Module):
    depth: int = 2

    @nn.compact
    def __call__(self, x, c=None, d=None):
        {}
        return nn.Dense(3)(x)
"""
BLOCK = """
class Block(nn.Module):
    @nn.compact
    def __call__(self, x, c=None):
        if c is not None:
            x = x + nn.Dense(6)(c)
        return nn.Dense(6)(x)


class Net(nn.Module):
    wide: bool = {wide}

    @nn.compact
    def __call__(self, x, c=None):
        {body}
        return nn.Dense(3)(x)
"""
SETUP = """
class Net(nn.Module):
    def setup(self):
        self.into = nn.Dense(6)
        self.last = nn.Dense(3)

    def __call__(self, x, c=None):
        if c is not None:
            x = x + self.into(c)
        return self.last(x)
"""
CASES = [
    pytest.param("if c is not None:\n            x = x + nn.Dense(6)(c)", id="a-layer"),
    pytest.param("if c is None:\n            x = nn.Dense(5)(x)", id="a-layer-in-its-place"),
    pytest.param(
        "if c is None:\n            x = nn.Dense(6)(x)\n        else:\n"
        "            x = nn.Dense(7)(x) * c.sum()",
        id="two-sizes",
    ),
    pytest.param(
        "if c is not None:\n            c = nn.relu(c)\n            for _ in range(self.depth):\n"
        "                x = nn.Dense(4)(jnp.concatenate([x, c], axis=-1))",
        id="a-loop-of-layers",
    ),
    pytest.param(
        "if c is not None or d is not None:\n            x = nn.Dense(5)(x)\n"
        "        if d is not None:\n            x = jnp.concatenate([x, d], axis=-1)",
        id="one-input-or-another",
    ),
    pytest.param(
        "if c is not None and self.depth > 1:\n            x = nn.Dense(5)(x)", id="a-field-beside-it"
    ),
    pytest.param("if c is not None:\n            x = jnp.concatenate([x, c], axis=-1)", id="only-a-size"),
]
GIVEN = [
    pytest.param("", id="without"),
    pytest.param("jnp.cos(X[:, :2])", id="given"),
    pytest.param("None", id="none"),
    pytest.param("d=jnp.cos(X[:, :2])", id="the-other"),
]


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("body", CASES)
def test_optional_input(body: str, given: str) -> None:
    """`__init__` asks whether the size was given where `__call__` asks for the input."""
    outcome = compared(program(NET.format(body), "Net()", FLAT, given), given=given)
    assert_identical(outcome)


INSIDE = [
    pytest.param("x = Block()(x, c)", id="handed-on"),
    pytest.param("x = Block()(x)", id="not-handed-on"),
    pytest.param("x = Block()(x, 2 * x)", id="always-given"),
    pytest.param(
        "block = Block()\n        if self.wide:\n            x = block(x, 2 * x)\n"
        "        else:\n            x = block(x)",
        id="as-a-field-says",
    ),
]


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("body", INSIDE)
def test_inside_of_a_module(body: str, wide: bool) -> None:
    """A module around hands on the size of what it hands on."""
    given = "jnp.cos(X[:, :2])"
    outcome = compared(program(BLOCK.format(body=body, wide=wide), "Net()", FLAT, given), given=given)
    assert_identical(outcome)


@pytest.mark.parametrize("given", GIVEN[:3])
def test_setup(given: str) -> None:
    """A layer of `setup` that only a given input reaches."""
    assert_identical(compared(program(SETUP, "Net()", FLAT, given), given=given))


LEFT = [
    pytest.param("c = nn.relu(x)\n        if c is not None:\n            x = nn.Dense(5)(c)", id="before"),
    pytest.param(
        "for _ in range(2):\n            if c is not None:\n                x = nn.Dense(6)(x)\n"
        "            c = x",
        id="set-in-the-turn-before",
    ),
    pytest.param(
        "if c is not None:\n            x = nn.Dense(5)(x)\n        if d is not None:\n            c = d",
        id="set-before-a-name-is-computed",
    ),
]
WITH_AND_WITHOUT = """
class Block(nn.Module):
    @nn.compact
    def __call__(self, x, c=None):
        x = nn.Dense(6, name="a")(x)
        if c is not None:
            x = x + nn.Dense(6, name="b")(c)
        return x


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        block = Block()
        return block({first}) + block({second})
"""


@pytest.mark.parametrize("body", LEFT)
def test_what_stays(body: str) -> None:
    """An input that was exchanged does not say what `init` was given."""
    found = findings(program(NET.format(body), "Net()", FLAT))
    assert any(finding.startswith("LNX111") for finding in found)


@pytest.mark.parametrize(("first", "second"), [("x", "x, x"), ("x, x", "x")])
def test_with_and_without(first: str, second: str) -> None:
    """One module that is called both ways has what its first call makes."""
    found = findings(program(WITH_AND_WITHOUT.format(first=first, second=second), "Net()", FLAT))
    assert any("which decides what layers it has" in finding for finding in found)


def test_callers_elsewhere() -> None:
    """A class that nothing builds says what `None` means."""
    text = dedent(NET.format("if c is not None:\n            x = x + nn.Dense(6)(c)"))
    result = migrate_sources({"net.py": f"import flax.linen as nn\n\n{text}"}, Options())
    assert "c_features: int | None = None" in result.changed["net.py"]


NESTED = """
import flax.linen as nn


class Net(nn.Module):
    crossed: bool = True

    def setup(self):
        self.last = nn.Dense(3)
        if self.crossed:
            self.into = nn.Dense(6)

    def __call__(self, x, c=None):
        if c is not None:
            x = x + self.into(c)
        return self.last(x)
"""


def test_a_layer_under_a_condition_of_its_own_is_built_under_that_one() -> None:
    """Callers elsewhere are told that the layer is there whether they give the input or not."""
    result = migrate_sources({"model.py": NESTED}, Options())
    assert "        if self.crossed:\n            self.into = nnx.Linear(" in result.changed["model.py"]
    assert any(finding.code == "LNX116" for finding in result.findings)
