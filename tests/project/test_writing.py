"""Writing over files."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from migrate.errors import UsageError
from migrate.project.encoding import Source, decode
from migrate.project.writing import write_all


def source_of(path: Path) -> Source:
    return decode(path.read_bytes())


@pytest.mark.parametrize(
    ("data", "old", "new", "expected"),
    [
        pytest.param(b"a\nb\n", "b", "c", b"a\nc\n", id="plain"),
        pytest.param(b"a\r\nb\r\n", "b", "c", b"a\r\nc\r\n", id="CRLF"),
        pytest.param(b"a\rb\n\r\n", "b", "c", b"a\rc\n\r\n", id="mixed newlines"),
        pytest.param(codecs.BOM_UTF8 + b"b\n", "b", "c", codecs.BOM_UTF8 + b"c\n", id="BOM"),
        pytest.param(b"#coding:latin-1\nb='\xe9'", "b", "c", b"#coding:latin-1\nc='\xe9'", id="cookie"),
    ],
)
def test_bytes(tmp_path: Path, data: bytes, old: str, new: str, expected: bytes) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(data)
    source = source_of(path)
    write_all({str(path): source.text.replace(old, new)}, {str(path): source})
    assert path.read_bytes() == expected
    assert [each.name for each in tmp_path.iterdir()] == ["a.py"]


@pytest.mark.parametrize("mode", [0o755, 0o600, 0o444])
def test_the_mode_stays(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.py"
    path.write_text("a\n")
    path.chmod(mode)
    write_all({str(path): "b\n"}, {str(path): source_of(path)})
    assert path.stat().st_mode & 0o777 == mode


def test_links_are_followed(tmp_path: Path) -> None:
    real, link = tmp_path / "real.py", tmp_path / "link.py"
    real.write_text("a\n")
    link.symlink_to("real.py")
    write_all({str(link): "b\n"}, {str(link): source_of(link)})
    assert link.is_symlink()
    assert real.read_text() == "b\n"


def two_files(root: Path, second: bytes) -> tuple[Path, Path]:
    first, other = root / "a.py", root / "b.py"
    first.write_text("a\n")
    other.write_bytes(second)
    return first, other


def assert_nothing_written(root: Path, first: Path) -> None:
    assert first.read_text() == "a\n"
    assert sorted(each.name for each in root.iterdir()) == ["a.py", "b.py"]


def test_a_file_that_changed_meanwhile_stops_all(tmp_path: Path) -> None:
    first, other = two_files(tmp_path, b"new\n")
    sources = {str(first): source_of(first), str(other): Source("old\n")}
    with pytest.raises(UsageError, match=r"b\.py changed while it was being migrated"):
        write_all({str(first): "x\n", str(other): "y\n"}, sources)
    assert_nothing_written(tmp_path, first)


def test_text_that_the_encoding_cannot_hold_stops_all(tmp_path: Path) -> None:
    first, other = two_files(tmp_path, b"# coding: ascii\n")
    sources = {str(first): source_of(first), str(other): source_of(other)}
    with pytest.raises(UsageError, match=r"cannot write .*b\.py as ascii"):
        write_all({str(first): "x\n", str(other): "# coding: ascii\n# \u00e9\n"}, sources)
    assert_nothing_written(tmp_path, first)


def test_a_directory_that_cannot_be_written_stops_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other = two_files(tmp_path, b"b\n")

    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    sources = {str(first): source_of(first), str(other): source_of(other)}
    with pytest.raises(UsageError, match="Permission denied; nothing was written"):
        write_all({str(first): "x\n", str(other): "y\n"}, sources)
    assert_nothing_written(tmp_path, first)
