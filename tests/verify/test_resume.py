"""The after program goes on with the same bits after a save and a restore into newly built objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.verify.api import Report, Request, verify
from tests.verify.planting import PROGRAMS, plant, source

INIT = "        self.Dense_0 ="
OUTSIDE = (
    (INIT, "        self.count = 0\n" + INIT),
    ("        x = nnx.relu", "        self.count += 1\n        x = nnx.relu"),
)
EAGER = (("@nnx.jit\n", ""),)
RETURNED = (
    ("@nnx.jit", "@jax.jit"),
    ("import jax.numpy", "import jax\nimport jax.numpy"),
    ("    return loss\n", "    return model, optimizer, loss\n"),
    ("        loss = train_step", "        model, optimizer, loss = train_step"),
)
FACTORY = (
    ("    model = MLP(", "    model = nnx.jit(lambda: MLP("),
    ("rngs=nnx.Rngs(1))\n", "rngs=nnx.Rngs(1)))()\n"),
    ("in_features=x.shape[-1]", "in_features=6"),
)
GROWING = (("    return loss\n", "    model.last = nnx.Variable(loss)\n    return loss\n"),)
DEPENDS = (
    (INIT, "        self.count = 0\n" + INIT),
    ("        x = nnx.relu", "        self.count = min(self.count + 1, 3)\n        x = nnx.relu"),
    (
        "        print",
        "        if model.count < 2 and _ >= 2:\n            x = x + 1\n        print",
    ),
)


def resumed(case: str, edits: tuple[tuple[str, str], ...], folder: Path) -> Report:
    after = folder / "nnx.py"
    after.write_text(plant(source(case, "nnx"), *edits), encoding="utf-8")
    return verify(Request(PROGRAMS / case / "linen.py", after, steps=4, resume=True, verdict_only=True))


@pytest.mark.parametrize(
    ("case", "edits", "words"),
    [
        pytest.param("cnn", (), "restored into 2 objects built anew", id="statistics-and-dropout"),
        pytest.param("transformer", (), "built anew, it goes on", id="random-streams-in-the-model"),
        pytest.param("gan", (), "restored into 4 objects built anew", id="two-models-two-optimizers"),
        pytest.param("mlp", EAGER, "restored into 2 objects built anew", id="without-compilation"),
        pytest.param("mlp", RETURNED, "built anew, it goes on", id="objects-are-returned"),
        pytest.param("mlp", FACTORY, "built anew, it goes on", id="built-in-a-compiled-function"),
        pytest.param("mlp", OUTSIDE, "attributes that are no Variables", id="plain-attribute"),
        pytest.param("mlp", GROWING, "have no place for last", id="variable-made-later"),
        pytest.param("scan", (), "found no point between steps", id="nothing-to-save"),
    ],
)
def test_resume(case: str, edits: tuple[tuple[str, str], ...], words: str, tmp_path: Path) -> None:
    report = resumed(case, edits, tmp_path)
    assert report.verdict == "pass", report.message
    assert any(words in note for note in report.notes), report.notes


def test_what_a_checkpoint_does_not_keep_is_a_failure(tmp_path: Path) -> None:
    report = resumed("mlp", DEPENDS, tmp_path)
    assert report.verdict == "fail"
    assert "after a restore at step 2, step " in report.message
