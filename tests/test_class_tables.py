"""Layer classes that come out of tables, choices and functions of the project."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import assert_identical, compared, findings, program

NET = """
NORMS = {{"layer": nn.LayerNorm, "rms": nn.RMSNorm}}


def get_norm(name):
    if name == "layer":
        return nn.LayerNorm
    if name == "rms":
        return nn.RMSNorm
    raise ValueError(name)


class Net(nn.Module):
    kind: str = "layer"
    deep: bool = False

    @nn.compact
    def __call__(self, x, train: bool = False):
        {body}
"""
BLOCKS = """class Plain(nn.Module):
    size: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.size)(x)


class Gated(nn.Module):
    size: int

    @nn.compact
    def __call__(self, x):
        return nn.sigmoid(nn.Dense(self.size)(x)) * nn.Dense(self.size)(x)


BLOCKS = {"plain": Plain, "gated": Gated}


def get_norm"""
LOCAL = """\
norm = {"layer": nn.LayerNorm, "rms": nn.RMSNorm}[self.kind]
        x = nn.Dense(3)(norm()(x))
        return norm(epsilon=1e-3)(x)"""
TABLE = """\
if self.kind not in NORMS:
            raise ValueError(self.kind)
        norm = NORMS[self.kind]
        return norm()(nn.Dense(3)(norm()(x)))"""
LOOP = """\
for _ in range(2):
            x = nn.relu(nn.Dense(4)(NORMS[self.kind]()(x)))
        return NORMS[self.kind](use_scale=False)(x)"""
NAMED = """\
norm = NORMS[self.kind]
        x = nn.Dense(4)(norm(name="before")(x))
        return nn.LayerNorm()(x)"""
CONDITION = """\
norm = get_norm(self.kind)
        if self.deep:
            x = nn.Dense(5)(norm()(x))
        return norm()(x)"""


def of(body: str, build: str = "Net()", before: str = "", after: str = "") -> str:
    text = NET.format(body=body)
    if before:
        assert before in text
        text = text.replace(before, after)
    return program(text, build, (2, 4))


FORMS = [
    pytest.param(LOCAL, ['norm = {"layer": nnx.LayerNorm, "rms": nnx.RMSNorm}[self.kind]',
                         'setattr(self, f"{norm.__name__}_1", norm(3, epsilon=1e-3, rngs=rngs))',
                         'return getattr(self, f"{norm.__name__}_1")(x)'], id="on-the-spot"),
    pytest.param(TABLE, ['NORMS = {"layer": nnx.LayerNorm, "rms": nnx.RMSNorm}',
                         "        norm = NORMS[self.kind]\n        setattr(self, "], id="a-table"),
    pytest.param(LOOP, ['f"{NORMS[self.kind].__name__}_{i}"', 'f"{NORMS[self.kind].__name__}_2"'],
                 id="in-a-loop"),
    pytest.param(NAMED, ["self.before = norm(in_features, rngs=rngs)",
                         "):\n        x = self.Dense_0(self.before(x))"], id="a-name"),
    pytest.param(CONDITION, ["        return nnx.LayerNorm\n",
                             '            setattr(self, f"{norm.__name__}_0", norm('], id="a-function"),
    pytest.param("return (nn.RMSNorm if self.deep else nn.LayerNorm)(name='norm')(x)",
                 ["nnx.RMSNorm if self.deep else nnx.LayerNorm"],
                 id="an-expression"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "written"), FORMS)
def test_same_numbers(body: str, written: list[str]) -> None:
    outcome = compared(of(body, "Net('rms', True)"))
    assert_identical(outcome)
    assert [part for part in written if part not in outcome.text] == []
    assert "nn." not in outcome.text.split("class Net")[1]


def test_the_other_class() -> None:
    assert_identical(compared(of(CONDITION)))


@pytest.mark.parametrize("kind", ["plain", "gated"])
def test_modules_of_the_project(kind: str) -> None:
    body = "block = BLOCKS[self.kind]\n        return block(5)(block(3)(x))"
    outcome = compared(of(body, f"Net({kind!r})", "def get_norm", BLOCKS))
    assert_identical(outcome)
    assert "block(5, in_features=3, rngs=rngs)" in outcome.text


@pytest.mark.parametrize("build", ["Net()", "Net('rms')"])
def test_in_setup(build: str) -> None:
    text = """
    NORMS = {"layer": nn.LayerNorm, "rms": nn.RMSNorm}


    class Net(nn.Module):
        kind: str = "layer"

        def setup(self):
            self.norm = NORMS[self.kind](epsilon=1e-3)
            self.dense = nn.Dense(3)

        def __call__(self, x):
            return self.dense(self.norm(x))
    """
    outcome = compared(program(text, build, (2, 4)))
    assert_identical(outcome)
    assert "self.norm = NORMS[self.kind](in_features, epsilon=1e-3, rngs=rngs)" in outcome.text


USE = "norm = NORMS[self.kind]\n        "
REFUSED = [
    pytest.param(
        of(USE + "return nn.LayerNorm()(norm()(x))"), "before this one depends", id="numbers-of-one"
    ),
    pytest.param(
        of(USE + "other = NORMS['rms' if self.deep else 'layer']\n        return other()(norm()(x))"),
        "before this one depends",
        id="two-choices",
    ),
    pytest.param(
        of(USE + "return norm()(x)", before="def get_norm", after="print(NORMS)\n\n\ndef get_norm"),
        "read elsewhere",
        id="a-table-that-is-read",
    ),
    pytest.param(
        of(
            USE + "return norm()(x)",
            before="def get_norm",
            after="NORMS['more'] = nn.GroupNorm\n\n\ndef get_norm",
        ),
        "read elsewhere",
        id="that-grows",
    ),
    pytest.param(
        of(
            "return get_norm(self.kind)()(x)",
            before="class Net",
            after="print(get_norm('rms'))\n\n\nclass Net",
        ),
        "read elsewhere",
        id="a-function-that-is-called",
    ),
    pytest.param(
        of(USE + "return norm()(x)", before="nn.RMSNorm}\n", after='nn.RMSNorm, "no": None}\n'),
        "may build layers",
        id="none",
    ),
    pytest.param(
        of(USE + "return norm()(x)", before="nn.RMSNorm}\n", after='nn.RMSNorm, "no": jnp.sin}\n'),
        "may build layers",
        id="a-function-of-jax",
    ),
    pytest.param(
        of(
            USE + "return norm()(x)",
            before='"rms": nn.RMSNorm}\n',
            after='"rms": partial(nn.RMSNorm, epsilon=1e-3)}\n',
        ),
        "LNX111",
        id="a-partial-call",
    ),
    pytest.param(
        of(USE + "return norm(3)(x)", before='"rms": nn.RMSNorm}\n', after='"rms": nn.Conv}\n'),
        "",
        id="other-arguments",
    ),
    pytest.param(
        of(
            USE + "return norm(3)(x)",
            before='nn.LayerNorm, "rms": nn.RMSNorm}\n',
            after='nn.Dense, "rms": nn.DenseGeneral}\n',
        ),
        "",
        id="other-names",
    ),
    pytest.param(
        of(
            USE + "return norm(3, name='a')(x)",
            before='nn.LayerNorm, "rms": nn.RMSNorm}\n',
            after='nn.Dense, "rms": nn.Embed}\n',
        ),
        "",
        id="other-layers",
    ),
    pytest.param(of("norm = NORMS['rms']\n        return norm()(x)"), "", id="a-constant"),
    pytest.param(
        of("norm = NORMS['rms' if train else 'layer']\n        return norm()(x)"),
        "only at the call",
        id="by-the-call",
    ),
    pytest.param(
        of("norm = nn.RMSNorm if train else nn.LayerNorm\n        return norm()(x)"),
        "only at the call",
        id="a-condition-of-the-call",
    ),
    pytest.param(of(USE + "return print(norm) or norm()(x)"), "LNX111", id="a-value"),
    pytest.param(
        of(USE + "return norm()(x)", before='"rms": nn.RMSNorm}\n', after='"rms": nn.BatchNorm}\n'),
        "LNX11",
        id="statistics",
    ),
    pytest.param(
        of("norm = {'layer': nn.LayerNorm, **NORMS}[self.kind]\n        return norm()(x)"),
        "LNX11",
        id="a-spread-dict",
    ),
    pytest.param(
        of("return {'a': nn.LayerNorm, 'b': nn.RMSNorm}[self.kind]()(x)"),
        "line of its own",
        id="on-the-spot-without-a-name",
    ),
    pytest.param(
        of(
            "block = BLOCKS[self.kind]\n        return Gated(3)(block(4)(x))",
            "Net('gated')",
            "def get_norm",
            BLOCKS,
        ),
        "before this one depends",
        id="numbers-of-a-module",
    ),
]


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_stays(text: str, words: str) -> None:
    found = findings(text)
    assert any(words in each for each in found), found


def test_a_table_of_another_file() -> None:
    sources = {
        "norms.py": 'import flax.linen as nn\n\nNORMS = {"a": nn.LayerNorm, "b": nn.RMSNorm}\n',
        "net.py": of(USE + "return norm()(x)", before='NORMS = {"layer": nn.LayerNorm, "rms": nn.RMSNorm}',
                     after="from norms import NORMS"),
    }  # fmt: skip
    assert migrate_sources(sources, Options()).changed == {}
