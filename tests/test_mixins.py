"""Module classes that extend plain classes beside `nn.Module`: rewritten, run and compared bit by bit."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import assert_identical, compared, program

FLAT = (4, 6)
NET = """
import abc


class {lender}:
    {lent}


class Net({bases}):
    scale: float = 2.0
    width: int = 5

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.width)(self.act(x))
        return nn.Dense(3)(x)
"""
PLAIN = "def act(self, x):\n        return nn.relu(x) * 2.0"
FIELD = "def act(self, x):\n        return x * self.scale"
FORMS = [
    pytest.param("Lender", PLAIN, "Lender, nn.Module", id="in-front"),
    pytest.param("Lender", PLAIN, "nn.Module, Lender", id="behind"),
    pytest.param("Lender(abc.ABC)", f"'''Lends.'''\n\n    {PLAIN}", "Lender, nn.Module", id="abstract"),
    pytest.param("Lender", FIELD, "Lender, nn.Module", id="a-field"),
    pytest.param(
        "Lender",
        "def act(self, x):\n        return self.twice(jnp.tile(x, (1, 2)))\n\n"
        "    def twice(self, x):\n        return 2 * x",
        "Lender, nn.Module",
        id="another-method",
    ),
    pytest.param(
        "Lender",
        "@staticmethod\n    def act(x):\n        return jnp.sin(x)",
        "Lender, nn.Module, abc.ABC",
        id="a-static-method",
    ),
]


@pytest.mark.parametrize(("lender", "lent", "bases"), FORMS)
def test_lent_methods(lender: str, lent: str, bases: str) -> None:
    """The class goes on extending the plain one, whose text stays."""
    text = program(NET.format(lender=lender, lent=lent, bases=bases), "Net()", FLAT)
    outcome = compared(text)
    assert_identical(outcome)
    assert f"class Net({bases.replace('nn.Module', 'nnx.Module')})" in outcome.text


LEFT = [
    pytest.param(f"{PLAIN}\n\n    def train(self):\n        return 1", id="a-name-of-modules"),
    pytest.param("def act(self, x):\n        return nn.Dense(4)(x)", id="it-builds-a-layer"),
    pytest.param(
        "def act(self, x):\n        return self.param('p', nn.initializers.ones, (6,)) * x", id="a-parameter"
    ),
    pytest.param("def act(self, x):\n        self.seen = 1\n        return x", id="it-sets-an-attribute"),
    pytest.param("def act(self, x):\n        return getattr(self, 'scale') * x", id="it-hands-itself-on"),
    pytest.param(
        "def __post_init__(self):\n        pass\n\n    def act(self, x):\n        return x", id="a-hook"
    ),
    pytest.param("factor = 2\n\n    def act(self, x):\n        return x * self.factor", id="a-constant"),
    pytest.param("factor: int = 2\n\n    def act(self, x):\n        return x * self.factor", id="a-field"),
    pytest.param(
        "def setup(self):\n        self.dense = nn.Dense(3)\n\n"
        "    def act(self, x):\n        return self.dense(x)",
        id="setup",
    ),
]


@pytest.mark.parametrize("lent", LEFT)
def test_what_stays(lent: str) -> None:
    """More than methods that read fields has a meaning in Linen that is not followed."""
    text = program(NET.format(lender="Lender", lent=lent, bases="Lender, nn.Module"), "Net()", FLAT)
    result = migrate_sources({"model.py": text}, Options())
    assert "nnx.Module" not in result.changed.get("model.py", text)
    assert any(finding.code.startswith("LNX") for finding in result.findings)


def test_one_class_lends_to_several() -> None:
    """Each class has its own fields in what is lent."""
    text = program(NET.format(lender="Lender", lent=FIELD, bases="Lender, nn.Module"), "Net()", FLAT)
    other = "\n\nclass Other(Lender, nn.Module):\n    scale: float = 3.0\n\n    @nn.compact\n"
    other += "    def __call__(self, x):\n        return Net()(self.act(x))\n\n\nnet = Other()"
    assert_identical(compared(text.replace("\n\nnet = Net()", other)))
