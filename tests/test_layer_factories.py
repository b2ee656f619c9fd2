"""Helpers that `setup` calls for layers: run beside Linen, or left alone."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from tests.module_harness import assert_identical, compared, findings, program

DENSE = """
def dense(width, bias=True):
    # Small at first.
    return nn.Dense(width, use_bias=bias, kernel_init=nn.initializers.normal(0.1))


"""
NET = """
class Net(nn.Module):
    deep: bool = True

    def setup(self):
        {setup}

    def __call__(self, x):
        return {call}
"""
MLP = """
def mlp(width, out):
    return nn.Sequential([nn.Dense(width), nn.relu, nn.Dense(out)])


"""
METHOD = """
    def make(self, width):
        return nn.Dense(width, use_bias=self.deep)
"""


def of(function: str, setup: str, call: str, method: str = "") -> str:
    body = setup.replace("\n", "\n        ")
    return program(
        function.lstrip() + NET.format(setup=body, call=call).strip() + "\n" + method, "Net()", (2, 4)
    )


SEVERAL = "self.a = dense(3)\nself.b = dense(4, bias=False)\nself.c = nn.Sequential([dense(4), nn.relu])"
FORMS = [
    pytest.param(
        of(DENSE, SEVERAL, "self.c(self.b(self.a(x)))"),
        "def dense(width, bias=True, *, in_features, rngs: nnx.Rngs):\n"
        "    # Small at first.\n"
        "    return nnx.Linear(\n"
        "        in_features,\n",
        id="function",
    ),
    pytest.param(
        of(DENSE, SEVERAL, "self.c(self.b(self.a(x)))"),
        "        self.b = dense(4, bias=False, in_features=3, rngs=rngs)\n"
        "        self.c = nnx.Sequential(dense(4, in_features=4, rngs=rngs), nnx.relu)\n",
        id="calls",
    ),
    pytest.param(
        of(MLP, "self.a = mlp(3, 5)\nself.b = mlp(6, out=2)", "self.b(self.a(x))"),
        "    return nnx.Sequential(\n"
        "        nnx.Linear(in_features, width, rngs=rngs),\n"
        "        nnx.relu,\n"
        "        nnx.Linear(width, out, rngs=rngs),\n",
        id="several-layers",
    ),
    pytest.param(
        of(
            DENSE,
            "self.a = dense(3)\nif self.deep:\n    self.b = dense(3)",
            "self.b(self.a(x)) if self.deep else self.a(x)",
        ),
        "            self.b = dense(3, in_features=3, rngs=rngs)\n",
        id="condition",
    ),
]


FORMS.append(
    pytest.param(
        of(MLP, "self.a = mlp(3, 5)\nself.b = mlp(6, out=2)", "self.b(self.a(x))"),
        "        self.b = mlp(6, out=2, in_features=5, rngs=rngs)\n",
        id="by-keyword",
    )
)


@pytest.mark.parametrize(("text", "written"), FORMS)
def test_same_numbers(text: str, written: str) -> None:
    outcome = compared(text)
    assert_identical(outcome)
    assert written in outcome.text


REFUSED = [
    pytest.param(of(DENSE, "self.a = [dense(k) for k in (3, 4)]", "self.a[1](self.a[0](x))"), id="in-a-list"),
    pytest.param(
        of(DENSE.replace("bias", "in_features"), "self.a = dense(3)\nself.b = dense(4)", "self.b(self.a(x))"),
        id="a-name-that-is-taken",
    ),
    pytest.param(
        of(
            "def pair():\n    return (nn.Dense(3), nn.Dense(4))\n\n\n",
            "self.a = pair()\nself.b = pair()",
            "self.b[1](self.a[0](x))",
        ),
        id="two-sizes",
    ),
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_stays(text: str) -> None:
    assert any("LNX11" in finding for finding in findings(text))


def test_functions_of_other_files() -> None:
    text = of("", SEVERAL, "self.c(self.b(self.a(x)))").replace("import jax\n", "import jax\nimport ops\n", 1)
    sources = {
        "ops.py": "import flax.linen as nn\n\n\n" + DENSE.strip() + "\n",
        "model.py": text.replace("dense(", "ops.dense("),
    }
    changed = migrate_sources(sources).changed
    assert "def dense(width, bias=True, *, in_features, rngs: nnx.Rngs):\n" in changed["ops.py"]
    assert "        self.b = ops.dense(4, bias=False, in_features=3, rngs=rngs)\n" in changed["model.py"]
