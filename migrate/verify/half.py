"""Programs that compute in half precision: float64 settles little there, so they get a grade of their own."""

from __future__ import annotations

from dataclasses import replace

from migrate.verify.causes.evidence import Evidence
from migrate.verify.causes.settings import call_switches, module_settings, optimizer_settings
from migrate.verify.recording import Recording
from migrate.verify.report import Cause, Error, Phase, Report

SPACING = {"bfloat16": 2.0**-7, "float16": 2.0**-10}
UNITS: dict[Phase, int] = {"forward": 1, "backward": 8, "update": 2, "state": 8}
EQUAL_WIDENED = 1e-3


def spacing(run: Recording) -> float:
    """Spacing of the numbers next to 1 in the half precision that a run computes in, 0 if it does not."""
    types = {leaf.dtype for track in run.tracks for leaf in track.updates[0].leaves}
    types |= {str(event.header["facts"].get("dtype")) for event in run.of("module")}
    return max((SPACING[name] for name in types & SPACING.keys()), default=0.0)


def judge_half(report: Report, evidence: Evidence, gap: float | None) -> Report:
    """Judge bits that differ in half precision; `gap` is what is left of it in float64, None if unknown.

    A pass needs three things: no setting of a module or of the optimizer differs, the first step that
    differs stays within half-precision rounding, and most of the difference goes away in float64.
    """
    unit, step = spacing(evidence.old), evidence.divergence.step
    cause = different_setting(evidence)
    if cause is not None:
        reason = f"and {cause.message}"
    elif any(not is_rounding(error, unit) for error in report.errors if error.step == step):
        reason = f"and differs in step {step} by more than its rounding explains"
    elif gap is not None and gap > EQUAL_WIDENED:
        reason = f"and differs in step {step} by {gap:.2g} of scale even in float64"
    else:
        return _passed(report, unit)
    message = f"{report.after}: computes in half precision, {reason}"
    return replace(report, verdict="fail", grade="none", message=message)


def different_setting(evidence: Evidence) -> Cause | None:
    """The first setting in which the two programs differ by their own account."""
    checks = (call_switches, module_settings, optimizer_settings)
    return next((cause for check in checks for cause in check(evidence)), None)


def is_rounding(error: Error, unit: float) -> bool:
    return error.max_rel <= UNITS[error.phase] * unit


def _passed(report: Report, unit: float) -> Report:
    message = (
        f"equal up to half-precision rounding over {report.steps} steps; "
        f"a fault that changes less than {unit:.2g} of scale would not be seen"
    )
    return replace(report, verdict="pass", grade="half", message=message)
