"""Half precision: identical bits are identical bits, and rounding gets a grade that promises less."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.verify.api import Report, Request, verify
from migrate.verify.half import UNITS, is_rounding
from migrate.verify.report import Error
from tests.verify.planting import PROGRAMS, plant, source

HEAVY = pytest.mark.corpus
BY_HALVES = """

def by_halves(layer, x):
    x, kernel, bias = (v.astype(jnp.bfloat16) for v in (x, layer.kernel[...], layer.bias[...]))
    return x[:, :4] @ kernel[:4] + x[:, 4:] @ kernel[4:] + bias


class Net("""
OTHER_SUM = (
    ("self.Dense_1(nnx.relu(x))", "by_halves(self.Dense_1, nnx.relu(x))"),
    ("\n\nclass Net(", BY_HALVES),
)
RECIPE = ("            promote_dtype=lambda args, dtype=None, **_: args,\n", "")
EPSILON = ("            8,\n", "            8,\n            epsilon=1e-5,\n")


def run(kept: Path, folder: Path, *edits: tuple[str, str]) -> Report:
    after = folder / "nnx.py"
    after.write_text(plant(source("half_norm", "nnx"), *edits), encoding="utf-8")
    keep = kept / "half_norm"
    keep.mkdir(exist_ok=True)
    return verify(Request(PROGRAMS / "half_norm" / "linen.py", after, verdict_only=True), keep=keep)


@pytest.mark.parametrize(
    ("edits", "verdict", "grade", "words"),
    [
        pytest.param((), "pass", "bitwise", "identical bits", id="recipe"),
        pytest.param(OTHER_SUM, "pass", "half", "would not be seen", id="other-sum"),
        pytest.param((RECIPE,), "fail", "none", "NNX rounds its parameters first", id="no-recipe"),
        pytest.param(
            (*OTHER_SUM, EPSILON), "fail", "none", "epsilon=1e-05", id="other-sum-and-epsilon", marks=HEAVY
        ),
    ],
)
def test_half_precision(
    edits: tuple[tuple[str, str], ...], verdict: str, grade: str, words: str, kept: Path, tmp_path: Path
) -> None:
    report = run(kept, tmp_path, *edits)
    assert (report.verdict, report.grade) == (verdict, grade), report.message
    assert words in report.message


@pytest.mark.parametrize("phase", UNITS)
def test_rounding_has_a_limit(phase: str) -> None:
    unit = 2.0**-7
    assert is_rounding(Error(1, phase, "", 0.0, UNITS[phase] * unit), unit)  # type: ignore[arg-type,index]
    assert not is_rounding(Error(1, phase, "", 0.0, 1.01 * UNITS[phase] * unit), unit)  # type: ignore[arg-type,index]
