"""Whatever ends a comparison, no process and no directory of it stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextvars import Context
from pathlib import Path

import pytest

from migrate.verify.leftovers import end_marked
from tests.verify.planting import compare, plant, source

ROOT = Path(__file__).parents[2]
LINEN, NNX = source("mlp", "linen"), source("mlp", "nnx")
WAIT = "    import sys, time\n    open(sys.argv[1], 'w').write('here')\n    time.sleep(600)\n"
LINGER = """
import os, subprocess, sys, time
subprocess.Popen(["sleep", "600"])
subprocess.Popen(["sleep", "600"], start_new_session=True)
open(sys.argv[1], "w").write(str(os.getpid()))
time.sleep(600)
"""


def _scratch(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("linen2nnx-*")]


def _living(marker: str) -> list[str]:
    """Command lines and environments of processes that have a marker in them."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            try:
                text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if marker.encode() in text:
                found.append(f"{entry.name}: {(entry / 'cmdline').read_bytes()!r}")
    return found


def _gone(marker: str) -> bool:
    """Whether all processes with a marker have ended, given a moment."""
    deadline = time.monotonic() + 10
    while _living(marker) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not _living(marker)


def _wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while not (path.exists() and path.read_text()):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes cannot be listed")
@pytest.mark.parametrize("after", [["AFTER"], []], ids=["two-programs", "migrated-copy"])
@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGTERM, 143, id="terminated"),
        pytest.param(signal.SIGINT, 130, id="interrupted"),
        pytest.param(signal.SIGHUP, 129, id="hung-up"),
    ],
)
def test_a_signal_leaves_nothing_behind(
    number: signal.Signals, code: int, after: list[str], tmp_path: Path
) -> None:
    scratch, project = tmp_path / "scratch", tmp_path / "project"
    scratch.mkdir()
    project.mkdir()
    started, marker = tmp_path / "started", f"marker-{tmp_path.name}-{os.getpid()}"
    before = project / "linen.py"
    before.write_text(LINEN.replace("    main()\n", LINGER.replace("\n", "\n    ") + "\n"), encoding="utf-8")
    (project / "nnx.py").write_text(NNX, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "migrate", "verify", before]
        + [project / "nnx.py" for _ in after]
        + ["--", started],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(scratch), "MARKER": marker},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _wait_for(started, process)
    assert _scratch(scratch)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (code, b"")
    assert _gone(marker), _living(marker)
    assert list(scratch.iterdir()) == []


def test_the_run_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    scratch, started = tmp_path / "scratch", tmp_path / "started"
    scratch.mkdir()
    (tmp_path / "linen.py").write_text(LINEN.replace("    main()\n", WAIT), encoding="utf-8")
    (tmp_path / "nnx.py").write_text(NNX, encoding="utf-8")
    arguments = [tmp_path / "linen.py", tmp_path / "nnx.py", "--", started]
    process = subprocess.Popen(
        [sys.executable, "-m", "migrate", "verify", *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(scratch), "MARKER": (marker := f"marker-{tmp_path}")},
    )
    _wait_for(started, process)
    process.kill()
    process.wait()
    assert _gone(marker), _living(marker)


@pytest.mark.parametrize(
    ("edit", "options"),
    [
        pytest.param(
            ("    rng =", "    import time\n    time.sleep(600)\n    rng ="), {"timeout": 8.0}, id="hang"
        ),
        pytest.param(("    rng =", "    raise OSError('gone')\n    rng ="), {}, id="crash"),
        pytest.param(("    rng =", "    import os\n    os.abort()\n    rng ="), {}, id="killed"),
    ],
)
def test_a_bad_run_leaves_nothing_behind(
    edit: tuple[str, str], options: dict[str, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch, marker = tmp_path / "scratch", f"marker-{tmp_path.name}-{os.getpid()}"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    monkeypatch.setenv("MARKER", marker)
    spawn = (
        "    rng =",
        "    import subprocess\n    subprocess.Popen(['sleep', '600'], start_new_session=True)\n    rng =",
    )
    report = Context().run(compare, tmp_path, plant(LINEN, edit, spawn), NNX, **options)
    assert report.exit_code == 3
    assert list(scratch.iterdir()) == []
    assert _gone(marker), _living(marker)


def test_only_marked_processes_are_ended() -> None:
    marked, other = (
        subprocess.Popen(["sleep", "60"], env={**os.environ, "LINEN2NNX_RUN": mark})
        for mark in ("abc", "xyz")
    )
    try:
        end_marked("abc")
        assert marked.wait(10) == -signal.SIGKILL
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
