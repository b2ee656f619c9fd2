"""`nn.remat` and `nn.jit` as decorators of `__call__`: what NNX has as well, and what stays."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, program

BODY = """
import functools


class Block(nn.Module):
{decorators}
    def __call__(self, {parameters}):
        x = nn.Dense(3)(x)
        {line}
        return x


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(Block()({inputs}))
"""
NORM = "x = nn.BatchNorm(use_running_average=False)(x)"


DRAWING = program(
    """
class Net(nn.Module):
    def setup(self):
        self.dense, self.drop = nn.Dense(3), nn.Dropout(0.5)

    @nn.remat
    def __call__(self, x):
        return self.drop(self.dense(x), deterministic=False)
""",
    "Net()",
    (4, 6),
)


def _net(*decorators: str, parameters: str = "x", line: str = "x = nn.relu(x)", inputs: str = "x") -> str:
    marks = "\n".join(f"    @{decorator}" for decorator in (*decorators, "nn.compact"))
    return program(
        BODY.format(decorators=marks, parameters=parameters, line=line, inputs=inputs), "Net()", (4, 6)
    )


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        pytest.param(_net("nn.remat"), "@nnx.remat", id="checkpointed"),
        pytest.param(_net("nn.checkpoint"), "@nnx.remat", id="checkpointed-under-its-other-name"),
        pytest.param(_net("nn.jit"), "@nnx.jit", id="compiled"),
        pytest.param(_net("nn.remat", "nn.jit"), "@nnx.remat\n    @nnx.jit", id="both"),
        pytest.param(_net("nn.remat", line=NORM), "@nnx.remat", id="statistics"),
        pytest.param(
            _net(
                "functools.partial(nn.remat, static_argnums=(2,), prevent_cse=False)",
                parameters="x, twice",
                line="x = x + x if twice else x",
                inputs="x, True",
            ),
            "@functools.partial(nnx.remat, static_argnums=(2,), prevent_cse=False)",
            id="a-flag-that-is-not-traced",
        ),
    ],
)
def test_same_numbers(text: str, mark: str) -> None:
    outcome = compared(text)
    assert mark in outcome.text
    assert_identical(outcome)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(DRAWING, id="random-keys"),
        pytest.param(_net("nn.remat", parameters="x, *, scale=1.0"), id="keywords-only"),
        pytest.param(_net("functools.partial(nn.remat, rngs=['params'])"), id="an-option"),
        pytest.param(_net("functools.partial(nn.jit, variables=['params'])"), id="an-option-of-jit"),
    ],
)
def test_refused(text: str) -> None:
    assert any(found.startswith("LNX130") for found in findings(text))


def test_mode_in_a_field() -> None:
    net = """
class Net(nn.Module):
    train: bool = False
    eval: bool = True

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(3)(x)
        return x if self.train or not self.eval else 2.0 * x
"""
    outcome = compared(program(net, "Net(train=False)", (4, 6)))
    assert "self.train = train" in outcome.text
    assert_identical(outcome)
