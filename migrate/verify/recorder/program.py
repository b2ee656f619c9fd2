"""Running the user's program as `python script.py args` would, with the hooks in place."""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import jax
from flax import linen

from . import hook_grad, hook_jit, hook_linen, hook_nnx, hook_optax
from .births import Births
from .cases import FUNCTION, run_cases
from .context import HERE
from .replay import Replays
from .session import Session, Settings, open_session

TRACE = "/jax/core/compile/jaxpr_trace_duration"


def main(config: str) -> None:
    """Record one program; how it ended is the last event of the file, never the exit code.

    The process ends at once, whatever threads the program has left running.
    """
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    raw = json.loads(Path(config).read_text(encoding="utf-8"))
    settings = Settings(**{**raw, "args": tuple(raw["args"])})
    session = open_session(settings)
    start = {"kind": "start", "versions": _versions(), "graph_updates": _graph_updates()}
    session.write(start, [])
    session.replays = Replays(session) if settings.replay else None
    session.births = Births() if settings.resume else None
    _count_traces(session)
    for hook in (hook_optax,) if settings.light else (hook_optax, hook_grad, hook_jit, hook_linen, hook_nnx):
        hook.install(session)
    session.end(_run(session))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _end_with(parent: int) -> None:
    """End this process and its children once the one that started it is gone, however that came."""
    while os.getppid() == parent:
        time.sleep(1)
    os.killpg(0, signal.SIGKILL)


def _versions() -> dict[str, str]:
    import flax
    import optax

    python = ".".join(str(part) for part in sys.version_info[:3])
    return {
        "python": python,
        "jax": jax.__version__,
        "flax": flax.__version__,
        "optax": optax.__version__,
        "device": jax.default_backend(),
    }


def _graph_updates() -> bool | None:
    """Whether NNX follows updates through the graph of objects; None where Flax knows no such choice."""
    import flax

    return getattr(flax.config, "nnx_graph_updates", None)


def _count_traces(session: Session) -> None:
    """Count the functions that jax traces; a compiled function is traced once for each signature."""

    def heard(event: str, duration: float, **details: Any) -> None:
        if event == TRACE:
            session.traces += 1

    jax.monitoring.register_event_duration_secs_listener(heard)


def _run(session: Session) -> dict[str, Any]:
    program = session.settings.program
    sys.argv = [program, *session.settings.args]
    sys.path[0] = str(Path(program).parent)
    try:
        with _interception(session):
            names = runpy.run_path(program, run_name="__main__")
            function = names.get(FUNCTION)
            trained = max(session.counts.values(), default=0) > 1
            if not (session.settings.light or trained) and callable(function):
                run_cases(session, function)
    except SystemExit as error:
        return {"reason": "exit", "code": error.code if isinstance(error.code, int | None) else 1}
    except BaseException as error:
        return {"reason": "crash", "error": type(error).__name__, "traceback": _own_traceback(error)}
    finally:
        with contextlib.suppress(Exception):
            jax.effects_barrier()
            if session.replays is not None:
                session.replays.finish()
    return {"reason": "finished"}


def _interception(session: Session) -> contextlib.AbstractContextManager[Any]:
    if session.settings.light:
        return contextlib.nullcontext()
    interception: contextlib.AbstractContextManager[Any] = linen.intercept_methods(
        hook_linen.interceptor(session)
    )
    return interception


def _own_traceback(error: BaseException) -> str:
    """The traceback without the frames of the recorder and of the machinery that ran the script."""
    summary = traceback.TracebackException.from_exception(error)
    link: traceback.TracebackException | None = summary
    while link is not None:
        frames = [frame for frame in link.stack if not _is_ours(frame.filename)]
        link.stack = traceback.StackSummary.from_list(frames)
        link = link.__cause__ or link.__context__
    return "".join(summary.format())


def _is_ours(filename: str) -> bool:
    return filename.startswith((HERE, "<frozen runpy>")) or filename.endswith("/runpy.py")
