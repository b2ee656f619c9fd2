"""Module classes that extend others of the project: run beside Linen, or left with a reason."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import assert_identical, compared, findings, program

FLAT = (4, 6)
BODY = """
class Body(nn.Module):
    width: int = 4
    slope: float = 1.0

    def squash(self, x):
        return nn.tanh(x * self.slope)

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.width)(self.squash(nn.Dense(self.width)(x)))


"""
ABSTRACT = """
class Body(nn.Module):
    width: int
    slope: float = 1.0

    def prepare(self, x):
        return nn.relu(x * self.slope).reshape((x.shape[0], -1))


"""
FORMS = [
    pytest.param(
        BODY
        + """
class Net(Body):
    slope: float = 0.5
    extra: int = 3

    @nn.compact
    def __call__(self, x):
        y = nn.Dense(self.extra)(nn.LayerNorm()(x))
        return nn.Dense(self.width)(self.squash(y)) + nn.Dense(self.width)(x)
""",
        "Net(3)",
        id="another-call",
    ),
    pytest.param(
        BODY
        + """
class Middle(Body):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.width, use_bias=False)(x)


class Below(Middle):
    def doubled(self, x):
        return self(x) * 2


class Plain(Body):
    def __call__(self, x):
        return self.squash(x)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Body(3)(x) + Middle(3)(x) + Below(3)(Plain()(x))
""",
        "Net()",
        id="another-call-in-a-line-of-classes",
    ),
    pytest.param(
        BODY
        + """
class Net(Body):
    def doubled(self, x):
        return self(x) * 2
""",
        "Net(3)",
        id="only-a-method-more",
    ),
    pytest.param(
        BODY
        + """
class Net(Body):
    slope: float = 0.5
    bound: float = 2.0
    LIMIT = 3

    def bounded(self, x):
        return jnp.clip(self(x), -self.bound, self.bound) * self.LIMIT
""",
        "Net(3)",
        id="another-default-and-another-field",
    ),
    pytest.param(
        BODY
        + """
class Middle(Body):
    bound: float = 2.0


class Net(Middle):
    width: int = 5
    depth: int = 1
""",
        "Net(bound=1.0)",
        id="two-levels",
    ),
    pytest.param(
        ABSTRACT
        + """
class Net(Body):
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        x = self.prepare(x)
        for _ in range(self.depth):
            x = nn.Dense(self.width)(x)
        return x * self.slope
""",
        "Net(3, 0.5)",
        id="layers-only-below",
    ),
    pytest.param(
        ABSTRACT
        + """
class Net(Body):
    def setup(self):
        self.first = nn.Dense(self.width)
        self.second = nn.Dense(self.width)

    def __call__(self, x):
        return self.second(self.first(self.prepare(x)))
""",
        "Net(3)",
        id="setup-below",
    ),
    pytest.param(
        """
class Body(nn.Module):
    def encode(self, x):
        raise NotImplementedError

    def __call__(self, x):
        raise NotImplementedError


class Net(Body):
    width: int = 3

    def encode(self, x):
        return x * self.width

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.width)(self.encode(x))
""",
        "Net()",
        id="an-interface",
    ),
    pytest.param(
        ABSTRACT
        + """
class Block(Body):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.width)(self.prepare(x))


class Wide(Block):
    slope: float = 2.0


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(Wide(7)(Block(5)(x)))
""",
        "Net()",
        id="as-layers",
    ),
]


@pytest.mark.parametrize(("module", "build"), FORMS)
def test_inherits(module: str, build: str) -> None:
    assert_identical(compared(program(module, build, FLAT)))


REFUSED = [
    pytest.param(
        """
class Body(nn.Module):
    width: int

    def setup(self):
        self.first = nn.Dense(self.width)

    def __call__(self, x):
        return self.first(x)


class Net(Body):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)
""",
        "replaces the layers",
        id="another-call-over-a-setup",
    ),
    pytest.param(
        BODY.replace("width: int = 4", "width: int = field(default=4)").replace(
            "class Body", "from dataclasses import field\n\n\nclass Body"
        )
        + "class Net(Body):\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(2)(x)",
        "inherited from a class whose layers are replaced",
        id="another-call-and-declared-fields",
    ),
    pytest.param(
        BODY + "class Net(Body):\n    def squash(self, x):\n        return x[:, :2]",
        "replaces `squash`, which the class that it extends uses",
        id="a-method-behind-the-call",
    ),
    pytest.param(
        BODY + "class Net(Body):\n    def other(self, x):\n        return super().squash(x)",
        "calls `super()`",
        id="super",
    ),
    pytest.param(
        BODY + "class Net(Body):\n    slope = 2.0\n",
        "is a constant here and a field in the class that it extends",
        id="a-constant-over-a-field",
    ),
    pytest.param(
        BODY + "class Net(Body):\n    slope: float\n",
        "annotated again without its default",
        id="a-default-that-stays",
    ),
    pytest.param(
        BODY + "class Net(Body):\n    def setup(self):\n        self.more = nn.Dense(2)\n",
        "LNX117",
        id="setup-for-an-inherited-call",
    ),
    pytest.param(
        ABSTRACT.replace("def prepare", "def setup(self):\n        self.size = 2\n\n    def prepare")
        + "class Net(Body):\n    def setup(self):\n        self.first = nn.Dense(2)\n\n"
        "    def __call__(self, x):\n        return self.first(x)",
        "LNX11",
        id="two-setups",
    ),
    pytest.param(
        BODY.replace("nn.Dense(self.width)(x)))", "nn.Dropout(0.5)(nn.Dense(3)(x), deterministic=False)))")
        + "class Net(Body):\n    def other(self, x):\n        return self(x)",
        "draws random numbers",
        id="random-numbers",
    ),
    pytest.param(
        BODY.replace("slope: float = 1.0", "layer: Any = nn.Dense").replace(" * self.slope", "")
        + "class Net(Body):\n    layer: Any = nn.LayerNorm",
        "LNX117",
        id="a-layer-class-in-a-field",
    ),
]


@pytest.mark.parametrize(("module", "reason"), REFUSED)
def test_refused(module: str, reason: str) -> None:
    found = findings(program(module, "Net(3)", FLAT, given=""))
    assert any(reason in text for text in found), found


def test_across_files() -> None:
    base = "from flax import linen as nn\n" + BODY
    child = dedent("""\
        import jax
        import jax.numpy as jnp

        from base import Body


        class Net(Body):
            bound: float = 2.0


        x = jnp.ones((2, 3))
        net = Net(4)
        y = net.apply(net.init(jax.random.key(0), x), x)
        """)
    result = migrate_sources({"base.py": base, "net.py": child}, Options())
    assert "class Body(nnx.Module)" in result.changed["base.py"]
    new = result.changed["net.py"]
    assert "super().__init__(width, slope, in_features=in_features, rngs=rngs)" in new
    assert "self.width" not in new


def test_samples_of_two_forms() -> None:
    """The layers of one `__call__` cannot be built for inputs with two and with three axes."""
    module = """
class Body(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Dense(4)(x)
        return nn.Dense(3)(x.reshape((x.shape[0], -1)))


class Net(Body):
    pass


other = Body().init(jax.random.key(0), jnp.ones((2, 5)))
"""
    found = findings(program(module, "Net()", (2, 4, 3)))
    assert any("and another number elsewhere" in text for text in found), found


def test_callers_are_told() -> None:
    """A class that keeps the `__init__` of its base needs the same arguments."""
    text = program(BODY + "class Wide(Body):\n    pass\n\n\nclass Net(Body):\n    pass\n", "Net(3)", FLAT)
    result = migrate_sources({"model.py": text}, Options())
    told = [finding.message for finding in result.findings if finding.code == "LNX116"]
    assert len(told) == 1 and told[0].startswith("`Wide` is built outside of these files")
    assert "`in_features` (the last axis of `x`) and `rngs`" in told[0]


EXTENDED = """
class Table(nn.Embed):
    def __call__(self, x):
        return super().__call__(x.astype(int) + 1)

class Shifted(Table):
    pass

class Net(nn.Module):
    {field}

    @nn.compact
    def __call__(self, x):
        return {table}(9, 5)(x)
"""


@pytest.mark.parametrize(
    ("field", "table"),
    [
        pytest.param("size: int = 9", "Table", id="built"),
        pytest.param("size: int = 9", "Shifted", id="extended-twice"),
        pytest.param("table: Any = Table", "self.table", id="in-a-field"),
    ],
)
def test_classes_that_extend_a_layer_keep_what_holds_them(field: str, table: str) -> None:
    found = findings(program(EXTENDED.format(field=field, table=table), "Net()", (4, 6)))
    assert any("extends `nn.Embed`" in finding for finding in found)


VALUE = """
class Value(nn.Module):
    width: int
    last: int = 2

    def setup(self):
        self.hidden = nn.Dense(self.width)
        self.out = nn.Dense(self.last)

    def __call__(self, x, y=None):
        h = nn.relu(self.hidden(x))
        return self.out(h) * (1.0 if y is None else y)


"""
COMPACT = """
class Value(nn.Module):
    width: int
    last: int = 2

    @nn.compact
    def __call__(self, x, y=None):
        h = nn.relu(nn.Dense(self.width)(x))
        return nn.Dense(self.last)(h) * (1.0 if y is None else y)


"""
SCALED = """
class Net(Value):
    scale: float = 2.0

    def __call__(self, x, y=None):
        z = jnp.tanh(x[:, :1])
        y = super().__call__(x, z)
        return self.scale * y
"""
PLAIN = """
class Doubled(Value):
    def __call__(self, x, y=None):
        return 2.0 * super().__call__(x=x)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.relu(Doubled(3)(x)) + Value(4)(x)
"""
HANDING_UP = [
    pytest.param(VALUE + SCALED, "Net(5)", id="setup"),
    pytest.param(COMPACT + SCALED, "Net(5)", id="compact"),
    pytest.param(VALUE + PLAIN, "Net()", id="without-fields"),
    pytest.param(COMPACT + PLAIN, "Net()", id="compact-without-fields"),
]


@pytest.mark.parametrize(("text", "build"), HANDING_UP)
def test_a_call_of_the_class_above(text: str, build: str) -> None:
    done = compared(program(text, build, FLAT))
    assert_identical(done)
    assert "super().__call__(x" in done.text


NOT_HANDED = [
    pytest.param("y = super().__call__(x, z)", "y = super().__call__(x[:, 1:], z)", id="another-size"),
    pytest.param("z = jnp", "x = x[:, 1:]\n        z = jnp", id="another-input"),
    pytest.param("y = super().__call__(x, z)", "y = super().__call__(*[x, z])", id="spread"),
    pytest.param("y = super().__call__(x, z)", "y = super(Net, self).__call__(x, z)", id="with-arguments"),
    pytest.param("y = super()", "for _ in range(2):\n            y = super()", id="in-a-loop"),
    pytest.param("y = super()", "if y is None:\n            y = super()", id="under-a-condition"),
    pytest.param("y = super()", "if y is not None:\n            return y\n        y = super()",
                 id="behind-a-return"),
    pytest.param("y = super().__call__(x, z)", "y = [super().__call__(x, z) for _ in range(2)][0]",
                 id="repeated"),
    pytest.param("return self.scale", "y = super().__call__(x)\n        return self.scale", id="twice"),
    pytest.param("return self.scale * y", "return nn.Dense(2)(y)", id="layers-of-its-own"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), NOT_HANDED)
def test_other_calls_of_the_class_above_stay(before: str, after: str) -> None:
    assert before in SCALED
    net = SCALED.replace(before, after)
    net = net.replace("    def __call__", "    @nn.compact\n    def __call__") if "nn.Dense" in net else net
    found = findings(program(VALUE + net, "Net(5)", FLAT))
    assert any("LNX11" in each for each in found), found
