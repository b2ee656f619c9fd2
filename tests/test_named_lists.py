"""Lists of layers with names of their own, classes that `setup` chooses, and iterators in local names."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import PATH, assert_identical, compared, findings, program

NET = """
class Block(nn.Module):
    size: int

    @nn.compact
    def __call__(self, x):
        return jnp.tanh(nn.Dense(self.size)(x))


class Net(nn.Module):
    sizes: Any = (6, 5, 4)
    deep: bool = True

    def setup(self):
        {made}

    def __call__(self, x):
        {use}
"""
PAIRS = """\
pairs = zip(self.sizes, self.sizes[1:])
        blocks = [Block(self.sizes[0], name="0")]
        for i, (_, size) in enumerate(pairs):
            blocks.append(Block(size, name=str(i + 1)))
        self.blocks = blocks"""
TURNS = """\
for block in self.blocks:
            x = block(x)
        return x"""


def of(made: str = PAIRS, use: str = TURNS, build: str = "Net()", net: str = NET) -> str:
    return program(net.format(made=made, use=use), build, (2, 3))


ADDED = TURNS.replace("block(x)", "jnp.concatenate([x, block(x)], -1)")
OFFSET = PAIRS.replace("i + 1", "i + off").replace("blocks = [B", "off = 1\n        blocks = [B")
EMPTY = """\
blocks = []
        for i in range(3):
            blocks.append(Block(4, name=f'b{i}'))
        self.blocks = blocks"""
WRITTEN = 'self.blocks = [Block(6, name="0"), Block(4, name="head")]'
SAME = [
    pytest.param(
        of(), ["features = size", "i, _ in enumerate(zip(self.sizes, self.sizes[1:]))"], id="filled"
    ),
    pytest.param(of(build="Net((6,))"), [], id="no-turns"),
    pytest.param(of(use=ADDED), ["features = in_features + self.sizes[0]"], id="sizes-that-add-up"),
    pytest.param(of(use=f"x = x * len(self.blocks)\n        {TURNS}"), [], id="counted"),
    pytest.param(of(OFFSET), ["getattr(self, str("], id="a-local-number-in-the-names"),
    pytest.param(of(PAIRS.replace("str(i + 1)", 'f"{i + 1}"')), [], id="a-name-in-braces"),
    pytest.param(of(EMPTY), ["for block in [getattr(self, f'b{i}') for i in range(3)]"], id="empty-at-first"),
    pytest.param(of(WRITTEN), ['for name in ("0", "head")'], id="written"),
    pytest.param(
        of(
            'self.first = Block(5, name="0")\n        self.last = Block(4, name="1")',
            "if self.deep:\n            x = self.first(x)\n        return self.last(x)",
            "Net(deep=False)",
        ),
        ['        if self.deep:\n            setattr(self, "0", Block('],
        id="called-under-a-condition",
    ),
]


@pytest.mark.parametrize(("text", "written"), SAME)
def test_same_numbers(text: str, written: list[str]) -> None:
    outcome = compared(text)
    assert_identical(outcome)
    assert [part for part in written if part not in outcome.text] == []


OVER = "def __call__(self, x):"
REFUSED = [
    pytest.param(
        of(PAIRS.replace("blocks = [", "next(pairs)\n        blocks = [")), id="an-advanced-iterator"
    ),
    pytest.param(of(use=TURNS.replace("self.blocks", "self.blocks + (self.blocks[0],)")), id="as-a-tuple"),
    pytest.param(of(use=TURNS.replace("self.blocks", "reversed(self.blocks)")), id="backwards"),
    pytest.param(of(use="return self.blocks[0](x)"), id="only-one-is-called"),
    pytest.param(
        of(use="y = x\n        for one in self.blocks:\n            x, y = one(y), one(x)\n        return x"),
        id="two-running-sizes",
    ),
    pytest.param(of(PAIRS.replace('"0"', '"setup"')), id="the-name-of-a-method"),
    pytest.param(of(PAIRS.replace(', name="0"', "")), id="a-layer-without-a-name"),
    pytest.param(of(f"{PAIRS}\n        self.others = blocks"), id="kept-twice"),
    pytest.param(of(PAIRS.replace("append(", "insert(0, ")), id="put-in-front"),
    pytest.param(
        of(PAIRS.replace("            blocks.append", "            if i:\n                blocks.append")),
        id="not-in-every-turn",
    ),
    pytest.param(
        of(PAIRS.replace("self.blocks =", "if self.deep:\n            self.blocks =")), id="at-times"
    ),
    pytest.param(
        of(net=NET.replace("Net(", "Base(") + f"\n\nclass Net(Base):\n    {OVER}\n        {TURNS}"),
        id="read-by-a-class-that-extends-it",
    ),
    pytest.param(of('self.block = Block(4, name="a b")', "return self.block(x)"), id="a-name-with-a-space"),
]


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    new = migrate_sources({PATH: text}, Options()).changed.get(PATH, text)
    assert "\n    deep: bool = True\n" in new, new


CHOSEN = """
class Flat(nn.Module):
    size: int
    rate: float = 0.5

    @nn.compact
    def __call__(self, x, train: bool = False):
        return nn.Dense(self.size)(x)


class Deep(nn.Module):
    {fields}

    @nn.compact
    def __call__(self, x, train: bool = False):
        {deep}


class Net(nn.Module):
    deep: bool = True

    def setup(self):
        {made}

    def __call__(self, x):
        return self.block(x)
"""
FIELDS = "size: int\n    rate: float = 0.5"
DEEP = "return nn.Dense(self.size)(nn.Dense(self.size)(x))"
DROPS = "return nn.Dropout(self.rate)(nn.Dense(self.size)(x), deterministic=not train)"
MADE = "block = Deep if self.deep else Flat\n        self.block = block(5)"


def chosen(made: str = MADE, deep: str = DEEP, fields: str = FIELDS, build: str = "Net()") -> str:
    return program(CHOSEN.format(made=made, deep=deep, fields=fields), build, (2, 3))


@pytest.mark.parametrize("build", ["Net()", "Net(deep=False)"])
@pytest.mark.parametrize(
    "form",
    [
        pytest.param({}, id="one-more-layer"),
        pytest.param({"deep": DROPS}, id="one-that-draws"),
        pytest.param({"fields": "rate: float\n    size: int = 3"}, id="fields-in-another-order"),
    ],
)
def test_classes_that_setup_chooses(form: dict[str, str], build: str) -> None:
    outcome = compared(chosen(**form, build=build))
    assert_identical(outcome)
    assert "block = Deep if self.deep else Flat" in outcome.text
    assert "self.block = block(5, in_features=in_features, rngs=rngs)" in outcome.text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        pytest.param({"deep": "return x * 2"}, "need different arguments here", id="one-needs-no-size"),
        pytest.param({"made": f"{MADE}\n        self.kind = block"}, "used here as a value", id="kept"),
        pytest.param(
            {"made": f"{MADE}\n        self.flat = block is Flat"}, "used here as a value", id="compared"
        ),
    ],
)
def test_choices_that_stay(form: dict[str, str], words: str) -> None:
    assert any(words in finding for finding in findings(chosen(**form)))


def test_a_choice_with_results_of_two_sizes() -> None:
    deep = "return jnp.concatenate([x, nn.Dense(self.size)(x)], -1)"
    text = chosen(f"{MADE}\n        self.head = nn.Dense(2)", deep)
    text = text.replace("self.block(x)", "self.head(self.block(x))")
    outcome = compared(text)
    assert_identical(outcome)
    assert "self.head = nnx.Linear(self.block.out_features, 2, rngs=rngs)" in outcome.text


OPTIONAL = """
class Net(nn.Module):
    wide: bool = True

    def setup(self):
        {made}
        self.head = nn.Dense(2)

    def __call__(self, x):
        y = x
        if self.short is not None:
            y = self.short(x)
        return self.head(y)
"""
SHORT = "self.short = nn.Dense(4) if self.wide else None"


@pytest.mark.parametrize("build", ["Net()", "Net(False)"])
def test_a_layer_or_none(build: str) -> None:
    outcome = compared(program(OPTIONAL.format(made=SHORT), build, (2, 3)))
    assert_identical(outcome)
    assert "self.head = nnx.Linear((4 if self.wide else in_features), 2, rngs=rngs)" in outcome.text


@pytest.mark.parametrize(
    "made",
    [
        pytest.param("wide = self.wide\n        if wide:\n            wide = False\n        "
                     "self.short = nn.Dense(4) if wide else None", id="a-name-set-twice"),
        pytest.param(f"{SHORT}\n        if self.wide:\n            self.short = None", id="set-twice"),
    ],
)  # fmt: skip
def test_a_layer_or_something_unknown(made: str) -> None:
    assert findings(program(OPTIONAL.format(made=made), "Net()", (2, 3)))


COMPACT = """
class Net(nn.Module):
    sizes: Any = (6, 5, 4)

    @nn.compact
    def __call__(self, x):
        {lines}
        return nn.Dense(2)(x)
"""


def looped(bound: str, turns: str) -> str:
    lines = f"{bound}\n        {turns}".replace("LAYER", "x = nn.Dense(b)(x)")
    return program(COMPACT.format(lines=lines), "Net()", (2, 3))


LOOP = "for b in sizes:\n            LAYER"
NESTED = "for _ in range(2):\n            for b in sizes:\n                LAYER"


@pytest.mark.parametrize(
    ("bound", "turns"),
    [
        pytest.param("sizes = zip(self.sizes, self.sizes[1:])", LOOP.replace("b in", "_, b in"), id="zip"),
        pytest.param("sizes = enumerate(self.sizes)", LOOP.replace("b in", "i, b in"), id="enumerate"),
        pytest.param("sizes = reversed(self.sizes)", LOOP, id="reversed"),
    ],
)
def test_iterators_in_names(bound: str, turns: str) -> None:
    assert_identical(compared(looped(bound, turns)))


@pytest.mark.parametrize(
    ("bound", "turns"),
    [
        pytest.param("sizes = iter(self.sizes)\n        next(sizes)", LOOP, id="advanced"),
        pytest.param("sizes = reversed(self.sizes)", f"{LOOP}\n        {LOOP}", id="read-twice"),
        pytest.param("sizes = reversed(self.sizes)", NESTED, id="read-in-a-loop"),
    ],
)
def test_iterators_that_are_used_up(bound: str, turns: str) -> None:
    assert findings(looped(bound, turns))
