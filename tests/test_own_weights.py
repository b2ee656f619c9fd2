"""A module that reads a weight of one of its layers: `self.variables["params"]["table"]["embedding"]`."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, program

INNER = """
class Inner(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(x)


"""
NET = """
class Net(nn.Module):
    width: int = 6
    deep: bool = True

    def {setup}

    def __call__(self, ids):
        {call}
"""
TABLE = "setup(self):\n        self.table = nn.Embed(8, self.width)"


def of(call: str, more: str = "", setup: str = TABLE) -> str:
    made = "".join(f"\n        {line}" for line in more.split("\n") if line)
    text = NET.format(setup=setup + made, call=call.replace("\n", "\n        "))
    return program(INNER * ("Inner" in text) + text, "Net()", (2, 3), inputs="IDS")


SAME = [
    pytest.param(
        of('return self.table(ids) @ self.variables["params"]["table"]["embedding"].T'),
        "self.table.embedding[...].T",
        id="a-table",
    ),
    pytest.param(
        of(
            'x = self.inner(self.table(ids))\n'
            'kernel = self.variables["params"]["inner"]["Dense_0"]["kernel"]\nreturn x @ kernel.T',
            "self.inner = Inner()",
        ),
        "kernel = self.inner.Dense_0.kernel[...]",
        id="further-down",
    ),
    pytest.param(
        of(
            'return self.table(ids) @ self.variables["params"]["wte"]["embedding"].T',
            setup=TABLE.replace("width)", 'width, name="wte")'),
        ),
        "self.wte.embedding[...].T",
        id="by-a-name-of-its-own",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line"), SAME)
def test_one_weight_is_an_attribute(text: str, line: str) -> None:
    outcome = compared(text, inputs="IDS")
    assert_identical(outcome)
    assert line in outcome.text


WRITTEN = 'return self.table(ids) @ self.variables["params"]{}.T'
REFUSED = [
    pytest.param(of(WRITTEN.format('["other"]["embedding"]')), id="no-such-layer"),
    pytest.param(of(WRITTEN.format('["table"]["kernel"]')), id="no-such-weight"),
    pytest.param(
        of('tables = self.variables["params"]["table"]\nreturn self.table(ids) @ tables["embedding"].T'),
        id="all-weights-of-a-layer",
    ),
    pytest.param(
        of('own = self.variables["params"]\nreturn self.table(ids) @ own["table"]["embedding"].T'),
        id="all-weights-of-the-module",
    ),
    pytest.param(
        of(
            WRITTEN.format('["table"]["embedding"]'),
            "if self.deep:\n    self.table = nn.Embed(9, self.width)",
        ),
        id="one-of-two-layers",
    ),
    pytest.param(
        of(
            'x = self.layers[1](self.layers[0](self.table(ids)))\n'
            'return x @ self.variables["params"]["layers_0"]["kernel"].T',
            "self.layers = [nn.Dense(6), nn.Dense(6)]",
        ),
        id="a-layer-of-a-list",
    ),
    pytest.param(
        of(
            'x = self.table(ids)\nreturn x @ self.variables["params"]["many"]["kernel"][0] + self.many(x)',
            "Many = nn.vmap(nn.Dense, in_axes=None, variable_axes={'params': 0}, split_rngs={'params': True},"
            " axis_size=2)\nself.many = Many(6)",
        ),
        id="layers-side-by-side",
    ),
    pytest.param(
        of(
            'return self.table(ids) + self.variables["params"]["scale"]',
            "self.scale = self.param('scale', nn.initializers.ones, (6,))",
        ),
        id="a-weight-of-the-module-itself",
    ),
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_any_other_read_stays(text: str) -> None:
    assert any(found.startswith("LNX312") for found in findings(text))
