"""Networks with the same leaves: built in another order they are a doubt, never a difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.verify.api import Report, Request, verify
from migrate.verify.errors import VerifyError
from migrate.verify.request import read_networks
from tests.verify.planting import PROGRAMS, compare, plant, source

HEAVY = pytest.mark.corpus
FIRST = "    first, first_optimizer = make(0, 1e-2)\n"
SECOND = "    second, second_optimizer = make(1, 2e-2)\n"
SWAPPED = (FIRST + SECOND, SECOND + FIRST)
FAULT = ("0.5 * other(x)", "0.4 * other(x)")


def run(kept: Path, folder: Path, *edits: tuple[str, str], leaf_map: str = "") -> Report:
    after = folder / "nnx.py"
    after.write_text(plant(source("twins", "nnx"), *edits), encoding="utf-8")
    keep = kept / "twins"
    keep.mkdir(exist_ok=True)
    path = folder / "map.toml"
    path.write_text(leaf_map, encoding="utf-8")
    given = path if leaf_map else None
    before = PROGRAMS / "twins" / "linen.py"
    return verify(Request(before, after, leaf_map=given, verdict_only=True), keep=keep)


@pytest.mark.parametrize(
    ("edits", "leaf_map", "verdict", "words"),
    [
        pytest.param((), "", "pass", "identical bits", id="same-order"),
        pytest.param((SWAPPED,), "", "inconclusive", "networks = [1, 0] in the leaf map", id="other-order"),
        pytest.param((SWAPPED,), "networks = [1, 0]", "pass", "identical bits", id="order-given"),
        pytest.param(
            (SWAPPED, FAULT), "", "fail", "differs first in step 1", id="other-order-and-fault", marks=HEAVY
        ),
    ],
)
def test_order(
    edits: tuple[tuple[str, str], ...],
    leaf_map: str,
    verdict: str,
    words: str,
    kept: Path,
    tmp_path: Path,
) -> None:
    report = run(kept, tmp_path, *edits, leaf_map=leaf_map)
    assert report.verdict == verdict, report.message
    assert words in report.message


BEFORE = """
import jax
import jax.numpy as jnp
import optax
from flax import linen as nn

X = jnp.linspace(-1.0, 1.0, 12).reshape(4, 3)
critic = nn.Dense(2)
keys = jax.random.split(jax.random.key(0))
params = {name: critic.init(key, X)["params"] for name, key in zip(("q1", "q2"), keys)}
tx = optax.adam(1e-2)
state = tx.init(params)


@jax.jit
def step(params, state):
    def loss_fn(params):
        first, second = (critic.apply({"params": params[name]}, X) for name in ("q1", "q2"))
        return jnp.mean((first - 2 * second) ** 2)

    loss, grads = jax.value_and_grad(loss_fn)(params)
    updates, state_ = tx.update(grads, state, params)
    return optax.apply_updates(params, updates), state_, loss


for _ in range(4):
    params, state, loss = step(params, state)
"""
AFTER = """
import jax.numpy as jnp
import optax
from flax import nnx

X = jnp.linspace(-1.0, 1.0, 12).reshape(4, 3)


class Both(nnx.Module):
    def __init__(self, rngs):
        self.q2 = nnx.Linear(3, 2, rngs=rngs)
        self.q1 = nnx.Linear(3, 2, rngs=rngs)


@nnx.jit
def step(both, optimizer):
    def loss_fn(both):
        return jnp.mean((both.q1(X) - 2 * both.q2(X)) ** 2)

    loss, grads = nnx.value_and_grad(loss_fn)(both)
    optimizer.update(both, grads)
    return loss


both = Both(nnx.Rngs(0))
optimizer = nnx.Optimizer(both, optax.adam(1e-2), wrt=nnx.Param)
for _ in range(4):
    loss = step(both, optimizer)
"""


def test_names_decide_where_one_optimizer_holds_both(tmp_path: Path) -> None:
    report = compare(tmp_path, BEFORE, AFTER)
    assert report.verdict == "pass", report.message
    assert any("by their names it is [1, 0]" in note for note in report.notes), report.notes


@pytest.mark.parametrize("text", ["networks = [1]", "networks = [0, 0]", "networks = [0, 2]"])
def test_bad_order(text: str, tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(VerifyError, match="each number from 0 once"):
        read_networks(path)
