"""Functions that Linen and NNX both export, in files where nothing else is to do."""

from __future__ import annotations

from migrate.core import migrate_sources
from migrate.result import Options

CONFIG = "from flax import linen as nn\n\nACTIVATION = nn.relu\n"
NET = """\
import flax.linen as nn


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(x)
"""
STAYS = "\n\nREGISTRY = {'net': Net}\n"


def test_they_change_where_nothing_stays() -> None:
    result = migrate_sources({"config.py": CONFIG, "net.py": NET}, Options())
    assert result.changed["config.py"] == "from flax import nnx\n\nACTIVATION = nnx.relu\n"
    assert "net.py" in result.changed


def test_they_stay_beside_what_stays() -> None:
    """Half of the project's files in the words of another library would only be noise."""
    result = migrate_sources({"config.py": CONFIG, "net.py": NET + STAYS}, Options())
    assert result.changed == {}
    said = [finding.message for finding in result.findings if finding.path == "config.py"]
    assert said == ["this stays as it is because of net.py:10 (LNX010)"]
