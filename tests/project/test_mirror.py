"""A directory with other contents for some files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from migrate.project.mirror import mirrored
from tests.project.trees import make_tree

FILES = {
    "train.py": "old\n",
    "data/x.txt": "x",
    "pkg/a.py": "old\n",
    "pkg/b.py": "b\n",
    "__pycache__/t.pyc": "",
}


def test_contents(tmp_path: Path) -> None:
    make_tree(tmp_path, FILES)
    with mirrored(tmp_path, {Path("train.py"): b"new\n", Path("pkg/a.py"): b"new\n"}) as copy:
        seen = {name: (copy / name).read_text() for name in FILES if (copy / name).exists()}
        assert copy.name == tmp_path.name
        assert (copy / "data").is_symlink()
    assert seen == {"train.py": "new\n", "data/x.txt": "x", "pkg/a.py": "new\n", "pkg/b.py": "b\n"}
    assert not copy.exists()
    assert {name: (tmp_path / name).read_text() for name in FILES} == FILES


def test_a_program_finds_its_neighbours(tmp_path: Path) -> None:
    read = "(Path(__file__).parent / 'd.txt').read_text()"
    data = f"from pathlib import Path\nimport helper\nprint(helper.X, {read})\n"
    make_tree(tmp_path, {"main.py": "", "helper.py": "X = 3\n", "d.txt": "data"})
    with mirrored(tmp_path, {Path("main.py"): data.encode()}) as copy:
        command = [sys.executable, str(copy / "main.py")]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout == "3 data\n"
