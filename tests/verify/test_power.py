"""The power of verify: planted faults must be found, correct migrations must pass.

The kill rate, the share of causes named and the number of false alarms are printed at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.verify.api import Report, Request, verify
from migrate.verify.causes.catalogue import CATALOGUE
from migrate.verify.pytest_plugin import ORDER
from migrate.verify.report import Grade
from tests.verify.faults import FAULTS, Fault
from tests.verify.planting import PROGRAMS, plant, source
from tests.verify.variants import variants

CORRECT: dict[str, Grade] = {
    "mlp": "bitwise",
    "cnn": "bitwise",
    "transformer": "bitwise",
    "gan": "bitwise",
    "recurrent": "ulp",
    "scan": "bitwise",
    "target": "bitwise",
    "half_norm": "bitwise",
    "accumulate": "ulp",
    "seeds": "bitwise",
    "one_step": "bitwise",
    "depthwise": "bitwise",
    "twins": "bitwise",
}
SAMPLED = pytest.mark.corpus(one_in=25)
VARIED = [(case, name, text) for case in CORRECT for name, text in variants(source(case, "nnx")).items()]


def run(case: str, text: str, kept: Path, folder: Path) -> Report:
    """Verify a text against the Linen program of a case."""
    after = folder / "nnx.py"
    after.write_text(text, encoding="utf-8")
    keep = kept / case
    keep.mkdir(exist_ok=True)
    return verify(Request(PROGRAMS / case / "linen.py", after, verdict_only=True), keep=keep)


def test_enough_faults_over_enough_programs() -> None:
    assert len(FAULTS) >= 60
    assert len({fault.case for fault in FAULTS}) >= 8
    assert len({(fault.case, fault.name) for fault in FAULTS}) == len(FAULTS)
    assert len(CORRECT) + len(VARIED) >= len(FAULTS)


def test_every_cause_is_planted() -> None:
    assert {fault.cause for fault in FAULTS} - {None} == CATALOGUE.keys()


@pytest.mark.parametrize(("case", "grade"), CORRECT.items(), ids=list(CORRECT))
def test_correct_migration_passes(
    case: str, grade: Grade, kept: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    report = run(case, source(case, "nnx"), kept, tmp_path)
    record_property("alarm", report.verdict != "pass")
    assert report.verdict == "pass", report.message
    assert ORDER.index(report.grade) >= ORDER.index(grade), report.message


@SAMPLED
@pytest.mark.parametrize(
    ("case", "text"), [pytest.param(case, text, id=f"{case}-{name}") for case, name, text in VARIED]
)
def test_correct_variant_passes(
    case: str, text: str, kept: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    report = run(case, text, kept, tmp_path)
    record_property("alarm", report.verdict != "pass")
    assert report.verdict == "pass", report.message


@SAMPLED
@pytest.mark.parametrize("fault", [pytest.param(fault, id=f"{fault.case}-{fault.name}") for fault in FAULTS])
def test_planted_fault_fails(
    fault: Fault, kept: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    report = run(fault.case, plant(source(fault.case, "nnx"), (fault.old, fault.new)), kept, tmp_path)
    record_property("killed", report.verdict == "fail")
    record_property("cause", fault.cause in (None, *[cause.code for cause in report.causes[:1]]))
    assert report.verdict == "fail", report.message
    if fault.cause is not None:
        assert [cause.code for cause in report.causes][:1] == [fault.cause], report.message
