"""--select and --ignore."""

from __future__ import annotations

import pytest

from migrate.result import Options
from migrate.selection import is_code_prefix, is_selected


@pytest.mark.parametrize(
    ("select", "ignore", "code", "expected"),
    [
        pytest.param((), (), "LNX101", True, id="everything by default"),
        pytest.param(("LNX1",), (), "LNX101", True, id="selected by prefix"),
        pytest.param(("LNX1",), (), "LNX201", False, id="not selected"),
        pytest.param((), ("LNX1",), "LNX101", False, id="ignored by prefix"),
        pytest.param((), ("LNX1",), "LNX201", True, id="not ignored"),
        pytest.param(("LNX1",), ("LNX101",), "LNX101", False, id="longer ignore"),
        pytest.param(("LNX101",), ("LNX1",), "LNX101", True, id="longer select"),
        pytest.param(("LNX101",), ("LNX101",), "LNX101", False, id="a tie is ignored"),
        pytest.param(("NNX5",), (), "LNX901", True, id="failures are always selected"),
        pytest.param(("NNX5",), ("LNX901",), "LNX901", False, id="a failure that is ignored by name"),
        pytest.param(("NNX5",), (), "LNX903", False, id="unused suppressions are not failures"),
    ],
)
def test_is_selected(select: tuple[str, ...], ignore: tuple[str, ...], code: str, expected: bool) -> None:
    assert is_selected(code, Options(select=select, ignore=ignore)) is expected


@pytest.mark.parametrize("text", ["LNX", "NNX", "LNX1", "LNX10", "LNX101"])
def test_prefixes(text: str) -> None:
    assert is_code_prefix(text)


@pytest.mark.parametrize("text", ["", "L", "lnx1", "LNX1011", "E501", "LNX1x"])
def test_not_prefixes(text: str) -> None:
    assert not is_code_prefix(text)
