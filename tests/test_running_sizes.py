"""Lists of layers that `setup` fills with sizes that variables carry from turn to turn: compared, or left."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import assert_identical, compared, program

IMAGES = (2, 4, 4, 4)
NET = """
class Res(nn.Module):
    cin: int
    cout: int

    def setup(self):
        self.norm = nn.LayerNorm()
        self.conv = nn.Conv(self.cout, (3, 3))
        if self.cin != self.cout:
            self.short = nn.Conv(self.cout, (1, 1))

    def __call__(self, x):
        y = self.conv(nn.swish(self.norm(x)))
        return y + (self.short(x) if self.cin != self.cout else x)


class Net(nn.Module):
    base: int = 4
    mults: Sequence[int] = (1, 2, 1)

    def setup(self):
        blocks = []
        ch = self.base
        for mult in self.mults:
            out = self.base * mult
            blocks.append(Res(ch, out))
            ch = out
        self.blocks = blocks
        self.last = nn.LayerNorm()

    def __call__(self, x):
        for block in self.blocks:
            x = block(x)
        return self.last(x)
"""
WRITTEN = """\
        blocks = []
        ch = self.base
        features = in_features
        for mult in self.mults:
            out = self.base * mult
            blocks.append(Res(ch, out, in_features=features, rngs=rngs))
            features = out if ch != out else max(out, features)
            ch = out
        self.blocks = nnx.List(blocks)
        self.last = nnx.LayerNorm(features, rngs=rngs)
"""


def changed(changes: dict[str, str]) -> str:
    module = NET
    for before, after in changes.items():
        assert before in module
        module = module.replace(before, after)
    return module


@pytest.mark.parametrize("mults", [(1, 2, 1), (1, 1), (3,), ()], ids=str)
def test_a_size_that_a_variable_carries(mults: tuple[int, ...]) -> None:
    done = compared(program(NET, f"Net(mults={mults})", IMAGES))
    assert_identical(done)
    assert WRITTEN in done.text


FORMS = [
    pytest.param(
        {
            "for mult in self.mults:": "for i, mult in enumerate(self.mults):",
            "Res(ch, out)": "Res(self.base if i == 0 else ch, out)",
        },
        "out if (self.base if i == 0 else ch) != out else max(out, features)",
        id="by-the-turn",
    ),
    pytest.param({"Res(ch, out)": "nn.Conv(out, (3, 3))"}, "            features = out\n", id="a-layer"),
    pytest.param(
        {"for mult": "for out", "out = self.base * mult": "out = self.base * out"},
        "features = out if ch != out else max(out, features)",
        id="a-name-that-is-bound-again",
    ),
    pytest.param(
        {"Res(ch, out)": "Res(ch, max(out, 2))"},
        "blocks.append(Res(ch, max(out, 2), in_features=features, rngs=rngs))",
        id="a-function-of-numbers",
    ),
    pytest.param(
        {
            "for block in self.blocks:": "for i in range(len(self.blocks)):",
            "x = block(x)": "x = self.blocks[i](x)",
        },
        "self.last = nnx.LayerNorm(features, rngs=rngs)",
        id="by-number",
    ),
    pytest.param(
        {
            "        self.last": "        self.more = nn.Dense(3)\n        self.last",
            "self.last(x)": "self.last(self.more(x))",
        },
        "self.more = nnx.Linear(features, 3, rngs=rngs)",
        id="two-layers-behind",
    ),
    pytest.param(
        {"x = block(x)": "x = jnp.concatenate([x, block(x)], -1)"},
        "features = features + (out if ch != out else max(out, features))",
        id="joined-to-what-came",
    ),
    pytest.param(
        {"            ch = out": "            if mult > 1:\n                ch = out"},
        "            features = out if ch != out else max(out, features)\n            if mult > 1:\n",
        id="carried-under-a-condition",
    ),
    pytest.param(
        {
            "            out = self.base * mult\n": "",
            "Res(ch, out)": "Res(ch, ch * mult)",
            "ch = out": "ch *= mult",
        },
        "features = ch * mult if ch != ch * mult else max(ch * mult, features)\n            ch *= mult\n",
        id="multiplied-in-place",
    ),
    pytest.param(
        {"        ch = self.base": "        features = 3\n        ch = self.base * features // 3"},
        "self.last = nnx.LayerNorm(",
        id="a-name-that-is-taken",
    ),
]


@pytest.mark.parametrize(("changes", "part"), FORMS)
def test_other_forms(changes: dict[str, str], part: str) -> None:
    done = compared(program(changed(changes), "Net()", IMAGES))
    assert_identical(done)
    assert part in done.text


TWO = {
    "        blocks = []\n": "        blocks, norms = [], []\n",
    "            ch = out\n": "            ch = out\n            norms.append(nn.Dense(ch))\n",
    "        self.last": "        self.norms = norms\n        self.last",
}
IN_TURN = {
    "for block in self.blocks:": "for block, norm in zip(self.blocks, self.norms):",
    "x = block(x)": "x = norm(block(x))",
}
APART = {"x = block(x)\n": "x = block(x)\n        for norm in self.norms:\n            x = norm(x)\n"}


@pytest.mark.parametrize("call", [IN_TURN, APART], ids=["in-turn", "apart"])
def test_two_lists_in_one_loop(call: dict[str, str]) -> None:
    """The sizes of only one of the lists could run along with the loop."""
    text = program(changed({**TWO, **call}), "Net()", IMAGES)
    result = migrate_sources({"net.py": text}, Options())
    assert "class Net(nn.Module)" in result.changed.get("net.py", text)


AGAIN = "        for block in self.blocks:\n            x = block(x)\n"
REFUSED = [
    pytest.param(
        {"Res(ch, out)": "Res(ch, sizes.pop())", "ch = self.base": "ch, sizes = self.base, [4, 4, 4]"},
        id="what-is-used-up",
    ),
    pytest.param(
        {
            "        self.last = nn.LayerNorm()\n": "",
            "        blocks = []\n": "        self.last = nn.LayerNorm()\n        blocks = []\n",
        },
        id="a-layer-in-front",
    ),
    pytest.param(
        {"blocks.append(Res(ch, out))": "if mult > 1:\n                blocks.append(Res(ch, out))"},
        id="under-a-condition",
    ),
    pytest.param({"for block in self.blocks": "for block in self.blocks[::-1]"}, id="in-another-order"),
    pytest.param(
        {
            "        self.last = nn.LayerNorm()\n": "",
            "        blocks = []\n": "        self.last = nn.LayerNorm()\n        blocks = []\n",
            "return self.last(x)": "return self.last(x[..., :4]) if x.shape[-1] != 3 else x",
        },
        id="a-condition-in-front",
    ),
    pytest.param(
        {"            ch = out": "            if mult > 3:\n                break\n            ch = out"},
        id="a-loop-that-ends-early",
    ),
    pytest.param({"        return self.last": f"{AGAIN}        return self.last"}, id="called-again"),
    pytest.param({"for block in self.blocks": "for block in self.blocks[1:]"}, id="called-in-part"),
    pytest.param({"x = block(x)": "x = self.last(block(x))"}, id="a-layer-of-each-turn"),
    pytest.param(
        {"            ch = out": "            ch = out\n            blocks.append(Res(ch, out))"},
        id="filled-twice-in-a-turn",
    ),
    pytest.param(
        {"self.blocks = blocks": "blocks.append(Res(ch, 5))\n        self.blocks = blocks"},
        id="filled-behind-the-loop",
    ),
    pytest.param(
        {"            out =": "            if mult == 2:\n                continue\n            out ="},
        id="a-turn-that-is-left-out",
    ),
]


@pytest.mark.parametrize("changes", REFUSED)
def test_lists_that_stay(changes: dict[str, str]) -> None:
    text = program(changed(changes), "Net()", IMAGES)
    result = migrate_sources({"net.py": text}, Options())
    assert "class Net(nn.Module)" in result.changed.get("net.py", text)


def test_a_module_around() -> None:
    """What the last turn leaves is known inside of the class alone."""
    outer = """

class Outer(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(Net()(x))
"""
    text = program(f"{NET}{outer}", "Outer()", IMAGES)
    result = migrate_sources({"net.py": text}, Options())
    assert "class Net(nn.Module)" in result.changed.get("net.py", text)
    assert any(finding.code == "LNX112" for finding in result.findings)


def test_the_largest_of_a_field() -> None:
    """`max` of one sequence is a number, and not that sequence."""
    module = """
class Part(nn.Module):
    widths: Sequence[int]

    @nn.compact
    def __call__(self, x):
        return nn.Dense(max(self.widths))(x)


class Net(nn.Module):
    widths: Sequence[int] = (3, 5)

    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(Part(self.widths)(x))
"""
    done = compared(program(module, "Net()", (2, 3)))
    assert_identical(done)
    assert "nnx.Linear(max(self.widths), 2, rngs=rngs)" in done.text


BEHIND = {
    "        self.last =": "        self.down = nn.Conv(ch, (3, 3))\n        self.last =",
    "self.last(x)": "self.last(self.down(x))",
}


def test_a_size_by_a_name_of_setup() -> None:
    done = compared(program(changed(BEHIND), "Net()", IMAGES))
    assert_identical(done)
    assert "self.down = nnx.Conv(features, ch, (3, 3), rngs=rngs)" in done.text
    assert "self.last = nnx.LayerNorm(ch, rngs=rngs)" in done.text


NAMES = [
    pytest.param({"        self.last =": "        ch = 3\n        self.last ="}, id="bound-again"),
    pytest.param(
        {
            "        self.last = nn.LayerNorm()\n": "",
            "        blocks = []\n": "        self.last = nn.LayerNorm()\n        blocks = []\n",
        },
        id="read-in-front",
    ),
    pytest.param({"        for block in": "        ch = 3\n        for block in"}, id="of-a-method-too"),
    pytest.param({"nn.Conv(ch, (3, 3))": "nn.Conv(self.mults.index(ch) + 8, (3, 3))"}, id="by-a-method"),
]  # fmt: skip


@pytest.mark.parametrize("changes", NAMES)
def test_names_of_setup_that_mean_something_else(changes: dict[str, str]) -> None:
    module = changed(BEHIND)
    for before, after in changes.items():
        assert before in module
        module = module.replace(before, after)
    text = program(module, "Net()", IMAGES)
    result = migrate_sources({"net.py": text}, Options())
    assert "class Net(nn.Module)" in result.changed.get("net.py", text)
