"""Every fixture pair: the text that is written, its form, and the proof that the numbers stay."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from migrate.result import Style
from migrate.verify.api import Report, Request, verify
from tests.fixture_harness import (
    VARIANTS,
    Case,
    cases,
    comments,
    migrate_text,
    migrated,
    migrated_bytes,
    run_program,
    text_of,
    unused_imports,
)

CASES = cases()
STEPS = 6

each_case = pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES])
each_target = pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.id) for case in CASES if case.has_own_text]
)


def test_there_are_enough_cases() -> None:
    names = {case.name for case in CASES}
    assert {"one_step", "digits"} <= names
    assert len(names) >= 10


WRAPPER = "nnx.bridge.ToNNX"
"""What stands where a Linen module stays."""


@each_case
def test_text_is_the_expected_one(case: Case) -> None:
    assert migrated(text_of(case.before), case.style) == text_of(case.after)


@each_case
def test_every_component_is_migrated(case: Case) -> None:
    result = migrate_text(text_of(case.before), case.style)
    assert result.components
    status = "bridged" if WRAPPER in text_of(case.after) else "migrated"
    assert {component.status for component in result.components} == {status}


@each_case
def test_every_site_is_migrated(case: Case) -> None:
    sites = migrate_text(text_of(case.before), case.style).sites
    assert sites["TrainState.create"].found >= 1
    assert {name: count.found - count.migrated for name, count in sites.items()} == dict.fromkeys(sites, 0)


@each_case
def test_second_run_changes_nothing(case: Case) -> None:
    result = migrate_text(migrated(text_of(case.before), case.style), case.style)
    assert result.changed == {}
    wrapped = {f.code[:4] for f in result.findings if WRAPPER in text_of(case.after)}
    assert {f.code[:4] for f in result.findings} == wrapped <= {"LNX1", "LNX2"}


@each_case
def test_result_has_no_linen_and_no_unused_import(case: Case) -> None:
    text = migrated(text_of(case.before), case.style)
    compile(text, str(case.after), "exec")
    assert unused_imports(text) == set()
    left = "training" if WRAPPER in text else "(linen|training)"
    assert not re.search(rf"^\s*(import|from) flax\.{left}|^from flax import {left}", text, re.MULTILINE)


@each_case
def test_comments_survive(case: Case) -> None:
    before = text_of(case.before)
    assert comments(migrated(before, case.style)) == comments(before)


@pytest.mark.parametrize("variant", VARIANTS)
@each_case
def test_line_endings_and_bom_stay(case: Case, variant: str) -> None:
    change = VARIANTS[variant]
    before, after = case.before.read_bytes(), case.after.read_bytes()
    assert migrated_bytes(change(before), case.style) == change(after)


@each_target
def test_verify_says_identical_bits(case: Case) -> None:
    report = verify(Request(case.before, case.after, steps=STEPS, verdict_only=True))
    assert (report.verdict, report.grade) == ("pass", "bitwise"), report.message
    assert report.losses.before == report.losses.after
    if case.name != "one_step":
        assert report.steps >= 5
        assert report.losses.after[-1] < report.losses.after[0]


@pytest.mark.parametrize("name", ["linen.py", "nnx.py", "nnx_stateful.py"])
def test_digits_are_learned(name: str) -> None:
    output = run_program(CASES[0].before.parent.parent / "digits" / name)
    accuracy = re.search(r"test accuracy (\d\.\d+)", output)
    assert accuracy
    assert float(accuracy[1]) > 0.95


UPDATE = "    optimizer.update(model, grads)\n"


@pytest.mark.parametrize(
    ("name", "style", "right", "wrong", "step", "phase"),
    [
        pytest.param("compact_closure", "functional", UPDATE, "", 1, "update", id="update-left-out"),
        pytest.param("module_script", "functional", UPDATE, "", 1, "update", id="update-left-out-eager"),
        pytest.param(
            "compact_closure", "functional", "adam(0.01)", "adam(0.011)", 1, "update", id="learning-rate"
        ),
        pytest.param("state_reads", "stateful", "momentum=0.5", "momentum=0.4", 2, "update", id="momentum"),
        pytest.param("new_state", "stateful", "@nnx.jit", "@jax.jit", 1, "update", id="jax-jit-in-place"),
        pytest.param("weight_penalty", "functional", "1e-3", "1e-2", 1, "forward", id="penalty"),
        pytest.param("aux_accuracy", "functional", "nnx.relu", "nnx.gelu", 1, "forward", id="activation"),
        pytest.param("setup_loss", "functional", "jnp.mean", "jnp.sum", 1, "forward", id="loss-scale"),
    ],
)
def test_faults_are_found(
    tmp_path: Path, name: str, style: Style, right: str, wrong: str, step: int, phase: str
) -> None:
    report = _verify_with_fault(tmp_path, _find(name, style), right, wrong)
    assert report.verdict == "fail"
    assert report.first_divergence is not None
    assert (report.first_divergence.step, report.first_divergence.phase) == (step, phase)


def _find(name: str, style: Style) -> Case:
    return next(case for case in CASES if (case.name, case.style) == (name, style))


def _verify_with_fault(folder: Path, case: Case, right: str, wrong: str) -> Report:
    text = text_of(case.after)
    assert right in text
    after = folder / case.after.name
    after.write_text(text.replace(right, wrong), encoding="utf-8")
    return verify(Request(case.before, after, steps=STEPS, verdict_only=True))
