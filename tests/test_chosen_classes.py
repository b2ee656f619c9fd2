"""Module classes that conditions of `setup` choose from, and layers that are called where no size is told."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, program

NET = """
class Plain(nn.Module):
    size: int
    bias: bool = True

    @nn.compact
    def __call__(self, x, flip=False, **options):
        return nn.Dense(self.size, use_bias=self.bias)(x)


class Gated(nn.Module):
    size: int
    bias: bool = True

    @nn.compact
    def __call__(self, x, flip=False, double=False):
        x = nn.sigmoid(nn.Dense(self.size, name="gate")(x)) * nn.Dense(self.size)(x)
        return 2 * x if double else x


class Net(nn.Module):
    kind: str = "plain"
    deep: bool = False

    def setup(self):
        {choice}
        {built}
        self.head = nn.Dense(3)

    def __call__(self, x, train: bool = False):
        {use}
        return self.head(x)
"""
IF = """\
if self.kind == "plain":
            block = Plain
        elif self.kind == "gated":
            block = Gated
        else:
            raise ValueError(self.kind)"""
BUILT = "self.block = block(6, bias=self.deep)"
USE = "x = self.block(x, double=True, flip=True)"
TUPLE = """\
self.blocks = (block(6, name=str(0)),)
        if self.deep:
            self.blocks += (block(6, name=str(1)),)"""


def of(choice: str = IF, built: str = BUILT, use: str = USE, build: str = "Net('gated')") -> str:
    return program(NET.format(choice=choice, built=built, use=use), build, (2, 4))


def last(other: str) -> str:
    """The conditions with something else in the last branch."""
    return IF.replace("raise ValueError(self.kind)", f"block = {other}")


FORMS = [
    pytest.param(of(), ["self.block = block(6, bias=self.deep, in_features=in_features, rngs=rngs)",
                 "elif self.kind == \"gated\":\n            block = Gated"], id="conditions"),
    pytest.param(of(build="Net()"), ["self.head = nnx.Linear(6, 3, rngs=rngs)"], id="the-other-class"),
    pytest.param(of("block = Plain if self.kind == 'plain' else Gated"),
                 ["block = Plain if self.kind == 'plain' else Gated"], id="an-expression"),
    pytest.param(of("pass", "self.block = (Plain if self.kind == 'plain' else Gated)(6)"),
                 ["(Plain if self.kind == 'plain' else Gated)("], id="built-where-it-is-chosen"),
    pytest.param(of("pass", "self.block = (Plain if self.kind == 'plain' else Gated)(6)", build="Net()"),
                 ["(Plain if self.kind == 'plain' else Gated)("], id="built-there-of-the-other-class"),
    pytest.param(of("block = Plain\n        if self.deep:\n            block = Gated"),
                 ["        if self.deep:\n            block = Gated"], id="chosen-anew"),
    pytest.param(of(built="self.block = block(6, name='mixer')", use="x = self.block(x, double=True)"),
                 ["self.mixer = block(6, in_features=in_features, rngs=rngs)", "self.mixer(x"], id="a-name"),
    pytest.param(of(built="self.block = block(6)\n        self.other = block(6)",
                    use="x = self.other(self.block(x, double=True))"),
                 ["self.other = block(6, in_features=6, rngs=rngs)"], id="built-twice"),
    pytest.param(of(built=TUPLE, use="x = self.blocks[0](x)\n        if self.deep:\n"
                    "            x = self.blocks[1](x)", build="Net('gated', True)"),
                 ['setattr(self, "0", block(6, in_features=in_features', 'getattr(self, "1")(x)'],
                 id="in-a-tuple"),
    pytest.param(of(built="if self.deep:\n            self.block = block(6)\n        else:\n"
                    "            self.block = Plain(6)", use="x = self.block(x)"),
                 ["self.block = Plain(6, in_features=in_features, rngs=rngs)"], id="or-another-layer"),
    pytest.param(of(use="if self.deep:\n            x = self.block(x)", build="Net('gated', True)"),
                 ["        if self.deep:\n            self.block = block("], id="called-under-a-condition"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "written"), FORMS)
def test_same_numbers(text: str, written: list[str]) -> None:
    outcome = compared(text)
    assert_identical(outcome)
    assert [part for part in written if part not in outcome.text] == []


GATED = 'nn.sigmoid(nn.Dense(self.size, name="gate")(x)) * nn.Dense(self.size)(x)'
DRAWN = f"nn.Dropout(0.5)({GATED}, deterministic=not flip)"
OTHER = GATED.replace("(x)", "(flip)")
REFUSED = [
    pytest.param(of(use="x = self.block(x, flip=train)").replace(GATED, DRAWN),
                 "layers that take different arguments", id="one-draws"),
    pytest.param(of().replace(GATED, "x"), "need different arguments", id="one-needs-no-size"),
    pytest.param(of(use="x = self.block(x, flip=x[:, :2])").replace(GATED, OTHER), "need different arguments",
                 id="sizes-of-other-inputs"),
    pytest.param(of(use="x = self.block(x, other=2.0)"), "other arguments than are known",
                 id="a-keyword-that-one-does-not-take"),
    pytest.param(of(last("nn.Dense")), "may build layers", id="a-layer-of-flax"),
    pytest.param(of(last("jnp.sin")), "may build layers", id="a-function"),
    pytest.param(of(last("None")), "may build layers", id="none"),
    pytest.param(of(built="self.blocks = [block(6), block(6)]", use="x = self.blocks[0](x)"),
                 "are kept in a list", id="in-a-list"),
    pytest.param(of(built="self.blocks = [block(6) for _ in range(2)]", use="x = self.blocks[0](x)"),
                 "is collected in a comprehension", id="in-a-comprehension"),
    pytest.param(of(built="self.block = nn.remat(block)(6)"), "has no rewriting", id="under-a-transform"),
    pytest.param(of(built="make = partial(block, 6)\n        self.block = make()"),
                 "a partial call of one of several classes is built", id="a-partial-call"),
    pytest.param(of(built="blocks = [Plain, Gated]\n        self.block = blocks[self.deep](6)"), "LNX",
                 id="from-a-list"),
    pytest.param(of(built="self.block = block(6)\n        self.kept = block"), "LNX", id="kept-as-a-value"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_refused(text: str, words: str) -> None:
    assert any(words in finding for finding in findings(text))


SHARED = """
def untold(x):
    return jnp.fft.ifft(jnp.fft.fft(x)).real


class Net(nn.Module):
    twice: bool = True

    def setup(self):
        self.key = {layer}
        self.head = nn.Dense(3)

    def __call__(self, x, y=None):
        {first}
        {second}
        return self.head(x)
"""


AGAIN = "x = z + self.key(untold(x))"


def shared(first: str, second: str = AGAIN, layer: str = "nn.Dense(6)") -> str:
    return program(SHARED.format(layer=layer, first=first, second=second), "Net()", (2, 4))


GIVEN = [
    pytest.param(shared("z = self.key(x)"), id="called-before"),
    pytest.param(shared("z = self.key(x) if self.twice else self.key(2 * x)"),
                 id="both-sides-of-an-expression"),
    pytest.param(shared("if self.twice:\n            z = self.key(x)\n        else:\n"
                        "            z = self.key(-x)"), id="both-branches"),
    pytest.param(shared("z = self.key(x)", "if self.twice:\n            z += self.key(untold(x))\n"
                        "        x = z"), id="a-later-branch"),
]  # fmt: skip


@pytest.mark.parametrize("text", GIVEN)
def test_a_size_that_an_earlier_call_told(text: str) -> None:
    outcome = compared(text)
    assert_identical(outcome)
    assert "self.key = nnx.Linear(in_features, 6, rngs=rngs)" in outcome.text


UNTOLD = [
    pytest.param(shared("z = 0.0\n        if y is not None:\n            z = self.key(y)"),
                 id="called-on-some-ways"),
    pytest.param(shared("z = y is not None and self.key(y)"), id="behind-and"),
    pytest.param(shared("z = 0.0", "x = self.key(untold(x)) if y is None else self.key(y)"),
                 id="in-one-statement"),
    pytest.param(shared("for z in x:\n            z = self.key(z)"), id="in-a-loop"),
    pytest.param(shared("f = lambda y: self.key(y)", "x = self.key(untold(x))"), id="in-a-lambda"),
    pytest.param(shared("z = self.key[0](x)", "x = self.key[1](untold(z))",
                        "[nn.Dense(6) for _ in range(2)]"), id="one-of-a-list"),
]  # fmt: skip


@pytest.mark.parametrize("text", UNTOLD)
def test_a_size_that_no_call_tells(text: str) -> None:
    assert any(finding.startswith("LNX112") for finding in findings(text))
