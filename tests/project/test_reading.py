"""Reading files and passing on those that mention Flax."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.project.discovery import Discovery
from migrate.project.reading import Batch, read_batch, read_standard_input


def read(root: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Batch:
    monkeypatch.chdir(root)
    for name, data in files.items():
        Path(name).write_bytes(data)
    return read_batch(Discovery(tuple(files)))


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        pytest.param("a.py", b"import flax\r\n", "import flax\r\n", id="mentions Flax"),
        pytest.param("a.py", b"import jax\n", None, id="does not"),
        pytest.param("a.py", b"", None, id="empty"),
        pytest.param("a.py", b"x = '\xff'\n", None, id="undecodable, but not ours"),
        pytest.param(
            "a.py", b"# coding: latin-1\nflax = '\xe9'\n", "# coding: latin-1\nflax = 'é'\n", id="cookie"
        ),
    ],
)
def test_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: bytes, text: str | None
) -> None:
    batch = read(tmp_path, {name: data}, monkeypatch)
    assert batch.texts == ({} if text is None else {name: text})
    assert (batch.scanned, batch.findings) == (1, ())


@pytest.mark.parametrize(
    ("name", "data", "line", "message"),
    [
        pytest.param(
            "a.py", b"import flax\nx = '\xff'\n", 2, "byte 0xff on line 2 is not utf-8", id="undecodable"
        ),
        pytest.param("a.ipynb", b"{}", 1, "notebooks are not migrated", id="notebook"),
    ],
)
def test_failures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: bytes, line: int, message: str
) -> None:
    batch = read(tmp_path, {name: data, "good.py": b"import flax\n"}, monkeypatch)
    (finding,) = batch.findings
    assert (finding.path, finding.line, finding.code) == (name, line, "LNX901")
    assert message in finding.message
    assert list(batch.sources) == ["good.py"]


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    batch = read_batch(Discovery((str(tmp_path / "gone.py"),), (("locked", "Permission denied"),)))
    messages = [finding.message for finding in batch.findings]
    assert "Permission denied" in messages[0]
    assert "No such file or directory" in messages[1]


def test_standard_input() -> None:
    batch = read_standard_input(b"import flax\n", "a.py")
    assert (batch.scanned, batch.texts) == (1, {"a.py": "import flax\n"})
