"""Layers are told apart that go wrong by themselves from layers that only pass a difference on."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.verify.report_text import render
from tests.verify.planting import compare, plant, source

Edits = tuple[tuple[str, str], ...]
SCALED = (
    "nnx.Linear(in_features, hidden, rngs",
    "nnx.Linear(in_features, hidden, dot_general=lambda *a, **k: 1.1 * jax.lax.dot_general(*a, **k), rngs",
)
IMPORT = ("import jax.numpy", "import jax\nimport jax.numpy")
ACTIVATION = ("nnx.relu", "nnx.tanh")


@pytest.mark.parametrize(
    ("edits", "faulty", "misled"),
    [
        pytest.param((SCALED, IMPORT), {"Dense_0"}, set(), id="layer", marks=pytest.mark.corpus),
        pytest.param((SCALED, IMPORT, ACTIVATION), {"Dense_0"}, {"Dense_1"}, id="layer-and-code"),
    ],
)
def test_faults_are_told_apart(edits: Edits, faulty: set[str], misled: set[str], tmp_path: Path) -> None:
    texts = source("mlp", "linen"), plant(source("mlp", "nnx"), *edits)
    report = compare(tmp_path, *texts, steps=2, layers=True)
    training = {layer.path: layer for layer in reversed(report.layers) if layer.path}
    assert {path for path, layer in training.items() if layer.same_alone is False} == faulty
    assert {path for path, layer in training.items() if layer.same_before is False} == misled
    assert not training["Dense_1"].same_output
    text = render(report)
    assert "(in itself)" in text
    assert ("(in the code before it)" in text) is bool(misled)
