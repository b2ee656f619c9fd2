"""The runs of one comparison: their files lie in one scratch directory that goes away with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from migrate.verify import child
from migrate.verify.outcome import Problem, problem
from migrate.verify.progress import Follower
from migrate.verify.recording import Recording, load
from migrate.verify.request import Request


@dataclass(frozen=True)
class Runner:
    """Runs programs as a request asks for, each under a name of its own.

    Runs that start from their own values lie in `kept` and are not repeated there. Large arrays are
    digested unless `exact`.
    """

    request: Request
    scratch: Path
    kept: Path
    exact: bool = False
    networks: tuple[int, ...] = ()
    takeover: Path | None = None

    @property
    def order(self) -> tuple[int, ...]:
        """In which order the networks initialised before are built after; empty for the same."""
        return self.networks or self.request.networks

    def run(
        self,
        program: Path,
        name: str,
        transplant: str | None = None,
        layers: bool = False,
        replay: int = 0,
        resume: int = 0,
        steps: int | None = None,
        light: bool = False,
        references: Path | None = None,
        alone: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> tuple[Recording, Problem | None]:
        """Record a program; with `transplant` it starts from the values of the run of that name.

        With `light` only the times of its steps are recorded; `references` holds inputs to give to its
        layers; `alone` asks for a process of its own, and `environment` is added to ours.
        """
        request = self.request
        kind = "exact" if self.exact else "events"
        order = "".join(f"-{number}" for number in self.networks) + ("-taken" if self.takeover else "")
        out = self.scratch / f"{name}{order}.{kind}" if transplant else self.kept / f"{name}.{kind}"
        if out.exists() and load(out).whole:
            return load(out), None
        job = child.Job(
            program=program,
            out=out,
            args=request.args,
            steps=steps or request.last_step,
            transplant=self.kept / f"{transplant}.{kind}" if transplant else None,
            python=child.interpreter(request.python),
            timeout=request.timeout,
            cwd=request.cwd,
            leaf_map={"/".join(one): "/".join(other) for one, other in request.given.items()},
            layers=layers,
            replay=replay,
            resume=resume,
            exact=self.exact,
            networks=self.order if transplant else (),
            start=request.from_step,
            takeover=self.takeover if transplant else None,
            light=light,
            references=references,
            environment=environment or {},
            alone=alone,
        )
        ended = child.run(job, self._tell(job))
        recording = load(out)
        return recording, problem(program, recording, ended, request.timeout)

    def _tell(self, job: child.Job) -> Callable[[], None] | None:
        """Says how far a run is, if the request asks for it."""
        progress = self.request.progress
        if progress is None:
            return None
        follower = Follower(job.out)
        return lambda: progress(follower.describe(f"{job.program.name} ({job.out.stem})", job.steps))
