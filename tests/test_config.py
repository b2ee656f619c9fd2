"""Settings from pyproject.toml and from flags."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.config import Settings, load_settings
from migrate.errors import UsageError
from tests.project.trees import make_tree

TABLE = "[tool.linen2nnx]\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        pytest.param('style = "stateful"', "style", "stateful", id="style"),
        pytest.param('select = ["LNX1", "NNX"]', "select", ("LNX1", "NNX"), id="select"),
        pytest.param('ignore = ["LNX101"]', "ignore", ("LNX101",), id="ignore"),
        pytest.param('exclude = ["old/"]', "exclude", ("old/",), id="exclude"),
        pytest.param("force-exclude = true", "force_exclude", True, id="force-exclude"),
        pytest.param('output-format = "json"', "output_format", "json", id="output-format"),
    ],
)
def test_keys(root: Path, line: str, name: str, value: object) -> None:
    make_tree(root, {"pyproject.toml": f"{TABLE}{line}\n"})
    assert getattr(load_settings(root, {}), name) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            f"{TABLE}selct = []\n", "has no key 'selct'; it knows style, bridge, select,", id="unknown key"
        ),
        pytest.param(f"{TABLE}force_exclude = true\n", "has no key 'force_exclude'", id="underscore"),
        pytest.param(f'{TABLE}style = "oop"\n', "style must be functional or stateful", id="style"),
        pytest.param(f"{TABLE}style = []\n", "style must be functional or stateful", id="style, a list"),
        pytest.param(f'{TABLE}select = "LNX1"\n', "select must be a list of rule codes", id="not a list"),
        pytest.param(f'{TABLE}ignore = ["E501"]\n', "ignore must be a list of rule codes", id="not our code"),
        pytest.param(f"{TABLE}exclude = [1]\n", "exclude must be a list of patterns", id="not strings"),
        pytest.param(
            f"{TABLE}force-exclude = 1\n", "force-exclude must be true or false", id="not a boolean"
        ),
        pytest.param("tool.linen2nnx = 1\n", "tool.linen2nnx must be a table", id="not a table"),
        pytest.param(f"{TABLE}style =\n", "cannot read .*pyproject.toml", id="not TOML"),
    ],
)
def test_errors_name_file_and_key(root: Path, text: str, message: str) -> None:
    make_tree(root, {"pyproject.toml": text})
    with pytest.raises(UsageError, match=message) as caught:
        load_settings(root, {})
    assert str(root / "pyproject.toml") in str(caught.value)


@pytest.mark.parametrize("flag", ["select", "ignore"])
def test_a_flag_with_a_code_that_is_not_ours(root: Path, flag: str) -> None:
    with pytest.raises(UsageError, match=f"--{flag}: give rule codes"):
        load_settings(root, {flag: ["E501"]})


def test_nearest_table_upward(root: Path) -> None:
    make_tree(
        root,
        {
            "pyproject.toml": f'{TABLE}style = "stateful"\n',
            "a/pyproject.toml": "# linen2nnx\n[project]\n",
            "a/b/pyproject.toml": "[broken, but not ours\n",
        },
    )
    settings = load_settings(root / "a" / "b", {})
    assert (settings.style, settings.base) == ("stateful", root)


def test_flags_win(root: Path) -> None:
    make_tree(
        root, {"p/pyproject.toml": f'{TABLE}style = "stateful"\nexclude = ["x"]\nforce-exclude = true\n'}
    )
    flags = {"style": None, "select": ["LNX1"], "exclude": ["y"], "force_exclude": False}
    settings = load_settings(root / "p", flags)
    assert settings == Settings("stateful", select=("LNX1",), exclude=("y",), force_exclude=False, base=root)


def test_defaults(root: Path) -> None:
    assert load_settings(root, {"style": None}) == Settings(base=root)
