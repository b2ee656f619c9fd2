"""Fields that are given several module classes of the project: written, run, and compared with Linen."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import PATH, assert_identical, compared, findings, migrated, program

SHAPE = (4, 6)
BLOCKS = """
class Thin(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return nn.relu(nn.Dense(self.width)(x))


class Wide(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return nn.tanh(nn.Dense(self.width * 3)(x))


"""
NETS = """


Plain = partial(Net, block=Thin)
Broad = partial(Net, block=Wide)
"""


def net(body: str, method: str = "@nn.compact\n    def __call__(self, x):") -> str:
    """A module whose field holds one of two classes, and a partial call for each."""
    lines = "\n".join(f"        {line}" for line in body.split("\n"))
    return f"{BLOCKS}class Net(nn.Module):\n    block: Any\n    depth: int = 2\n\n    {method}\n{lines}{NETS}"


LOOP = """for i in range(self.depth):
    x = self.block(4 + i)(x)
return nn.Dense(2)(x)"""
LOOP_AFTER = """\
class Net(nnx.Module):
    def __init__(self, block: Any, depth: int = 2, *, in_features: int, rngs: nnx.Rngs):
        self.block = block
        self.depth = depth
        features = in_features
        for i in range(self.depth):
            layer = self.block(4 + i, in_features=features, rngs=rngs)
            setattr(self, f"{self.block.__name__}_{i}", layer)
            features = layer.out_features
        self.Dense_0 = nnx.Linear(features, 2, rngs=rngs)

    def __call__(self, x):
        for i in range(self.depth):
            x = getattr(self, f"{self.block.__name__}_{i}")(x)
        return self.Dense_0(x)
"""
NAMED_AFTER = """\
        self.stem = self.block(4, in_features=in_features, rngs=rngs)
        self.Dense_0 = nnx.Linear(self.stem.out_features, 2, rngs=rngs)
"""
SETUP = """self.body = self.block(4)
    self.head = nn.Dense(2)

def __call__(self, x):
    return self.head(self.body(x))"""
FORMS = [
    pytest.param(LOOP, [LOOP_AFTER], id="loop"),
    pytest.param("x = self.block(4, name='stem')(x)\nreturn nn.Dense(2)(x)", [NAMED_AFTER], id="named"),
    pytest.param("return nn.Dense(2)(self.block(5)(self.block(4)(nn.Dense(3)(x))))",
                 ["in_features=layer.out_features, rngs=rngs)", "nnx.Linear(layer_2.out_features, 2"],
                 id="inside-of-one-line"),
    pytest.param("if self.depth > 1:\n    x = self.block(4)(x)\nreturn nn.Dense(2)(x)",
                 ["(layer.out_features if self.depth > 1 else in_features)"], id="under-a-condition"),
    pytest.param("x = self.block(4)(x)\nreturn nn.Dense(x.shape[-1] * 2)(x)",
                 ["layer.out_features, layer.out_features * 2"], id="size-read"),
    pytest.param("x = self.block(4)(x)\nw = self.param('w', nn.initializers.ones, (x.shape[-1],))\n"
                 "return x * w", ["(layer.out_features,)"], id="parameter"),
    pytest.param("make = self.block\nreturn nn.Dense(2)(make(4)(x))", ["layer.out_features"],
                 id="local-name"),
    pytest.param("made = self.block(6)\nreturn nn.Dense(2)(made(nn.Dense(6)(x)))", ["layer.out_features"],
                 id="called-later"),
]  # fmt: skip


@pytest.mark.parametrize("build", ["Plain()", "Broad()"])
@pytest.mark.parametrize(("body", "texts"), FORMS)
def test_each_class_says_its_size(body: str, texts: list[str], build: str) -> None:
    outcome = compared(program(net(body), build, SHAPE))
    assert all(text in outcome.text for text in texts), outcome.text
    assert "self.out_features = self.width * 3\n" in outcome.text
    assert_identical(outcome)


def test_a_loop_without_turns_keeps_the_size_of_the_input() -> None:
    assert_identical(compared(program(net(LOOP), "Broad(depth=0)", SHAPE)))


@pytest.mark.parametrize("build", ["Plain()", "Broad()"])
def test_setup_reads_the_attribute(build: str) -> None:
    module = net(SETUP, "def setup(self):").replace("        def __call__", "    def __call__")
    module = module.replace("            ", "        ")
    outcome = compared(program(module, build, SHAPE))
    assert "self.head = nnx.Linear(self.body.out_features, 2, rngs=rngs)" in outcome.text
    assert_identical(outcome)


def test_nothing_is_said_that_nothing_reads() -> None:
    new = migrated(program(net("return self.block(4)(x)"), "Plain()", SHAPE))
    assert "out_features" not in new
    assert "layer = " not in new and "self.block(4, in_features=in_features, rngs=rngs)," in new


def test_classes_of_one_size_say_nothing() -> None:
    module = net("x = self.block(4)(x)\nreturn nn.Dense(2)(x)").replace("self.width * 3", "self.width")
    outcome = compared(program(module, "Broad()", SHAPE))
    assert "self.Dense_0 = nnx.Linear(4, 2, rngs=rngs)" in outcome.text
    assert_identical(outcome)


PREPARED = "\n".join(["x = self.block(4)(x)", "return nn.Dense(2)(x)"])
BUILDS = [
    pytest.param("Inner = partial(Broad, depth=3)\nnet = Inner()", ["Inner = partial(Broad, depth=3)"],
                 id="partial-of-partial"),
    pytest.param("net = Broad(block=Thin)", ["Broad(block=Thin, in_features=6"], id="given-anew"),
    pytest.param("Third = partial(Net, Wide)\nnet = Third(3)", ["Third(3, in_features=6"], id="by-position"),
]  # fmt: skip


@pytest.mark.parametrize(("build", "texts"), BUILDS)
def test_partial_calls_stay(build: str, texts: list[str]) -> None:
    text = program(net(PREPARED), "0", SHAPE).replace("net = 0", build)
    outcome = compared(text)
    assert all(each in outcome.text for each in texts), outcome.text
    assert_identical(outcome)


VALUE = "LNX010 a partial call of a module class is used here as a value"
UNTOLD = "LNX112 the size of this layer's input cannot be told from the code"
CHANGES = [
    pytest.param("net = 0", "ALL = {'plain': Plain}\nnet = ALL['plain']()", VALUE, id="in-a-dict"),
    pytest.param("net = 0", "def build(make):\n    return make()\n\n\nnet = build(Plain)", VALUE,
                 id="argument"),
    pytest.param("partial(Net, block=Wide)", "partial(Net, block=partial(Wide, width=3))", VALUE,
                 id="partial-call-in-a-field"),
    pytest.param("partial(Net, block=Wide)", "partial(Net, block=Wide, name='n')",
                 "LNX111 a partial call of a module class is given more than fields that can be told apart",
                 id="name"),
    pytest.param("partial(Net, block=Wide)", "partial(Net, block=nn.Dense)",
                 "LNX111 the field `block` of `Net` is given different layer classes: `Thin` and `Dense`",
                 id="layer-beside"),
    pytest.param("block=Thin)\nBroad = partial(Net, block=Wide)",
                 "block=nn.Dense)\nBroad = partial(Net, block=partial(nn.Dense, use_bias=False))",
                 "LNX111 the field `block` of `Net` is given `Dense` with different options", id="options"),
    pytest.param("    width: int\n\n    @nn.compact\n    def __call__(self, x):\n        return nn.tanh",
                 "    width: int\n    out_features: int = 5\n\n    @nn.compact\n    def __call__(self, x):\n"
                 "        return nn.tanh", UNTOLD, id="name-is-taken"),
    pytest.param("class Wide(nn.Module):\n    width: int\n", "class Wide(Thin):\n    width: int = 2\n",
                 UNTOLD, id="extends-another"),
    pytest.param("nn.tanh(nn.Dense(self.width * 3)(x))", "jnp.tanh(x)",
                 "LNX111 `Thin` and `Wide` need different arguments here: build each where it is chosen",
                 id="other-arguments"),
    pytest.param("x = self.block(4)(x)", "x = Thin(3)(self.block(4)(x))",
                 "LNX111 how many layers of `Thin` there are before this one depends on what is chosen",
                 id="class-besides"),
    pytest.param("x = self.block(4)(x)", "x = partial(self.block, width=4)()(x)",
                 "LNX111 a partial call of one of several classes is built in a module", id="partial-inside"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "reason"), CHANGES)
def test_near_forms_stay(old: str, new: str, reason: str) -> None:
    text = program(net(PREPARED), "0", SHAPE)
    assert old in text
    changed = text.replace(old, new, 1).replace("net = 0", "net = Plain()")
    result = migrate_sources({PATH: changed}, Options())
    assert reason in {f"{finding.code} {finding.message}" for finding in result.findings}
    assert "class Net(nn.Module)" in result.changed.get(PATH, changed)


def test_what_a_list_keeps_of_earlier_turns_has_no_size() -> None:
    body = """kept = []
for i in range(self.depth):
    x = self.block(4 + i)(x)
    kept.append(x)
    y = nn.Dense(3)(kept[0])
return y"""
    assert UNTOLD in findings(program(net(body), "Plain()", SHAPE))


def test_a_layer_in_front_of_the_one_that_tells_its_size_stays() -> None:
    body = SETUP.replace("self.head", "self.first", 1).replace("self.body =", "self.head =", 1)
    body = "self.head = nn.Dense(2)\n    self.body = self.block(4)" + SETUP[SETUP.index("\n\ndef") :]
    module = net(body, "def setup(self):").replace("        def __call__", "    def __call__")
    module = module.replace("            ", "        ")
    reason = "LNX112 `body`, which tells the size of this layer's input, is built behind it"
    assert reason in findings(program(module, "Plain()", SHAPE))


DEFAULT = """
class Net(nn.Module):
    norm: Any = nn.LayerNorm

    @nn.compact
    def __call__(self, x):
        return self.norm()(nn.Dense(4)(x))


def pick():
    return nn.RMSNorm if jax.device_count() > 3 else nn.LayerNorm
"""


def test_a_field_is_given_what_is_known() -> None:
    reason = "LNX111 it is not known which layer class the field `norm` is given here"
    assert reason in findings(program(DEFAULT, "Net(pick())", SHAPE))


COMPARED = [
    pytest.param("x = self.block(4)(x)\nif self.block is Thin:\n    x = nn.Dense(3)(x)\n"
                 "return nn.Dense(2)(x)", "if self.block is Thin:", id="is"),
    pytest.param("if self.block != Thin:\n    x = self.block(5)(x)\nelse:\n    x = nn.Dense(7)(x)\n"
                 "return nn.Dense(2)(x)", "if self.block != Thin:", id="not-equal"),
]  # fmt: skip


@pytest.mark.parametrize("build", ["Plain()", "Broad()"])
@pytest.mark.parametrize(("body", "test"), COMPARED)
def test_the_class_in_a_field_may_be_compared(body: str, test: str, build: str) -> None:
    outcome = compared(program(net(body), build, SHAPE))
    assert outcome.text.count(test) == 2
    assert_identical(outcome)


HANDED = """
class Block(nn.Module):
    norm: Any

    @nn.compact
    def __call__(self, x):
        return nn.relu(self.norm()(nn.Dense(4)(x)))


class Net(nn.Module):
    norm: Any = nn.LayerNorm

    @nn.compact
    def __call__(self, x):
        norm = partial(self.norm, epsilon=1e-3)
        x = norm(name="first")(x)
        return Block(norm=norm)(x)
"""


def test_a_partial_call_of_a_field_is_handed_on() -> None:
    outcome = compared(program(HANDED, "Net()", SHAPE))
    assert "self.first = self.norm(in_features, epsilon=1e-3, rngs=rngs)" in outcome.text
    assert "norm=partial(self.norm, epsilon=1e-3), in_features=in_features, rngs=rngs" in outcome.text
    assert_identical(outcome)
