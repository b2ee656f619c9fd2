"""Starting from the middle: parameters, optimizer state, counters and statistics are handed over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from migrate.verify.recorder.leafmap import pair_leaves
from migrate.verify.takeover import part_of, translated
from tests.verify.planting import compare, plant, source

HEAVY = pytest.mark.corpus
Edits = tuple[tuple[str, str], ...]
BUILT = "    optimizer = nnx.Optimizer(model, "
SPOILED = ((BUILT, "    model.Dense_0.kernel[...] *= 1.5\n" + BUILT),)
LSTM_SPOILED = ((BUILT, "    model.head.kernel[...] *= 1.5\n" + BUILT),)
RATE = (("adam(1e-2)", "adam(2e-2)"),)
BY_HAND = (
    ("    optimizer.update(model, grads)\n", "    optimizer = step_by_hand(model, optimizer, grads)\n"),
    ("    return loss\n", "    return loss, optimizer\n"),
    ("        loss = train", "        loss, optimizer = train"),
    ("nnx.Optimizer(model, optax.adam(1e-2), wrt=nnx.Param)", "TX.init(nnx.state(model, nnx.Param))"),
    (
        "STEPS = 5\n",
        "STEPS = 5\nTX = optax.adam(1e-2)\n\n\ndef step_by_hand(model, state, grads):\n"
        "    params = nnx.state(model, nnx.Param)\n"
        "    updates, state = TX.update(grads, state, params)\n"
        "    nnx.update(model, optax.apply_updates(params, updates))\n"
        "    return state\n",
    ),
)


@pytest.mark.parametrize(
    ("case", "edits", "start", "verdict", "words"),
    [
        pytest.param("mlp", SPOILED, 0, "fail", "differs first in step 1", id="from-the-start", marks=HEAVY),
        pytest.param("mlp", SPOILED, 2, "pass", "identical bits over 2 steps", id="from-the-middle"),
        pytest.param("recurrent", LSTM_SPOILED, 2, "pass", "over 2 steps", id="fused-gates", marks=HEAVY),
        pytest.param(
            "cnn", SPOILED, 2, "pass", "identical bits over 2 steps", id="batch-statistics", marks=HEAVY
        ),
        pytest.param("mlp", RATE, 2, "fail", "differs first in step 3", id="fault-stays", marks=HEAVY),
        pytest.param("mlp", (), 9, "inconclusive", "cannot start after step 9", id="too-late"),
        pytest.param("mlp", BY_HAND, 2, "inconclusive", "never called nnx.Optimizer.update", id="by-hand"),
        pytest.param("twins", (), 2, "inconclusive", "which is which", id="optimizers-of-equal-shapes"),
        pytest.param("one_step", (), 1, "inconclusive", "cannot start after step 1", id="one-step-problem"),
    ],
)
def test_start(case: str, edits: Edits, start: int, verdict: str, words: str, tmp_path: Path) -> None:
    texts = source(case, "linen"), plant(source(case, "nnx"), *edits)
    report = compare(tmp_path, *texts, steps=2, from_step=start)
    assert report.verdict == verdict, report.message
    assert words in report.message


def test_gates_are_put_together() -> None:
    gates = {
        ("mu", "cell", gate, "kernel"): np.full((2, 1), value)
        for value, gate in enumerate(("ii", "if", "ig", "io"))
    }
    names = {
        pair.before: pair
        for pair in pair_leaves(
            {path[1:]: (2, 1) for path in gates}, {("cell", "dense_i", "kernel"): (2, 4)}
        ).pairs
    }
    whole = translated(gates, {("mu", "cell", "dense_i", "kernel"): (2, 4)}, names)
    assert whole["mu", "cell", "dense_i", "kernel"].tolist() == [[0, 1, 2, 3]] * 2
    assert [part_of(path, names) for path in gates] == [0, 1, 2, 3]


def test_a_leaf_of_another_size_is_left_out() -> None:
    assert translated({("a",): np.zeros(3)}, {("a",): (2,)}, {}) == {}
