"""The forward look: the after program under the way of updating that Flax is moving to."""

from __future__ import annotations

import re
from pathlib import Path

from migrate.verify.judge import differences
from migrate.verify.outcome import Problem
from migrate.verify.pace import traces_per_step
from migrate.verify.pairing import pair_tracks
from migrate.verify.recording import Recording
from migrate.verify.report import ForwardLook
from migrate.verify.runner import Runner

FLAG = "NNX_GRAPH_UPDATES"
LONGEST = 160


def look_forward(runner: Runner, after: Path, new: Recording) -> ForwardLook:
    """Run the after program with the flag off and compare it with itself; never part of the verdict."""
    known = new.of("start")[0].header["graph_updates"]
    if known is None:
        return ForwardLook("skipped", f"this version of Flax does not know {FLAG}")
    if not known:
        return ForwardLook("skipped", f"{FLAG} is off already")
    again, trouble = runner.run(after, "after-forward", transplant="before", environment={FLAG: "false"})
    if trouble is not None:
        return ForwardLook("fails", _reason(trouble))
    now, then = traces_per_step(new), traces_per_step(again)
    found = sorted(differences(new, again, pair_tracks(new, again, {}), _steps(new)), key=lambda d: d.rank)
    if found or _steps(again) < _steps(new):
        where = f"differs first in step {found[0].step}, {found[0].path}" if found else "takes fewer steps"
        return ForwardLook("differs", where, now, then)
    return ForwardLook("same", "gives the same bits", now, then)


def _reason(trouble: Problem) -> str:
    """The message, and the error at the end of the program's own traceback."""
    errors = re.findall(r"^([\w.]+: .*)$", trouble.traceback, re.MULTILINE)
    return trouble.message + (f" ({errors[-1][:LONGEST]})" if errors else "")


def _steps(run: Recording) -> int:
    return max((len(track.updates) for track in run.tracks), default=0)


def sentence(look: ForwardLook) -> str:
    """What a person reads."""
    if look.traces is None or look.traces_now is None:
        return f"{look.outcome}: {look.message}"
    anew = ": functions are traced anew in every step" if look.traces >= 1 else ""
    counts = f"{look.traces:.3g} traces per step ({look.traces_now:.3g} without the flag)"
    return f"{look.outcome}: {look.message}, {counts}{anew}"
