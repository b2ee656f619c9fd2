"""Dicts and lists of layers that `setup` writes out: rewritten, run and compared with Linen bit by bit."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, program

FLAT = (4, 6)
NET = """
class Net(nn.Module):
    wide: bool = False
    kind: str = "b"

    def setup(self):
        self.heads = {{{items}}}

    def __call__(self, x):
        {body}
"""
BOTH = '"b": nn.Dense(3), "a": nn.Dense(3)'
BODIES = [
    pytest.param(BOTH, 'return self.heads["a"](x) * self.heads["b"](x)', id="by-key"),
    pytest.param("0: nn.Dense(3), 1: nn.Dense(6)", "return self.heads[0](self.heads[1](x))", id="by-number"),
    pytest.param(
        BOTH,
        "y = 0.0\n        for name, head in self.heads.items():\n"
        "            y = y + head(x) * len(name)\n        return y",
        id="items",
    ),
    pytest.param(
        BOTH,
        "y = x\n        for head in self.heads.values():\n            y = y[:, :3] * 0.5 + head(x)\n"
        "        return y",
        id="values",
    ),
    pytest.param(
        '"a": nn.Dense(6), "deep": nn.Dense(6)',
        'x = self.heads["a"](x)\n        return self.heads["deep"](nn.relu(x)) + x',
        id="one-after-the-other",
    ),
]


@pytest.mark.parametrize(("items", "body"), BODIES)
def test_dict(items: str, body: str) -> None:
    """Each layer is an attribute of the name that it has in Linen's tree."""
    outcome = compared(program(NET.format(items=items, body=body), "Net()", FLAT))
    assert_identical(outcome)
    assert "self.heads_" in outcome.text
    assert "setup" not in outcome.text


LEFT = [
    pytest.param(BOTH, "return self.heads[self.kind](x)", id="a-field-chooses"),
    pytest.param(BOTH, "return jax.tree.map(lambda head: head(x), self.heads)", id="mapped"),
    pytest.param(BOTH, "return [self.heads[k](x) for k in self.heads]", id="counted"),
    pytest.param('"a": nn.Dense(3, name="a"), "b": nn.Dense(3)', 'return self.heads["a"](x)', id="named"),
    pytest.param('"a b": nn.Dense(3)', 'return self.heads["a b"](x)', id="no-attribute"),
    pytest.param('"a": [nn.Dense(3)]', 'return self.heads["a"][0](x)', id="a-list-inside"),
    pytest.param('"a": nn.Dense(3), **{"b": nn.Dense(3)}', 'return self.heads["a"](x)', id="spread"),
    pytest.param(
        BOTH,
        'if self.wide:\n            x = x + self.heads["b"](x).sum()\n        return self.heads["a"](x)',
        id="one-under-a-condition",
    ),
]


@pytest.mark.parametrize(("items", "body"), LEFT)
def test_what_stays(items: str, body: str) -> None:
    """What could not be told from a dict of plain attributes."""
    assert findings(program(NET.format(items=items, body=body), "Net()", FLAT))


def test_a_taken_name() -> None:
    """The attribute of a layer may not be one that the class has already."""
    body = 'return self.heads["a"](x)\n\n    def heads_b(self):\n        return 1'
    found = findings(program(NET.format(items=BOTH, body=body), "Net()", FLAT))
    assert any("something else of the class" in finding for finding in found)


UNPACKED = """
class Net(nn.Module):
    wide: bool = {wide}

    def setup(self):
        self.a, self.b = nn.Dense(3), nn.Dense(3)

    def __call__(self, x):
        if self.wide:
            x = x + self.b(x).sum()
        return self.a(x)
"""


@pytest.mark.parametrize("wide", [True, False])
def test_layers_of_one_statement(wide: bool) -> None:
    """Layers that one statement makes are there under one condition, or the class stays."""
    assert findings(program(UNPACKED.format(wide=wide), "Net()", FLAT))


CHOSEN = """
class Net(nn.Module):
    number: int = 1

    def setup(self):
        self.heads = [nn.Dense(3), nn.Dense(3)]

    def __call__(self, x):
        return self.heads[{index}](x)
"""


@pytest.mark.parametrize("index", ["self.number", "self.number - 1"])
def test_a_setting_chooses_from_a_list(index: str) -> None:
    """Linen gives parameters to the one layer that is called."""
    found = findings(program(CHOSEN.format(index=index), "Net()", FLAT))
    assert any("so has parameters, is a setting" in finding for finding in found)


COUNTED = """
class Net(nn.Module):
    depth: int = 3

    def setup(self):
        self.heads = [nn.Dense(6) for _ in range(self.depth)]

    def __call__(self, x):
        for i in range(self.depth):
            x = self.heads[i](x)
        return x
"""


def test_a_loop_calls_each_of_a_list() -> None:
    """An index that runs in a loop comes to all layers."""
    assert_identical(compared(program(COUNTED, "Net()", FLAT)))
