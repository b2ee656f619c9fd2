"""Every way in which a comparison cannot be made has its own sentence and exit code."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from migrate.verify.api import Request, VerifyError, verify
from tests.verify.planting import compare, plant, source

LINEN, NNX = source("mlp", "linen"), source("mlp", "nnx")
CRASH = (
    "        state, loss = train_step",
    "        if _ == 2: raise RuntimeError('data ran out')\n        state, loss = train_step",
)
CRASH_AFTER = (
    "        loss = train_step",
    "        if _ == 2: raise RuntimeError('data ran out')\n        loss = train_step",
)
NO_CALL = ("    main()\n", "    pass\n")


@pytest.mark.parametrize(
    ("before", "after", "code", "words"),
    [
        pytest.param(
            plant(LINEN, NO_CALL), NNX, 3, "before.py: never took an optimizer step", id="never-steps"
        ),
        pytest.param(plant(LINEN, CRASH), NNX, 3, "crashed with RuntimeError in step 3", id="before-crashes"),
        pytest.param(
            LINEN,
            plant(NNX, CRASH_AFTER),
            1,
            "after.py: crashed with RuntimeError in step 3",
            id="after-crashes",
        ),
        pytest.param(
            LINEN, plant(NNX, NO_CALL), 1, "after.py: never took an optimizer step", id="after-never-steps"
        ),
        pytest.param(LINEN, LINEN, 1, "never built an nnx.Module", id="no-nnx"),
        pytest.param(
            LINEN,
            plant(NNX, ("hidden=8", "hidden=9")),
            1,
            "the parameter trees differ (only before: Dense_0/bias (8,)",
            id="other-parameter-tree",
        ),
        pytest.param(
            plant(LINEN, ("    rng =", "    input()\n    rng =")), NNX, 3, "reads standard input", id="stdin"
        ),
        pytest.param(
            plant(LINEN, ("    rng =", "    raise SystemExit(2)\n    rng =")),
            NNX,
            3,
            "exited with code 2 before its first step; give its arguments after --",
            id="exits",
        ),
        pytest.param(
            plant(
                LINEN,
                (
                    "    rng =",
                    "    import argparse\n    options = argparse.ArgumentParser()\n"
                    "    options.add_argument('data')\n    options.parse_args()\n    rng =",
                ),
            ),
            NNX,
            3,
            "give its arguments after --",
            id="needs-arguments",
        ),
        pytest.param(
            plant(LINEN, ("    rng =", "    import os\n    os.kill(os.getpid(), 9)\n    rng =")),
            NNX,
            3,
            "its process died",
            id="killed",
        ),
        pytest.param(
            plant(LINEN, ("default_rng(0)", "default_rng()")),
            NNX,
            3,
            "gives other numbers in every run",
            id="unseeded",
        ),
        pytest.param(
            LINEN,
            plant(
                NNX,
                (
                    "import numpy as np",
                    "import jax\nimport numpy as np\njax.config.update('jax_enable_x64', True)",
                ),
            ),
            1,
            "runs with jax_enable_x64=True where the before program has False",
            id="x64-in-one",
        ),
        pytest.param(
            LINEN,
            plant(NNX, ("rngs=rngs)", "rngs=rngs, param_dtype=jnp.float16)")),
            1,
            "after.py: Dense_0/bias is float16 where it was float32",
            id="other-dtype",
        ),
        pytest.param(
            LINEN,
            plant(NNX, ("    rng =", "    input()\n    rng =")),
            1,
            "reads standard input",
            id="after-stdin",
        ),
        pytest.param(
            LINEN,
            plant(
                NNX,
                (
                    "        loss = train_step",
                    "        if _ == 2: raise SystemExit(0)\n        loss = train_step",
                ),
            ),
            1,
            "took 2 optimizer steps where the before program took 5",
            id="after-exits-early",
        ),
        pytest.param(
            LINEN,
            plant(NNX, ("range(STEPS)", "range(STEPS + 2)")),
            1,
            "took 7 optimizer steps where the before program took 5",
            id="after-trains-longer",
        ),
        pytest.param(
            LINEN,
            plant(NNX, ("logits = model(x)", "logits = model(x) * jnp.nan")),
            1,
            "differs first in step 1, phase forward",
            id="after-trains-with-nans",
        ),
    ],
)
def test_program_at_fault(before: str, after: str, code: int, words: str, tmp_path: Path) -> None:
    report = compare(tmp_path, before, after)
    assert report.exit_code == code
    assert words in report.message
    if "RuntimeError" in words:
        assert report.traceback.rstrip().endswith("RuntimeError: data ran out")
        assert "recorder" not in report.traceback


X64 = ("import jax.numpy", "import jax\njax.config.update('jax_enable_x64', True)\nimport jax.numpy")
QUIRKS = {
    "x64-in-both": X64,
    "trains-in-a-thread": (
        "    main()\n",
        "    import threading\n    worker = threading.Thread(target=main)\n"
        "    worker.start()\n    worker.join()\n",
    ),
    "prints-a-lot": ("    rng =", "    print('x' * 50_000_000)\n    rng ="),
    "thread": (
        "    rng =",
        "    import threading, time\n    threading.Thread(target=time.sleep, args=(600,)).start()\n    rng =",
    ),
    "exits-at-the-end": ("    main()\n", "    main()\n    raise SystemExit(0)\n"),
    "child-process": (
        "    rng =",
        "    import subprocess\n    subprocess.Popen(['sleep', '600'])\n    rng =",
    ),
}


@pytest.mark.parametrize("edit", QUIRKS.values(), ids=list(QUIRKS))
def test_quirk_does_not_matter(edit: tuple[str, str], tmp_path: Path) -> None:
    after = NNX if edit[0] not in NNX else plant(NNX, edit)
    report = compare(tmp_path, LINEN if edit[0] not in LINEN else plant(LINEN, edit), after, timeout=120.0)
    assert report.grade == "bitwise", report.message


def test_nans_are_compared_and_noted(tmp_path: Path) -> None:
    edit = ("jnp.asarray(rng.normal(size=(32, 6)), jnp.float32)", "jnp.full((32, 6), jnp.nan)")
    report = compare(tmp_path, plant(LINEN, edit), plant(NNX, edit))
    assert report.exit_code == 3
    assert "NaN" in report.message


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    compare(tmp_path, LINEN, NNX, steps=2)
    assert {path.name for path in tmp_path.iterdir()} == {"before.py", "after.py"}


def test_program_of_several_files_with_arguments(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text("import sys\nRATE = float(sys.argv[1])\n", encoding="utf-8")
    edit = ("adam(1e-2)", "adam(settings.RATE)")
    imports = ("import optax", "import optax\nimport settings")
    report = compare(tmp_path, plant(LINEN, edit, imports), plant(NNX, edit, imports), args=("0.5",))
    assert report.grade == "bitwise", report.message


HANG = "import time\ntime.sleep(600)\n"
LATE = (
    "        loss = train_step",
    "        if _ == 2: __import__('time').sleep(600)\n        loss = train_step",
)


@pytest.mark.parametrize(
    ("before", "after", "timeout", "words"),
    [
        pytest.param(
            HANG, NNX, 3.0, "before.py: still running after 3 s, with 0 optimizer steps done", id="before"
        ),
        pytest.param(
            LINEN, plant(NNX, LATE), 25.0, "with 2 optimizer steps done; raise --timeout", id="after"
        ),
    ],
)
def test_hanging_program_is_ended(
    before: str, after: str, timeout: float, words: str, tmp_path: Path
) -> None:
    report = compare(tmp_path, before, after, timeout=timeout)
    assert report.exit_code == 3
    assert words in report.message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "no such file", id="missing"),
        pytest.param(b"def f(:\n", "not valid Python", id="syntax-error"),
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b"# coding: nonsense\n", "not valid Python", id="encoding"),
        pytest.param(b"x = '\xff'\n", "not valid Python", id="not-utf8"),
    ],
)
def test_file_at_fault(content: bytes | None, words: str, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text(LINEN, encoding="utf-8")
    if content is not None:
        bad.write_bytes(content)
    with pytest.raises(VerifyError, match=words) as caught:
        verify(Request(good, bad))
    assert str(bad) in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"steps": 0}, "--steps must be at least 1", id="steps"),
        pytest.param({"python": "/no/such/python"}, "cannot be started", id="interpreter"),
        pytest.param({"after": None}, "needs the migrated program", id="no-after"),
        pytest.param(
            {"html": Path("no/such/page.html")}, "directory does not exist", id="no-place-for-the-page"
        ),
    ],
)
def test_request_at_fault(options: dict[str, object], words: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(LINEN, encoding="utf-8")
    with pytest.raises(VerifyError, match=words):
        verify(Request(**{"before": program, "after": program, **options}))  # type: ignore[arg-type]
