"""Lists of layers that `setup` fills and `__call__` runs over."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, program

FLAT = (4, 6)
BLOCK = """
class Block(nn.Module):
    dim: int
    wide: bool = False

    @nn.compact
    def __call__(self, x, twice=False):
        if self.wide:
            x = x + nn.Dense(self.dim)(nn.relu(nn.Dense(2 * self.dim)(x)))
        x = x + nn.Dense(self.dim)(nn.LayerNorm()(x))
        return 2 * x if twice else x


"""
OTHER = """
class Other(nn.Module):
    dim: int

    @nn.compact
    def __call__(self, x):
        return x * nn.Dense(self.dim)(x)


"""


def net(setup: str, call: str) -> str:
    head = "class Net(nn.Module):\n    depth: int = 3\n    dim: int = 6\n    act: Callable = nn.tanh\n\n"
    setup, call = f"self.stem = nn.Dense(self.dim)\n{setup}", f"x = self.stem(x)\n{call}"
    parts = [
        head,
        "    def setup(self):\n",
        *_indented(setup),
        "\n    def __call__(self, x):\n",
        *_indented(call),
    ]
    return BLOCK * ("Block" in setup) + OTHER * ("Other" in setup) + "".join(parts)


def _indented(text: str) -> list[str]:
    return [f"        {line}\n" for line in text.split("\n")]


APPENDED = "blocks = []\nfor i in range(self.depth):\n    block = Block(self.dim)\n    blocks.append(block)"
KEPT = f"{APPENDED}\nself.blocks = blocks"
NORMS = "self.norms = [nn.LayerNorm() for _ in range(self.depth)]"
OVER = "for block in self.blocks:\n    x = block(x)\nreturn x"
BACKWARDS = OVER.replace("self.blocks", "reversed(self.blocks)")
TURNED = KEPT.replace("= blocks", "= list(reversed(blocks))")
GROWING = "blocks = []\nfor i in range(3):\n    blocks.append(nn.Dense(self.dim + i))\nself.blocks = "
FORMS = [
    pytest.param(
        "blocks = []\nfor i in range(3):\n    blocks.append(nn.Dense(self.dim + i))\nself.blocks = blocks",
        OVER,
        id="sizes-that-change",
    ),
    pytest.param(KEPT, OVER, id="appended-in-a-loop"),
    pytest.param(
        "blocks = [Block(self.dim)]\nblocks.append(Block(6, True))\nself.blocks = blocks",
        OVER,
        id="appended-one-by-one",
    ),
    pytest.param(
        "blocks = [Block(self.dim)]\nfor _ in range(2):\n"
        "    blocks.append(Block(self.dim, True))\nself.blocks = blocks",
        "x = self.blocks[0](x, twice=True)\nfor block in self.blocks[1:]:\n    x = block(x)\n"
        "return self.blocks[-1](x)",
        id="by-index-and-slice",
    ),
    pytest.param(
        "blocks = []\nfor i in range(self.depth):\n    if i % 2:\n"
        "        block = Block(self.dim)\n    else:\n"
        "        block = Other(self.dim)\n    blocks.append(block)\nself.blocks = blocks",
        OVER,
        id="one-of-two-classes",
    ),
    pytest.param(
        "blocks = []\nfor i in range(self.depth):\n"
        "    block = Block(self.dim) if i % 2 else Other(self.dim)\n"
        "    blocks.append(block)\nself.blocks = blocks",
        "for block in self.blocks:\n    if isinstance(block, Block):\n        x = block(x, True)\n"
        "    else:\n        x = block(x)\nreturn x",
        id="asked-for-their-class",
    ),
    pytest.param(TURNED, OVER, id="turned-around-when-it-is-kept"),
    pytest.param(KEPT, BACKWARDS, id="from-its-end"),
    pytest.param(
        "blocks = []\nfor i in range(3):\n    blocks.append(nn.Dense(self.dim + i))\n"
        "self.blocks = list(reversed(blocks))",
        BACKWARDS,
        id="turned-around-twice-with-sizes-that-change",
    ),
    pytest.param("self.blocks = [nn.Dense(5), nn.Dense(7)]", BACKWARDS, id="written-out-and-from-its-end"),
    pytest.param(
        "blocks = [Block(self.dim)]\nblocks.append(nn.Dense(4))\nself.blocks = list(reversed(blocks))",
        "x = self.blocks[-1](x)\nreturn self.blocks[0](x)",
        id="turned-around-and-read-by-number",
    ),
    pytest.param(
        KEPT,
        "for i, block in enumerate(reversed(list(self.blocks))):\n    x = i * block(x)\nreturn x",
        id="counted-from-its-end",
    ),
    pytest.param(
        f"{KEPT}\n{NORMS}",
        "for block, norm in zip(self.blocks, reversed(self.norms)):\n    x = norm(block(x))\nreturn x",
        id="side-by-side-in-opposite-directions",
    ),
    pytest.param(
        f"{KEPT}\n{NORMS}",
        "for block, norm in zip(self.blocks, self.norms):\n    x = norm(block(x))\nreturn x",
        id="side-by-side",
    ),
    pytest.param(
        f"{KEPT}\n{NORMS}",
        "for i, (block, norm) in enumerate(zip(self.blocks, self.norms)):\n"
        "    x = norm(block(x, i))\nreturn x",
        id="side-by-side-and-counted",
    ),
    pytest.param(
        KEPT,
        "for block, twice in zip(self.blocks, (True, False, True)):\n    x = block(x, twice)\nreturn x",
        id="beside-flags",
    ),
    pytest.param(
        KEPT, "for i in range(self.depth):\n    x = self.blocks[i](x)\nreturn x", id="by-a-number-that-runs"
    ),
    pytest.param(
        "self.first = Block(self.dim)\n"
        "self.layers = [nn.Dense(5), nn.gelu, nn.LayerNorm(), self.act, nn.Dense(3)]",
        "x = self.first(x)\nfor layer in self.layers:\n    x = layer(x)\nreturn x",
        id="functions-among-layers",
    ),
    pytest.param(
        "self.layers = [nn.Dense(5), jnp.tanh, nn.Dropout(0.5), nn.Dense(3)]",
        "for layer in self.layers:\n"
        "    x = layer(x) if not isinstance(layer, nn.Dropout) else layer(x, deterministic=True)\nreturn x",
        id="dropout-is-asked-for",
    ),
    pytest.param(
        "self.layers = [Block(self.dim), lambda x: 2 * x, Other(self.dim)]",
        "for layer in self.layers:\n    if isinstance(layer, (Block, nn.Dense)):\n"
        "        x = layer(x, twice=True)\n"
        "    elif isinstance(layer, nn.Module):\n        x = layer(x)\n    else:\n"
        "        x = layer(x)\nreturn x",
        id="several-classes-are-asked-for",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("setup", "call"), FORMS)
def test_same_numbers(setup: str, call: str) -> None:
    assert_identical(compared(program(net(setup, call), "Net()", FLAT)))


REFUSED = [
    pytest.param(f"{APPENDED}\nself.blocks = tuple(blocks)", OVER, "LNX", id="changed-before-it-is-kept"),
    pytest.param(f"{GROWING}list(reversed(blocks))", OVER, "LNX112", id="sizes-along-the-other-way"),
    pytest.param(
        KEPT,
        "blocks = list(reversed(self.blocks))\nblocks.pop()\nfor one in blocks:\n    x = one(x)\nreturn x",
        "LNX",
        id="a-list-that-is-changed-in-the-call",
    ),
    pytest.param(
        f"{KEPT}\nself.others = list(reversed(self.blocks))",
        OVER.replace("blocks", "others"),
        "LNX",
        id="two-lists-of-the-same-layers",
    ),
    pytest.param(f"{GROWING}blocks", BACKWARDS, "LNX112", id="sizes-from-the-end"),
    pytest.param(
        "self.blocks = [nn.Dense(self.dim + i) for i in range(3)]",
        BACKWARDS,
        "LNX112",
        id="sizes-of-a-comprehension-from-the-end",
    ),
    pytest.param(
        f"{GROWING}list(reversed(blocks))",
        "for i in range(len(self.blocks)):\n    x = self.blocks[i](x)\nreturn x",
        "LNX112",
        id="sizes-along-the-other-way-by-number",
    ),
    pytest.param(
        f"{APPENDED}\nothers = list(reversed(blocks))\nblocks.append(Block(6))\nself.blocks = others",
        OVER,
        "LNX",
        id="changed-after-it-was-turned-around",
    ),
    pytest.param(f"{APPENDED}\nself.blocks = blocks\nblocks.append(print)", OVER, "LNX", id="something-else"),
    pytest.param(
        "self.convs = [nn.Dense(width) for width in (6, 7)]\nself.out = nn.LayerNorm()",
        "for conv in self.convs:\n    x = conv(x)\nreturn self.out(x)",
        "LNX112",
        id="a-size-that-only-the-list-knows",
    ),
    pytest.param(
        "self.convs = [nn.Dense(width + 6) for width in range(1)]\nself.out = nn.LayerNorm()",
        "for conv in self.convs:\n    x = conv(x)\nreturn self.out(x)",
        "LNX112",
        id="a-name-of-the-list",
    ),
    pytest.param(
        f"{KEPT}\nself.first = Other(6)",
        "for block in self.blocks:\n    x = nn.Dense(6)(x)\nreturn x",
        "LNX111",
        id="layers-built-in-the-loop",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("setup", "call", "code"), REFUSED)
def test_refused(setup: str, call: str, code: str) -> None:
    text = net(setup, call)
    if "nn.Dense" in call:
        start = text.rindex("    def __call__")
        text = f"{text[:start]}    @nn.compact\n{text[start:]}"
    text = program(text, "Net()", FLAT)
    assert any(found.startswith(code) for found in findings(text)), findings(text)
