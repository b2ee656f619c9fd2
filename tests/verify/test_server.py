"""A run that is forked starts as a process of its own does, and takes nothing over from another run."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from migrate.verify.child import Exit, Job, run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs are forked on Linux only")

STATE = """
import json, logging, os, resource, signal, sys, threading, warnings
import jax
import numpy as np

lines = dict(line.split(":", 1) for line in open("/proc/self/status"))
files = {number: os.readlink(f"/proc/self/fd/{number}") for number in range(3)}
files["open"] = len(os.listdir("/proc/self/fd"))
state = {
    "modules": sorted(sys.modules),
    "path": sys.path,
    "finders": [getattr(finder, "__name__", type(finder).__name__) for finder in sys.meta_path],
    "words": [len(sys.argv), len(sys.orig_argv), sys.orig_argv[-2]],
    "variables": dict(os.environ),
    "shown": open("/proc/self/environ").read().split(chr(0)),
    "directory": os.getcwd(),
    "files": files,
    "session": [os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid()],
    "threads": sorted(thread.name for thread in threading.enumerate()),
    "signals": [lines[name] for name in ("SigBlk", "SigIgn", "SigCgt")],
    "limits": [resource.getrlimit(number) for number in range(16)],
    "warnings": [str(entry) for entry in warnings.filters],
    "jax": {name: str(value) for name, value in jax.config.values.items()},
    "started": [str(name) for name in jax._src.xla_bridge._backends],
}
drawn, hashed, parent = np.random.random(), hash("seed"), os.getppid()
json.dump([state, drawn, hashed, parent], open(sys.argv[1], "w"))
"""
SPOIL = """
os.environ["JAX_ENABLE_X64"] = os.environ["SPOILED"] = "1"
jax.config.update("jax_enable_x64", True)
jax.nn.relu = jax.nn.gelu = None
sys.path.insert(0, "spoiled")
sys.modules["spoiled"] = sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
warnings.simplefilter("error")
os.chdir("/")
threading.Thread(target=threading.Event().wait).start()
"""
OWN = {"_linen2nnx_recorder.serve", "_linen2nnx_recorder.channel"}
Go = Callable[..., tuple[Exit, Any]]


@pytest.fixture
def go(tmp_path: Path) -> Go:
    """Run a text and return how it ended and what it wrote, if anything."""

    def start(text: str, **options: Any) -> tuple[Exit, Any]:
        program, out = tmp_path / "program.py", tmp_path / "out.json"
        program.write_text(text, encoding="utf-8")
        out.unlink(missing_ok=True)
        settings = {"timeout": 120.0, "cwd": tmp_path, **options}
        job = Job(program, tmp_path / "run.events", (str(out),), 3, None, sys.executable, **settings)
        ended = run(job)
        return ended, json.loads(out.read_text()) if out.exists() else None

    return start


def comparable(state: dict[str, Any]) -> dict[str, Any]:
    """What has to be the same in every run; each has its own mark, and numpy's threads start when needed."""
    state["modules"] = [name for name in state["modules"] if name not in OWN]
    mark = state["variables"].pop("LINEN2NNX_RUN")
    assert f"LINEN2NNX_RUN={mark}" in state["shown"]
    state["shown"] = {
        one for one in state["shown"] if not one.startswith(("LINEN2NNX_RUN=", "PYTEST_CURRENT"))
    }
    return state


def test_a_forked_run_starts_as_a_process_does(go: Go) -> None:
    ended, (alone, drawn, _, parent) = go(STATE + SPOIL, alone=True)
    assert (ended.code, parent) == (0, os.getpid())
    runs = [go(STATE + SPOIL) for _ in range(2)]
    (first, *ours), (second, *others) = (written for _, written in runs)
    assert [ended.code for ended, _ in runs] == [0, 0]
    assert comparable(first) == comparable(second) == comparable(alone)
    assert len({drawn, ours[0], others[0]}) == 3
    assert ours[1:] == others[1:]
    assert ours[2] != os.getpid()


SITE = {
    "thread": "import threading\nthreading.Timer(600, print).start()\n",
    "file": "import sys\nsys.held = open(__file__)\n",
    "device": "import jax\njax.numpy.zeros(3)\n",
    "mark": "import os\ndel os.environ['LINEN2NNX_RUN']\n",
    "refuses": "import sys\nif '--serve' in sys.orig_argv:\n    sys.exit('no')\n",
}


@pytest.mark.parametrize("text", SITE.values(), ids=list(SITE))
def test_what_cannot_be_forked_is_started(
    text: str, go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each as it is set up by the user's own `sitecustomize`."""
    (tmp_path / "sitecustomize.py").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    ended, written = go("import json, os, sys\njson.dump(os.getppid(), open(sys.argv[1], 'w'))\n")
    assert (ended.code, written) == (0, os.getpid())


LOOK = "import jax, json, os, sys\njson.dump([{}, os.getppid()], open(sys.argv[1], 'w'))\n"


@pytest.mark.parametrize(
    ("name", "value", "look", "expected"),
    [
        pytest.param("JAX_ENABLE_X64", "1", "str(jax.numpy.arange(2.0).dtype)", "float64", id="types"),
        pytest.param(
            "XLA_FLAGS", "--xla_force_host_platform_device_count=3", "jax.device_count()", 3, id="devices"
        ),
    ],
)
def test_settings_of_the_environment_hold(
    name: str, value: str, look: str, expected: object, go: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (usual, _) = go(LOOK.format(look))
    monkeypatch.setenv(name, value)
    _, (found, parent) = go(LOOK.format(look))
    assert found == expected != usual
    assert parent != os.getpid()


@pytest.mark.parametrize("alone", [False, True], ids=["forked", "started"])
@pytest.mark.parametrize(
    ("text", "code", "options"),
    [
        pytest.param("import os\nos._exit(7)\n", 7, {}, id="exit-code"),
        pytest.param("import os\nos.abort()\n", -6, {}, id="signal"),
        pytest.param("import time\ntime.sleep(600)\n", -9, {"timeout": 5.0}, id="time-limit"),
    ],
)
def test_ends(text: str, code: int, options: dict[str, float], alone: bool, go: Go) -> None:
    words = "import sys\nprint('out')\nprint('said', file=sys.stderr, flush=True)\n"
    ended, _ = go(words + text, alone=alone, **options)
    assert (ended.code, ended.timed_out, ended.stderr[:5]) == (code, bool(options), "said\n")


def test_a_run_whose_server_dies_is_started(go: Go) -> None:
    text = (
        "import json, os, signal, sys, time\n"
        "if b'--serve' in open(f'/proc/{os.getppid()}/cmdline', 'rb').read():\n"
        "    os.kill(os.getppid(), signal.SIGKILL)\n"
        "    time.sleep(600)\n"
        "json.dump(os.getppid(), open(sys.argv[1], 'w'))\n"
    )
    ended, written = go(text)
    assert (ended.code, written) == (0, os.getpid())
