"""Which files import a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.project.importers import find_importers
from migrate.project.neighbours import importers_on_disk, project_root
from migrate.result import Importer
from tests.project.trees import make_tree


@pytest.mark.parametrize(
    ("changed", "importer", "statement", "names"),
    [
        pytest.param("train.py", "main.py", "import train", (), id="module"),
        pytest.param("train.py", "main.py", "import train as t", (), id="alias"),
        pytest.param("train.py", "main.py", "from train import f, g", ("f", "g"), id="names"),
        pytest.param("train.py", "main.py", "from train import f as h", ("f",), id="renamed"),
        pytest.param("train.py", "main.py", "from train import *", ("*",), id="star"),
        pytest.param("pkg/train.py", "main.py", "import pkg.train", (), id="dotted"),
        pytest.param("pkg/train.py", "main.py", "from pkg import train", (), id="module from package"),
        pytest.param("pkg/train.py", "main.py", "from pkg.train import f", ("f",), id="name from dotted"),
        pytest.param("src/pkg/train.py", "tests/t.py", "import pkg.train", (), id="src layout"),
        pytest.param("pkg/train.py", "pkg/main.py", "from .train import f", ("f",), id="relative"),
        pytest.param("pkg/train.py", "pkg/main.py", "from . import train", (), id="relative module"),
        pytest.param("pkg/train.py", "pkg/sub/main.py", "from ..train import f", ("f",), id="two dots"),
        pytest.param(
            "pkg/sub/train.py", "pkg/main.py", "from .sub.train import f", ("f",), id="relative, below"
        ),
        pytest.param("pkg/__init__.py", "main.py", "import pkg", (), id="package"),
        pytest.param("pkg/__init__.py", "main.py", "from pkg import f", ("f",), id="name from package"),
        pytest.param("pkg/__init__.py", "pkg/main.py", "from . import f", ("f",), id="relative package"),
        pytest.param("pkg/__init__.py", "main.py", "import pkg.other", (), id="package of a submodule"),
        pytest.param("train.py", "main.py", "def f():\n    import train", (), id="inside a function"),
        pytest.param(
            "pkg/train.py", "main.py", "importlib.import_module('pkg.train')", (), id="import_module"
        ),
        pytest.param("train.py", "main.py", "m = __import__('train')", (), id="__import__"),
        pytest.param("train.py", "sub/main.py", "import train", (), id="from a folder below"),
    ],
)
def test_found(changed: str, importer: str, statement: str, names: tuple[str, ...]) -> None:
    text = f"# first line\n{statement}\n"
    line = 3 if statement.startswith("def") else 2
    assert find_importers([changed], {importer: text}) == {changed: (Importer(importer, line, names),)}


@pytest.mark.parametrize(
    ("changed", "importer", "statement"),
    [
        pytest.param("train.py", "main.py", "import trainer", id="a longer name"),
        pytest.param("train.py", "main.py", "train = 1", id="no import"),
        pytest.param("train.py", "main.py", "# import train", id="a comment"),
        pytest.param("train.py", "main.py", "from other import train_step", id="another module"),
        pytest.param("train.py", "train.py", "import train", id="itself"),
        pytest.param("a/train.py", "b/main.py", "from .train import f", id="relative to another package"),
        pytest.param("a/train.py", "a/main.py", "from ..train import f", id="one level further up"),
        pytest.param("pkg/train.py", "main.py", "from pkg import other", id="another submodule"),
        pytest.param("train.py", "main.py", "import train\nx = (", id="does not parse"),
    ],
)
def test_not_found(changed: str, importer: str, statement: str) -> None:
    assert find_importers([changed], {importer: f"{statement}\n"}) == {}


def test_the_file_beside_the_importer_answers_first() -> None:
    changed = ["mnist/train.py", "imagenet/train.py"]
    texts = {"mnist/main.py": "import train\n", "wmt/main.py": "import train\n"}
    found = find_importers(changed, texts, ["wmt/train.py"])
    assert found == {"mnist/train.py": (Importer("mnist/main.py", 1),)}


def test_without_a_neighbour_every_file_of_that_name_may_be_meant() -> None:
    found = find_importers(["a/train.py", "b/train.py"], {"tests/t.py": "import train\n"})
    assert list(found) == ["a/train.py", "b/train.py"]


def test_nothing_changed() -> None:
    assert find_importers([], {"a.py": "import b\n"}) == {}


def test_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        ".git/HEAD": "",
        ".gitignore": "scratch/\n",
        "src/pkg/__init__.py": "",
        "src/pkg/train.py": "import flax\n",
        "src/pkg/cli.py": "from .train import step\n",
        "tests/test_train.py": "import pkg.train\n",
        "scratch/old.py": "import pkg.train\n",
        "docs/latin.py": "import pkg.train # \u00e9\n",
    }
    make_tree(tmp_path, files)
    (tmp_path / "docs" / "bad.py").write_bytes(b"import pkg.train # \xff\n")
    monkeypatch.chdir(tmp_path / "src")
    assert importers_on_disk(["pkg/train.py", "pkg/cli.py"]) == {
        "pkg/train.py": (
            Importer(str(tmp_path / "docs/latin.py"), 1),
            Importer(str(tmp_path / "tests/test_train.py"), 1),
            Importer("pkg/cli.py", 1, ("step",)),
        )
    }


@pytest.mark.parametrize(
    ("files", "root"),
    [
        pytest.param([".git/HEAD", "pkg/pyproject.toml"], ".", id="repository"),
        pytest.param(["pkg/pyproject.toml"], "pkg", id="project file"),
        pytest.param(["pkg/sub/__init__.py", "pkg/__init__.py"], ".", id="package"),
        pytest.param([], "pkg/sub", id="script"),
    ],
)
def test_project_root(tmp_path: Path, files: list[str], root: str) -> None:
    make_tree(tmp_path, dict.fromkeys([*files, "pkg/sub/train.py"], ""))
    assert project_root(tmp_path / "pkg/sub/train.py") == tmp_path / root
