"""Layers of one class that a field puts under a checkpoint: compared with Linen, or left."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import assert_identical, compared, program

NET = """
class Block(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x, train=False):
        y = nn.gelu(nn.Dense(self.width)(x))
        return x + nn.Dropout(0.1)(nn.Dense(x.shape[-1])(y), deterministic=not train)


class Net(nn.Module):
    width: int = 4
    depth: int = 2
    remat: bool = False

    @nn.compact
    def __call__(self, x, train=False):
        x = nn.Dense(5)(x)
        block = Block
        if self.remat:
            # `train` decides what is computed.
            block = nn.remat(block, static_argnums=(2,))
        for i in range(self.depth):
            x = block(self.width, name=f"block_{i}")(x, train)
        return nn.LayerNorm()(x)
"""
CHOICE = """\
        block = Block
        if self.remat:
            # `train` decides what is computed.
            block = nn.remat(block, static_argnums=(2,))
"""
AFTER = """\
        # `train` decides what is computed.
        checkpoint = nnx.remat if self.remat else lambda function: function
        for i in range(self.depth):
            x = checkpoint(lambda block, rngs: block(x, train, rngs=rngs))(
                getattr(self, f"block_{i}"), rngs
            )
"""
BUILT = 'setattr(self, f"block_{i}", Block(self.width, in_features=5, rngs=rngs))'
ONCE = "        block = Block\n        if self.remat:\n            block = nn.remat(block)\n"
SETUP = """\
    def setup(self):
        self.first = nn.Dense(5)
{choice}        self.blocks = [block(self.width) for _ in range(self.depth)]
        self.last = nn.LayerNorm()

    def __call__(self, x):
        x = self.first(x)
        for layer in self.blocks:
            x = layer(x)
        return self.last(x)
"""


def of(choice: str = CHOICE, remat: bool = True, module: str = NET) -> str:
    return program(module.replace(CHOICE, choice), f"Net(remat={remat})", (2, 3))


@pytest.mark.parametrize("remat", [False, True])
def test_a_class_that_a_condition_checkpoints(remat: bool) -> None:
    done = compared(of(remat=remat))
    assert_identical(done)
    assert AFTER in done.text
    assert BUILT in done.text


CHOICES = [
    pytest.param("        block = nn.remat(Block, static_argnums=(2,)) if self.remat else Block\n",
                 "nnx.remat if self.remat else", id="in-one-line"),
    pytest.param("        block = Block if not self.remat else nn.checkpoint(Block, static_argnums=(2,))\n",
                 "nnx.remat if self.remat else", id="the-other-way-round"),
    pytest.param("        block = Block if self.depth > 3 else nn.remat(Block, static_argnums=(2,))\n",
                 "nnx.remat if not (self.depth > 3) else", id="a-comparison"),
    pytest.param("        if self.remat:\n            block = nn.remat(Block, static_argnums=(2,))\n"
                 "        else:\n            block = Block\n", "nnx.remat if self.remat else", id="either"),
    pytest.param("        block = nn.remat(Block, static_argnums=(2,))\n        if not self.remat:\n"
                 "            block = Block\n", "nnx.remat if self.remat else", id="taken-back"),
    pytest.param(CHOICE.replace("(2,))", "(2,), prevent_cse=False)"), "lambda function, **_: function",
                 id="with-an-option"),
    pytest.param(CHOICE.replace("nn.remat(block,", "nn.remat(Block,"), "nnx.remat if self.remat else",
                 id="the-class-itself"),
]  # fmt: skip


@pytest.mark.parametrize("remat", [False, True])
@pytest.mark.parametrize(("choice", "written"), CHOICES)
def test_other_choices(choice: str, written: str, remat: bool) -> None:
    done = compared(of(choice, remat))
    assert_identical(done)
    assert written in done.text
    assert BUILT in done.text
    assert "block = " not in done.text


@pytest.mark.parametrize("remat", [False, True])
def test_in_setup(remat: bool) -> None:
    head, _, _ = NET.rpartition("    @nn.compact")
    done = compared(of(remat=remat, module=head + SETUP.format(choice=ONCE)))
    assert_identical(done)
    assert "[Block(self.width, in_features=5, rngs=rngs) for _ in range(self.depth)]" in done.text
    assert "x = checkpoint(lambda block: block(x))(layer)" in done.text


REFUSED = [
    pytest.param({', name=f"block_{i}"': ""}, "give it a name", id="numbered-by-linen"),
    pytest.param({"if self.remat": "if train"}, "", id="by-an-input"),
    pytest.param({"return nn": "Block.__doc__, block\n        return nn"}, "", id="a-value-too"),
    pytest.param({"nn.remat(block, static_argnums=(2,))": "nn.remat(Other)"}, "", id="another-class"),
    pytest.param({"static_argnums=(2,)": "variables=False"}, "form that has no rewriting", id="an-option"),
    pytest.param(
        {"nn.remat(block, static_argnums=(2,))": "nn.jit(block)"}, "may build layers", id="another-transform"
    ),
    pytest.param({"for i": "checkpoint = 3\n        for i"}, "means something else", id="the-name-is-taken"),
    pytest.param({"for i": "block = Other\n        for i"}, "", id="a-third-class"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED)
def test_choices_that_stay(changes: dict[str, str], words: str) -> None:
    other = "class Other(Block):\n    pass\n\n\n"
    module = NET.replace("class Net", f"{other}class Net")
    for before, after in changes.items():
        assert before in module
        module = module.replace(before, after)
    text = of(module=module)
    result = migrate_sources({"net.py": text}, Options())
    assert "class Net(nn.Module)" in result.changed.get("net.py", text)
    assert any(words in finding.message for finding in result.findings)
