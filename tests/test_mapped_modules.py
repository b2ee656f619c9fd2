"""Modules and layers under `nn.vmap` and `nn.remat`: rewritten, run and compared with Linen bit by bit."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import assert_identical, compared, findings, program

ONE = """
class One(nn.Module):
    width: int = 5

    @nn.compact
    def __call__(self, x, y):
        return nn.Dense(self.width)(jnp.concatenate([x, y], axis=-1))


class Net(nn.Module):
    num: int = 3

    def setup(self):
        {setup}

    def __call__(self, x):
        {body}
"""
COMPACT = """
class One(nn.Module):
    width: int = 5

    @nn.compact
    def __call__(self, x, y):
        return nn.Dense(self.width)(jnp.concatenate([x, y], axis=-1))


class Net(nn.Module):
    num: int = 3

    @nn.compact
    def __call__(self, x):
        {body}
"""
OWN = 'variable_axes={"params": 0}, split_rngs={"params": True}, axis_size=self.num'
SHARED = 'variable_axes={"params": None}, split_rngs={"params": False}'
STACKED = "jnp.stack([x, 2 * x, x - 1], axis={})"
FORMS = [
    pytest.param(f"return nn.vmap(One, {OWN}, in_axes=None, out_axes=-1)()(x, x)", id="results-last"),
    pytest.param(
        f"y = nn.vmap(One, {OWN}, in_axes=None, out_axes=-1)()(x, x)\n        return nn.Dense(2)(y)",
        id="results-last-go-on",
    ),
    pytest.param(
        f"y = {STACKED.format(0)}\n"
        f"        return nn.Dense(2)(nn.vmap(One, {OWN}, in_axes=(0, None), out_axes=0)()(y, x))",
        id="an-input-for-each",
    ),
    pytest.param(
        f"y = {STACKED.format(-1)}\n"
        f"        return nn.Dense(2)(nn.vmap(One, {OWN}, in_axes=(-1, None), out_axes=1)(4)(y, x))",
        id="an-input-taken-apart-at-its-end",
    ),
    pytest.param(f"y = {STACKED.format(0)}\n        return nn.vmap(One, {OWN})()(y, y)", id="all-inputs"),
    pytest.param(
        f"y = {STACKED.format(0)}\n        return nn.Dense(2)(nn.vmap(One, {SHARED})(4)(y, y))", id="shared"
    ),
    pytest.param(
        f"y = {STACKED.format(1)}\n"
        f"        return nn.Dense(2)(nn.vmap(One, {SHARED}, in_axes=(1, None), out_axes=1)()(y, x))",
        id="shared-along-another-axis",
    ),
    pytest.param(f"return nn.vmap(nn.Dense, {OWN}, in_axes=None)(4)(x)", id="a-layer-side-by-side"),
    pytest.param(
        f"layer = nn.vmap(nn.Dense, {OWN}, in_axes=0)(4, use_bias=False)\n"
        f"        return nn.Dense(2)(layer({STACKED.format(0)}))",
        id="a-layer-for-each",
    ),
    pytest.param(
        f"return nn.vmap(One, {OWN}, in_axes=None)(4)(nn.Dense(3)(x), x)", id="a-layer-in-what-members-see"
    ),
    pytest.param(
        "return nn.remat(One)(4)(nn.remat(One)(3)(x, y=nn.Dense(2)(x)), x)", id="a-layer-in-what-a-block-sees"
    ),
    pytest.param(
        "return nn.remat(nn.Dense)(4)(nn.checkpoint(nn.Conv)(5, (3,))(x[:, :, None])).mean(axis=1)",
        id="layers-computed-again",
    ),
]


@pytest.mark.parametrize("body", FORMS)
def test_mapped(body: str) -> None:
    assert_identical(compared(program(COMPACT.format(body=body), "Net()", (4, 6))))


SETUPS = [
    pytest.param(
        f"self.many = nn.vmap(One, {OWN}, in_axes=None)(4)", "return self.many(x, x)", id="on-the-spot"
    ),
    pytest.param(
        f"Many = nn.vmap(One, {OWN}, in_axes=None, out_axes=-1)\n        self.many = Many(width=4)\n"
        "        self.last = nn.Dense(2)",
        "return self.last(self.many(x, x))",
        id="named",
    ),
    pytest.param(
        f"self.one = nn.vmap(One, {SHARED})(4)",
        f"return self.one({STACKED.format(0)}, {STACKED.format(0)})",
        id="shared",
    ),
    pytest.param("self.one = nn.remat(One)(4)", "return self.one(x, 2 * x)", id="computed-again"),
]


@pytest.mark.parametrize(("setup", "body"), SETUPS)
def test_in_setup(setup: str, body: str) -> None:
    assert_identical(compared(program(ONE.format(setup=setup, body=body), "Net()", (4, 6))))


LEFT = [
    pytest.param("return nn.remat(One)(4)(nn.Dense(3)(x), nn.Dense(3)(x))", id="two-layers-in-it"),
    pytest.param(f"return nn.vmap(One, {OWN}, in_axes=None)()(x, y=x)", id="a-keyword"),
    pytest.param(f"return nn.vmap(One, {SHARED}, in_axes=int(x[0, 0]))()(x, x)", id="an-axis"),
    pytest.param(f"return nn.vmap(One, {SHARED}, out_axes=int(x[0, 0]))()(x, x)", id="results-at-an-axis"),
    pytest.param(
        'return nn.vmap(One, variable_axes={"params": 1}, split_rngs={"params": True}, axis_size=3, '
        "in_axes=None)()(x, x)",
        id="parameters-along-another-axis",
    ),
    pytest.param(
        'return nn.vmap(One, variable_axes={"params": None}, in_axes=None, axis_size=3)()(x, x)',
        id="shared-without-saying-so",
    ),
    pytest.param(
        'return nn.vmap(One, variable_axes={"params": 0}, split_rngs={"params": False}, in_axes=None, '
        "axis_size=3)()(x, x)",
        id="the-same-values-for-each",
    ),
    pytest.param(f"return nn.vmap(nn.BatchNorm, {OWN}, in_axes=None)()(x)", id="a-layer-with-statistics"),
    pytest.param(f"return nn.vmap(nn.LSTMCell, {SHARED})(4)(x, x)", id="a-cell"),
    pytest.param(
        f"y = x.reshape(2, 2, 6)\n        return nn.vmap(nn.Dense, {SHARED}, in_axes=(1, 0))(4)(y)",
        id="more-axes-than-inputs",
    ),
]


@pytest.mark.parametrize("body", LEFT)
def test_what_stays(body: str) -> None:
    text = program(COMPACT.format(body=body), "Net()", (4, 6))
    result = migrate_sources({"model.py": text}, Options())
    assert "class Net(nn.Module)" in result.changed.get("model.py", text)
    assert {"LNX130", "LNX111"} & {finding.code for finding in result.findings}


DROPPING = """
class One(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dropout(0.5, deterministic=False)(nn.Dense(4)(x))


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.vmap(One, {shared})()(x[None])
"""


def test_members_that_draw() -> None:
    """Linen splits the keys of members, or gives all the same."""
    text = program(DROPPING.format(shared=SHARED), "Net()", (4, 6))
    text += "print(net.apply(variables, X, rngs={'dropout': jax.random.key(1)}))\n"
    assert any("may draw" in finding for finding in findings(text))
