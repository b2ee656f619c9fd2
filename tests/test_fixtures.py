"""Every fixture pair: the text that is written, its form, and the proof that the numbers stay."""

from __future__ import annotations

import re
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import pytest

from migrate.result import Style
from migrate.verify.api import Report, Request, verify
from tests.fixture_harness import (
    VARIANTS,
    Case,
    cases,
    comments,
    entry,
    files_of,
    migrate_texts,
    migrated,
    migrated_bytes,
    run_program,
    texts_of,
    unused_imports,
)

CASES = cases()
STEPS = 6

each_case = pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES])
OWN = [case for case in CASES if case.has_own_text]
TARGETS = {name: [*targets] for name, targets in groupby(OWN, attrgetter("name"))}
each_program = pytest.mark.parametrize("targets", [pytest.param(TARGETS[name], id=name) for name in TARGETS])


def test_there_are_enough_cases() -> None:
    names = {case.name for case in CASES}
    assert {"one_step", "digits"} <= names
    assert len(names) >= 10


WRAPPER = "nnx.bridge.ToNNX"
"""What stands where a Linen module stays."""


@each_case
def test_text_is_the_expected_one(case: Case) -> None:
    assert migrated(texts_of(case.before), case.style) == texts_of(case.after)


@each_case
def test_every_component_is_migrated(case: Case) -> None:
    result = migrate_texts(texts_of(case.before), case.style)
    assert result.components
    status = "bridged" if _wraps(case) else "migrated"
    assert {component.status for component in result.components} == {status}


def _wraps(case: Case) -> bool:
    return any(WRAPPER in text for text in texts_of(case.after).values())


@each_case
def test_every_site_is_migrated(case: Case) -> None:
    sites = migrate_texts(texts_of(case.before), case.style).sites
    assert sites
    assert {name: count.found - count.migrated for name, count in sites.items()} == dict.fromkeys(sites, 0)


@each_case
def test_second_run_changes_nothing(case: Case) -> None:
    result = migrate_texts(migrated(texts_of(case.before), case.style), case.style)
    assert result.changed == {}
    wrapped = {f.code[:4] for f in result.findings if _wraps(case)}
    assert {f.code[:4] for f in result.findings} == wrapped <= {"LNX1", "LNX2"}


@each_case
def test_result_has_no_linen_and_no_unused_import(case: Case) -> None:
    left = "training" if _wraps(case) else "(linen|training)"
    known = r"(?! import (checkpoints|dynamic_scale as \w+)$)"
    modules = rf"^\s*(import|from) flax\.{left}{known}|^from flax import {left}"
    linen = re.compile(modules, re.MULTILINE)
    for path, text in migrated(texts_of(case.before), case.style).items():
        compile(text, path, "exec")
        assert path.endswith("__init__.py") or unused_imports(text) == set()
        assert not linen.search(text)


@each_case
def test_comments_survive(case: Case) -> None:
    before = texts_of(case.before)
    after = migrated(before, case.style)
    assert {path: comments(text) for path, text in after.items()} == {
        path: comments(text) for path, text in before.items()
    }


@pytest.mark.parametrize("variant", VARIANTS)
@each_case
def test_line_endings_and_bom_stay(case: Case, variant: str) -> None:
    change = VARIANTS[variant]
    before, after = files_of(case.before), files_of(case.after)
    changed = {path: change(data) for path, data in before.items()}
    assert migrated_bytes(changed, case.style) == {path: change(data) for path, data in after.items()}


QUICK = {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
"""Compiling is most of the time of a program this small: all are verified without, some as users run them."""

NO_LOSSES = {"pulled_back"}
"""Gradients pulled back by `jax.vjp` belong to no scalar, so that the recorder has no loss to compare."""


@pytest.mark.parametrize(
    "compiler",
    [pytest.param(QUICK, id="quick"), pytest.param({}, id="optimised", marks=pytest.mark.corpus)],
)
@each_program
def test_verify_says_identical_bits(
    targets: list[Case], compiler: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in compiler.items():
        monkeypatch.setenv(name, value)
    for case in targets:
        request = Request(entry(case.before), entry(case.after), steps=STEPS, verdict_only=True)
        report = verify(request, keep=tmp_path)
        assert (report.verdict, report.grade) == ("pass", "bitwise"), f"{case.style}: {report.message}"
        assert report.losses.before == report.losses.after
        if case.name != "one_step":
            assert report.steps >= 5
        if case.name in NO_LOSSES:
            assert not report.losses.after
        elif case.name != "one_step":
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
    (text,) = texts_of(case.after).values()
    assert right in text
    after = folder / case.after.name
    after.write_text(text.replace(right, wrong), encoding="utf-8")
    return verify(Request(case.before, after, steps=STEPS, verdict_only=True))
