"""Single-file programs: correct migrations pass, planted faults fail in the right place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migrate.verify.report_json import to_json
from migrate.verify.report_text import render
from tests.verify.planting import compare, plant, source

KEYS = {
    "verdict",
    "grade",
    "steps",
    "losses",
    "first_divergence",
    "leaf_map",
    "liveness",
    "step_time",
}
IMPORT_JAX = ("import jax.numpy", "import jax\nimport jax.numpy")
UPDATE = "    optimizer.update(model, grads)\n"


@pytest.mark.parametrize(
    ("case", "steps"), [pytest.param("mlp", 5, id="mlp"), pytest.param("one_step", 8, id="one_step")]
)
def test_correct_migration_is_bitwise(case: str, steps: int, tmp_path: Path) -> None:
    report = compare(tmp_path, source(case, "linen"), source(case, "nnx"))
    assert (report.verdict, report.grade, report.steps) == ("pass", "bitwise", steps)
    assert report.losses.before == report.losses.after
    assert len(report.losses.before) == steps
    assert report.liveness["after"].parameters_moved
    document = json.loads(json.dumps(to_json(report)))
    assert document.keys() >= KEYS
    assert render(report).startswith("pass (bitwise)")


FAULTS = [
    pytest.param("mlp", [(UPDATE, "")], 1, "update", "never took an optimizer step", id="update-left-out"),
    pytest.param("mlp", [("adam(1e-2)", "adam(2e-2)")], 1, "update", "Dense_0", id="learning-rate"),
    pytest.param(
        "mlp", [("@nnx.jit", "@jax.jit"), IMPORT_JAX], 1, "update", "never reached the model", id="plain-jit"
    ),
    pytest.param("mlp", [("nnx.relu", "nnx.gelu")], 1, "forward", "loss_fn", id="activation"),
    pytest.param(
        "mlp",
        [("(model, grads)", "(model, jax.tree.map(lambda g: 2 * g, grads))"), IMPORT_JAX],
        1,
        "backward",
        "Dense_",
        id="gradient-scaled-where-adam-hides-it",
    ),
    pytest.param(
        "mlp", [("range(STEPS)", "range(3)")], 4, "update", "took 3 optimizer steps", id="fewer-steps"
    ),
    pytest.param(
        "mlp",
        [
            (
                "        loss = train_step",
                "        optimizer = nnx.Optimizer(model, optax.adam(1e-2), wrt=nnx.Param)\n"
                "        loss = train_step",
            )
        ],
        1,
        "update",
        "opt_state",
        id="fresh-optimizer",
    ),
    pytest.param(
        "one_step", [(UPDATE, "")], 1, "update", "never took an optimizer step", id="one-step-update-left-out"
    ),
    pytest.param(
        "one_step", [("optax.sgd(lr)", "optax.sgd(2 * lr)")], 1, "update", "differs", id="one-step-rate"
    ),
    pytest.param(
        "one_step",
        [
            (UPDATE, "    jax.jit(lambda m, o, g: o.update(m, g) and None)(model, optimizer, grads)\n"),
            IMPORT_JAX,
        ],
        1,
        "update",
        "the loss stays at",
        id="one-step-plain-jit",
    ),
]


@pytest.mark.parametrize(("case", "edits", "step", "phase", "words"), FAULTS)
def test_fault_is_found_in_its_step_and_phase(
    case: str, edits: list[tuple[str, str]], step: int, phase: str, words: str, tmp_path: Path
) -> None:
    report = compare(tmp_path, source(case, "linen"), plant(source(case, "nnx"), *edits))
    assert report.verdict == "fail"
    assert report.first_divergence is not None
    assert (report.first_divergence.step, report.first_divergence.phase) == (step, phase)
    assert words in report.message
