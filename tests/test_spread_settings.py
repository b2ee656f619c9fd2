"""Modules that are built with the settings in a field: compared with Linen, or left."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import assert_identical, compared, findings, program

NET = """
class Block(nn.Module):
    width: int
    depth: int = 1
    scale: float = 1.0

    @nn.compact
    def __call__(self, x):
        for i in range(self.depth):
            y = nn.gelu(nn.Dense(self.width, name=f"up_{i}")(x))
            x = x + self.scale * nn.Dense(x.shape[-1], name=f"down_{i}")(y)
        return nn.LayerNorm(name="norm")(x)


class Net(nn.Module):
    block: Any
    classes: int = 3

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(4)(x)
        x = Block(name="Block", **self.block)(x)
        return nn.Dense(self.classes)(x)
"""
BUILT = 'Block(name="Block", **self.block)'
SETTINGS = "dict(width=5, depth=2)"


def of(module: str, build: str = f"Net({SETTINGS})") -> str:
    return program(module, build, (2, 3))


@pytest.mark.parametrize("settings", ["dict(width=5)", "dict(width=5, depth=3, scale=0.5)"])
def test_settings_of_a_field(settings: str) -> None:
    done = compared(of(NET, f"Net({settings})"))
    assert_identical(done)
    assert "self.Block = Block(**self.block, in_features=4, rngs=rngs)" in done.text


FORMS = [
    pytest.param(
        {BUILT: "Block(**self.block)"},
        "self.Block_0 = Block(**self.block, in_features=4, rngs=rngs)",
        id="numbered",
    ),
    pytest.param(
        {BUILT: 'Block(5, name="Block", **self.block["inner"])'},
        'self.Block = Block(5, **self.block["inner"], in_features=4, rngs=rngs)',
        id="a-part",
    ),
    pytest.param(
        {BUILT: 'nn.remat(Block)(name="Block", **self.block)'},
        "self.Block = Block(**self.block, in_features=4, rngs=rngs)",
        id="checkpointed",
    ),
    pytest.param(
        {"        x = Block": "        if self.block is not None:\n            x = Block"},
        "        if self.block is not None:\n            self.Block = Block(",
        id="if-there-are-any",
    ),
    pytest.param(
        {"classes: int = 3": "classes: int = 3\n    inner: type = Block", "x = Block(": "x = self.inner("},
        "self.Block = self.inner(**self.block, in_features=4, rngs=rngs)",
        id="the-class-in-a-field",
    ),
]


@pytest.mark.parametrize(("changes", "written"), FORMS)
def test_other_ways_to_spread(changes: dict[str, str], written: str) -> None:
    module = NET
    for before, after in changes.items():
        assert before in module
        module = module.replace(before, after)
    build = "Net(dict(inner=dict(depth=2)))" if "inner" in written + module and "type" not in module else ""
    done = compared(of(module, build or f"Net({SETTINGS})"))
    assert_identical(done)
    assert written in done.text


IN_SETUP = """
    def setup(self):
        self.first = nn.Dense(4)
        self.block_0 = Block(**self.block)
        self.last = nn.Dense(self.classes)

    def __call__(self, x):
        return self.last(self.block_0(self.first(x)))
"""


def test_in_setup() -> None:
    done = compared(of(NET.rpartition("    @nn.compact")[0].rstrip() + "\n" + IN_SETUP))
    assert_identical(done)
    assert "self.block_0 = Block(**self.block, in_features=4, rngs=rngs)" in done.text


def test_sizes_that_the_settings_decide_are_not_told_by_defaults() -> None:
    module = NET.replace("width: int\n", "width: int = 7\n", 1).replace(
        'nn.LayerNorm(name="norm")(x)', "nn.Dense(self.width)(x)"
    )
    assert any(message.startswith("LNX112") for message in findings(of(module)))


REFUSED = [
    pytest.param({BUILT: "nn.Dense(**self.block)"}, "spread", id="a-layer"),
    pytest.param({BUILT: "Block(**dict(self.block))"}, "spread", id="a-copy"),
    pytest.param({BUILT: "Block(*self.block)"}, "spread", id="by-position"),
    pytest.param(
        {"        x = Block": "        block = dict(self.block)\n        x = Block", "**self.": "**"},
        "spread",
        id="a-local-dict",
    ),
    pytest.param(
        {
            "scale: float = 1.0": "last: Any = nn.LayerNorm",
            "self.scale * ": "",
            "nn.LayerNorm(": "self.last(",
        },
        "may hold a Linen module",
        id="a-layer-class",
    ),
    pytest.param(
        {"scale: float = 1.0": "inner: nn.Module = None", "self.scale * ": ""},
        "may hold a Linen module",
        id="a-module",
    ),
    pytest.param(
        {"scale: float = 1.0": "act: Callable = nn.gelu", "self.scale * ": "", "nn.gelu(nn": "self.act(nn"},
        "may build layers",
        id="a-function",
    ),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED)
def test_settings_that_stay(changes: dict[str, str], words: str) -> None:
    module = NET
    for before, after in changes.items():
        assert before in module
        module = module.replace(before, after)
    text = of(module)
    result = migrate_sources({"net.py": text}, Options())
    assert "class Net(nn.Module)" in result.changed.get("net.py", text)
    assert any(words in finding.message for finding in result.findings)
