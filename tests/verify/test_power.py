"""The power of verify: planted faults must be found, correct migrations must pass.

The kill rate, the share of causes named and the number of false alarms are printed at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from migrate.verify.api import Report, Request, verify
from migrate.verify.causes.catalogue import CATALOGUE
from migrate.verify.pytest_plugin import ORDER
from migrate.verify.report import Grade
from tests.verify.faults import FAULTS, Fault
from tests.verify.planting import PROGRAMS, plant, source

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
}


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the recorded before programs stay, so that each runs once a session."""
    yield tmp_path_factory.mktemp("kept")


def run(case: str, text: str, kept: Path, folder: Path) -> Report:
    """Verify a text against the Linen program of a case."""
    after = folder / "nnx.py"
    after.write_text(text, encoding="utf-8")
    keep = kept / case
    keep.mkdir(exist_ok=True)
    return verify(Request(PROGRAMS / case / "linen.py", after), keep=keep)


def test_enough_faults_over_enough_programs() -> None:
    assert len(FAULTS) >= 60
    assert len({fault.case for fault in FAULTS}) >= 8
    assert {fault.cause for fault in FAULTS} - {None} <= CATALOGUE.keys()
    assert len({fault.cause for fault in FAULTS} - {None}) >= 25


@pytest.mark.parametrize(("case", "grade"), CORRECT.items(), ids=list(CORRECT))
def test_correct_migration_passes(
    case: str, grade: Grade, kept: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    report = run(case, source(case, "nnx"), kept, tmp_path)
    record_property("alarm", report.verdict != "pass")
    assert report.verdict == "pass", report.message
    assert ORDER.index(report.grade) >= ORDER.index(grade), report.message


SURVIVORS = {("target", "shared-average"): "an average that shares its variables with the model is seen once"}


def _parameter(fault: Fault) -> ParameterSet:
    """A fault that is known to survive is expected to, so that a change for the better is noticed."""
    reason = SURVIVORS.get((fault.case, fault.name))
    marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
    return pytest.param(fault, id=f"{fault.case}-{fault.name}", marks=marks)


@pytest.mark.corpus
@pytest.mark.parametrize("fault", [_parameter(fault) for fault in FAULTS])
def test_planted_fault_fails(
    fault: Fault, kept: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    report = run(fault.case, plant(source(fault.case, "nnx"), (fault.old, fault.new)), kept, tmp_path)
    record_property("killed", report.verdict == "fail")
    record_property("cause", fault.cause in (None, *[cause.code for cause in report.causes[:1]]))
    assert report.verdict == "fail", report.message
    if fault.cause is not None:
        assert [cause.code for cause in report.causes][:1] == [fault.cause], report.message
