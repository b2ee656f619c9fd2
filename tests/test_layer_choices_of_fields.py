"""Fields that are given several classes of layers: written, run, and compared with Linen bit by bit."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import PATH, assert_identical, compared, migrated, program

SHAPE = (2, 3, 4)
MODULES = """
class Block(nn.Module):
    width: int
    norm: Any = nn.LayerNorm

    @nn.compact
    def __call__(self, x):
        y = nn.Dense(self.width)(self.norm()(x))
        return nn.relu(self.norm()(y))


class Net(nn.Module):
    norm: Any
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        for _ in range(self.depth):
            x = Block(5, norm=self.norm)(x)
        return nn.Dense(2)(self.norm(name="last")(x))


Plain = partial(Net, norm=nn.LayerNorm)
Scaled = partial(Net, norm=nn.RMSNorm)
"""
BLOCK = """\
class Block(nnx.Module):
    def __init__(
        self, width: int, norm: Any = nnx.LayerNorm, *, in_features: int, rngs: nnx.Rngs
    ):
        self.width = width
        self.norm = norm
        self.Dense_0 = nnx.Linear(in_features, self.width, rngs=rngs)
        setattr(self, f"{self.norm.__name__}_0", self.norm(in_features, rngs=rngs))
        setattr(self, f"{self.norm.__name__}_1", self.norm(self.width, rngs=rngs))

    def __call__(self, x):
        y = self.Dense_0(getattr(self, f"{self.norm.__name__}_0")(x))
        return nnx.relu(getattr(self, f"{self.norm.__name__}_1")(y))
"""


@pytest.mark.parametrize("build", ["Plain()", "Scaled()", "Scaled(depth=0)", "Net(nn.RMSNorm, 1)"])
def test_either_layer_is_built(build: str) -> None:
    done = compared(program(MODULES, build, SHAPE))
    assert_identical(done)
    assert BLOCK in done.text, done.text
    assert "Scaled = partial(Net, norm=nnx.RMSNorm)" in done.text


CHANGES = [
    pytest.param("self.norm()(x)", "self.norm(epsilon=1e-3)(x)",
                 "self.norm(in_features, epsilon=1e-3, rngs=rngs)",
                 id="options-at-the-construction"),
    pytest.param("self.norm()(x)", "self.norm(1e-3)(x)", "self.norm(in_features, epsilon=1e-3, rngs=rngs)",
                 id="by-position"),
    pytest.param("Scaled = partial(Net, norm=nn.RMSNorm)", "Scaled = partial(Net, norm=nn.InstanceNorm)",
                 "Scaled = partial(Net, norm=nnx.InstanceNorm)", id="another-pair"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), CHANGES)
def test_constructions(before: str, after: str, expected: str) -> None:
    assert before in MODULES
    text = program(MODULES.replace(before, after), "Scaled()", SHAPE)
    assert expected in migrated(text)
    assert_identical(compared(text))


CONVOLUTIONS = """
class Net(nn.Module):
    conv: Any

    @nn.compact
    def __call__(self, x):
        x = self.conv(4, (3,))(x)
        return nn.Dense(2)(x)


Down = partial(Net, conv=nn.Conv)
Up = partial(Net, conv=nn.ConvTranspose)
"""


@pytest.mark.parametrize("build", ["Down()", "Up()"])
def test_convolutions(build: str) -> None:
    assert_identical(compared(program(CONVOLUTIONS, build, SHAPE)))


DIFFERENT = "LNX111 the field `norm` of `Net` is given different layer classes: `LayerNorm` and "
REFUSED = [
    pytest.param("norm=nn.RMSNorm", "norm=nn.BatchNorm", f"{DIFFERENT}`BatchNorm`", id="called-otherwise"),
    pytest.param("norm=nn.RMSNorm", "norm=nn.Dense", f"{DIFFERENT}`Dense`", id="built-otherwise"),
    pytest.param("norm=nn.RMSNorm", "norm=nn.ConvLocal", f"{DIFFERENT}`ConvLocal`", id="of-no-counterpart"),
    pytest.param("norm=nn.RMSNorm", "norm=Block", f"{DIFFERENT}`Block`", id="a-module"),
    pytest.param("norm=nn.RMSNorm", "norm=partial(nn.RMSNorm, epsilon=1e-3)", f"{DIFFERENT}`RMSNorm`",
                 id="a-partial-call"),
    pytest.param("norm=nn.RMSNorm)", "norm=nn.RMSNorm)\nThird = partial(Net, norm=partial(nn.LayerNorm))",
                 "LNX111 the field `norm` is given several classes and a partial call", id="no-name"),
    pytest.param("self.norm()(x)", "self.norm(use_bias=False)(x)",
                 "LNX110 `use_bias` of this layer has no counterpart in NNX", id="not-of-both"),
    pytest.param("self.norm()(x)", "self.norm(1e-3, None, jnp.float32, True)(x)",
                 "LNX111 `LayerNorm` and `RMSNorm` need different arguments here: build each where it is "
                 "chosen", id="other-meanings-by-position"),
    pytest.param("self.norm()(x)", "nn.LayerNorm()(self.norm()(x))",
                 "LNX111 how many layers of `LayerNorm` there are before this one depends on what is chosen",
                 id="one-of-them-beside"),
    pytest.param("norm=self.norm)", "norm=partial(self.norm, epsilon=1e-3))",
                 "LNX111 it is not known which layer class the field `norm` is given here",
                 id="a-partial-call-of-it"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "reason"), REFUSED)
def test_what_is_not_alike_stays(before: str, after: str, reason: str) -> None:
    assert before in MODULES
    found = migrate_sources({PATH: program(MODULES.replace(before, after), "Plain()", SHAPE)}, Options())
    assert reason in [f"{finding.code} {finding.message}" for finding in found.findings]
