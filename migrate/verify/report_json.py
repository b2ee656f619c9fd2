"""The report as JSON, with the keys that the documentation promises."""

from __future__ import annotations

import math
from dataclasses import asdict

from migrate.verify.report import Report


def to_json(report: Report) -> dict[str, object]:
    """A report as plain values; numbers that JSON cannot hold become strings such as `nan`."""
    times = report.step_time
    found: dict[str, object] = {
        "version": 1,
        "before": report.before,
        "after": report.after,
        "verdict": report.verdict,
        "grade": report.grade,
        "message": report.message,
        "steps": report.steps,
        "losses": {"before": list(report.losses.before), "after": list(report.losses.after)},
        "first_divergence": asdict(report.first_divergence) if report.first_divergence else None,
        "leaf_map": [asdict(entry) for entry in report.leaf_map],
        "causes": [asdict(cause) for cause in report.causes],
        "layers": [asdict(layer) for layer in report.layers],
        "liveness": {side: asdict(signs) for side, signs in report.liveness.items()},
        "step_time": {"before": times.before, "after": times.after, "ratio": times.ratio},
        "forward": asdict(report.forward) if report.forward else None,
        "notes": list(report.notes),
        "traceback": report.traceback,
        "environment": report.environment,
    }
    return {key: _plain(value) for key, value in found.items()}


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
