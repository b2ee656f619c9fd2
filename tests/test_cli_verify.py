"""`linen2nnx verify`, and what it does where only the before program is given."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from migrate.cli import main
from migrate.result import Options, Result
from migrate.verify.api import Report, Request, VerifyError
from migrate.verify.report import renamed
from tests import engines
from tests.project.trees import make_tree

PROGRAM = Path(__file__).parent / "verify" / "programs" / "mlp"
ROOT = Path(__file__).parent.parent
FIXTURE = ROOT / "fixtures" / "one_step"
BEFORE = "import flax\noldword = 1\n"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "project"
    make_tree(place, {"a.py": BEFORE, "helper.py": "X = 1\n"})
    monkeypatch.chdir(place)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    engines.install(monkeypatch)
    return place


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Request, str]]:
    """Take the place of the comparison and keep what it was asked, with the text of the after program."""
    seen: list[tuple[Request, str]] = []

    def verify(request: Request) -> Report:
        assert request.after is not None
        seen.append((request, request.after.read_text()))
        verdict = "fail" if "--fail" in request.args else "inconclusive" if request.args else "pass"
        report = Report(str(request.before), str(request.after), verdict, "none", 1, f"ran {request.after}")
        return renamed(report, request.shown)

    monkeypatch.setattr("migrate.verify.api.verify", verify)
    return seen


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param([], 0, id="pass"),
        pytest.param(["--", "--fail"], 1, id="fail"),
        pytest.param(["--", "a", "b"], 3, id="inconclusive"),
    ],
)
def test_exit_codes(requests: list[tuple[Request, str]], arguments: list[str], code: int) -> None:
    assert main(["verify", "a.py", "helper.py", *arguments]) == code
    ((request, _),) = requests
    assert (str(request.before), str(request.after)) == ("a.py", "helper.py")
    assert request.args == tuple(arguments[1:])


def test_without_after_a_copy_is_migrated(
    root: Path, requests: list[tuple[Request, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "a.py"]) == 0
    ((request, text),) = requests
    assert text == BEFORE.replace("oldword", "newword")
    assert request.after is not None
    assert not request.after.exists()
    assert sorted(each.name for each in root.parent.iterdir()) == ["project"]
    assert (root / "a.py").read_text() == BEFORE
    assert "ran a.py (migrated)" in capsys.readouterr().out


def test_json(requests: list[tuple[Request, str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--json", "a.py"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["verdict"], report["after"]) == ("pass", "a.py (migrated)")


@pytest.mark.parametrize(
    ("text", "out"),
    [
        pytest.param("import jax\n", "", id="no Flax"),
        pytest.param("import flax\nMANUAL = 1\n", "a.py:2:1: LNX204 the word on line 2\n", id="only by hand"),
    ],
)
def test_nothing_to_verify(
    root: Path, requests: list[tuple[Request, str]], capsys: pytest.CaptureFixture[str], text: str, out: str
) -> None:
    make_tree(root, {"a.py": text})
    assert main(["verify", "a.py"]) == 3
    message = "linen2nnx: a.py: nothing here could be migrated, so there is nothing to verify\n"
    assert capsys.readouterr() == (out, message)
    assert requests == []


def test_importers_do_not_stop_the_copy(root: Path, requests: list[tuple[Request, str]]) -> None:
    make_tree(root, {"helper.py": "import a\n"})
    assert main(["verify", "a.py"]) == 0
    assert len(requests) == 1


def test_the_style_is_passed_on(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    styles: list[str] = []

    def engine(sources: Mapping[str, str], options: Options) -> Result:
        styles.append(options.style)
        return Result()

    engines.install(monkeypatch, engine)
    make_tree(root, {"pyproject.toml": '[tool.linen2nnx]\nstyle = "stateful"\n'})
    main(["verify", "a.py"])
    main(["verify", "--style", "functional", "a.py"])
    assert styles == ["stateful", "functional"]


@pytest.mark.parametrize(
    ("files", "arguments", "words"),
    [
        pytest.param({}, ["nope.py"], "nope.py: no such file", id="missing"),
        pytest.param({"b.py": "x = (\n"}, ["b.py"], "b.py:1: not valid Python", id="syntax error"),
        pytest.param({"b.py": ""}, ["b.py"], "b.py: the file is empty", id="empty"),
        pytest.param({}, ["a.py", "nope.py"], "nope.py: no such file", id="after is missing"),
    ],
)
def test_wrong_use(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, str],
    arguments: list[str],
    words: str,
) -> None:
    make_tree(root, files)
    assert main(["verify", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_an_error_of_the_set_up(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def verify(request: Request) -> Report:
        raise VerifyError("no numpy here")

    monkeypatch.setattr("migrate.verify.api.verify", verify)
    assert main(["verify", "a.py"]) == 2
    assert capsys.readouterr().err == "linen2nnx: no numpy here\n"
    assert list(Path.cwd().parent.iterdir()) == [Path.cwd()]


def test_numpy_is_asked_for(root: Path) -> None:
    """In a process of its own, as what was imported once stays."""
    code = "import sys; sys.modules['numpy'] = None; from migrate.cli import main; main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, "verify", "a.py", "a.py"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "linen2nnx: verify needs numpy; install linen2nnx[verify]\n")


def test_a_real_run(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The hand-written target stands in for the engine: the rest is as it will be."""
    target = (FIXTURE / "nnx.py").read_text("utf-8")

    def engine(sources: Mapping[str, str], options: Options) -> Result:
        return Result(changed=dict.fromkeys(sources, target))

    engines.install(monkeypatch, engine)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    make_tree(root, {"train.py": (FIXTURE / "linen.py").read_text("utf-8")})
    assert main(["verify", "train.py"]) == 0
    assert capsys.readouterr().out.startswith("pass (bitwise)")
    assert sorted(each.name for each in root.parent.iterdir()) == ["project"]


def test_lines_are_those_of_the_migrated_text(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = (PROGRAM / "nnx.py").read_text("utf-8").replace("nnx.relu", "nnx.gelu")

    def engine(sources: Mapping[str, str], options: Options) -> Result:
        return Result(changed=dict.fromkeys(sources, target))

    engines.install(monkeypatch, engine)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    make_tree(root, {"train.py": (PROGRAM / "linen.py").read_text("utf-8")})
    arguments = ["--style", "functional", "--steps", "2", "--html", "page.html", "train.py"]
    assert main(["verify", *arguments]) == 1
    line = 1 + target.splitlines().index("        return self.Dense_1(x)")
    place, code = f"train.py (migrated):{line}", "return self.Dense_1(x)"
    page = (root / "page.html").read_text("utf-8")
    assert f"{place}  {code}" in capsys.readouterr().out
    assert f"{place}<br><code>{code}</code>" in page
    assert str(root.parent) not in page
    assert "<pre>linen2nnx verify train.py --steps 2 --style functional</pre>" in page
