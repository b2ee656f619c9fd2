"""Classes of a library, which nothing in the sources builds."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.pipeline import run
from migrate.result import Importer, Options

NET = """\
import flax.linen as nn
import jax.numpy as jnp


class Net(nn.Module):
    width: int = 4

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.width)(x)
"""
TOLD = "callers must now pass"


def told(texts: dict[str, str]) -> list[str]:
    result = migrate_sources(texts, Options())
    return [finding.message for finding in result.findings if finding.code == "LNX116"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(
            "return nn.Dense(2)(x)", "pass `in_features` (the last axis of `x`) and `rngs`,", id="last"
        ),
        pytest.param("return jnp.tanh(x)", "pass `rngs`,", id="none"),
        pytest.param(
            "return nn.Dense(2)(x) + nn.Dense(2)(y)",
            "`x_features` (the last axis of `x`), `y_features` (the last axis of `y`) and `rngs`,",
            id="two",
        ),
        pytest.param(
            "return nn.Dense(2)(nn.Conv(4, (3, 3))(x).reshape(x.shape[0], -1))",
            "pass `in_shape` (the shape of `x` without its first axis) and `rngs`,",
            id="shape",
        ),
        pytest.param(
            "self.sow('intermediates', 'h', x)\n        return nn.Dense(2)(x)",
            "; every call stores `h`, which `nnx.pop(module, nnx.Intermediate)` takes out",
            id="sown",
        ),
        pytest.param(
            "return self.layer(2)(x)",
            "and `rngs`, NNX classes for `layer`, and call the module itself",
            id="a-class-in-a-field",
        ),
    ],
)
def test_what_callers_are_told(body: str, words: str) -> None:
    text = NET.replace("return nn.Dense(self.width)(x)", body).replace("self, x)", "self, x, y)")
    text = text.replace("width: int = 4", "width: int = 4\n    layer: type = nn.Dense")
    (message,) = told({"net.py": text})
    assert words in message


def test_only_the_outermost_class_is_told_of() -> None:
    outer = "class Outer(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return Net()(x)\n"
    (message,) = told({"net.py": f"{NET}\n\n{outer}"})
    assert message.startswith("`Outer` is built outside")


def test_a_class_that_is_built_is_not_told_of() -> None:
    use = "def f(x):\n    net = Net()\n    return net.apply(net.init(jax.random.key(0), x), x)\n"
    text = f"{NET}\n\nimport jax\n\n\n{use}"
    assert told({"net.py": text}) == []
    assert migrate_sources({"net.py": text}, Options()).changed


USES = [
    pytest.param("REGISTRY = {'net': Net}", "LNX010", id="a-registry"),
    pytest.param("class Trainer:\n    module_class = Net", "LNX010", id="a-class-attribute"),
    pytest.param("def export():\n    return Net", "LNX010", id="a-result"),
    pytest.param("def is_net(x):\n    return isinstance(x, Net)", "LNX010", id="a-type-test"),
    pytest.param("def make(name):\n    return globals()[name]()", "LNX114", id="globals"),
    pytest.param(
        "def start(model, key, x):\n    return model.init(key, x)", "LNX114", id="any-model-is-initialised"
    ),
    pytest.param(
        "def f(model, params, x):\n    return model.apply({'params': params}, x)",
        "LNX114",
        id="any-model-is-applied",
    ),
]


@pytest.mark.parametrize(("use", "code"), USES)
def test_a_use_that_cannot_be_followed(use: str, code: str) -> None:
    result = migrate_sources({"net.py": f"{NET}\n\n{use}\n"}, Options())
    assert result.changed == {}
    assert code in {finding.code for finding in result.findings}


@pytest.mark.parametrize(
    "use",
    [
        pytest.param("import models\n\n\ndef make(name):\n    return getattr(models, name)()", id="import"),
        pytest.param("from pkg import models\n\nTABLE = [models]", id="from-package"),
    ],
)
def test_a_module_that_is_a_value(use: str) -> None:
    path = "pkg/models.py" if "pkg" in use else "models.py"
    result = migrate_sources({path: NET, "main.py": f"{use}\n"}, Options())
    assert result.changed == {}
    assert "LNX114" in {finding.code for finding in result.findings}


def test_a_decorated_class_stays() -> None:
    text = "from own import register\n" + NET.replace("class Net", "@register\nclass Net")
    assert migrate_sources({"net.py": text}, Options()).changed == {}


def test_files_that_are_not_named_are_not_broken() -> None:
    importers = {"net.py": (Importer("other.py", 3, ("Net",)),)}
    result = run({"net.py": NET}, Options(imported_by=importers))
    assert [finding.code for finding in result.findings] == ["LNX016"]
    assert result.changed == {}


@pytest.mark.parametrize(
    ("field", "body"),
    [
        pytest.param("inner: 'nn.Module'", "self.inner(x)", id="a-module-in-quotes"),
        pytest.param("inner: object", "self.inner(x)", id="anything-that-is-called"),
        pytest.param("inner: dict[str, nn.Module]", "x", id="modules-by-name"),
    ],
)
def test_modules_that_are_not_known_as_such(field: str, body: str) -> None:
    text = NET.replace("width: int = 4", field).replace("nn.Dense(self.width)(x)", f"nn.Dense(4)({body})")
    result = migrate_sources({"net.py": text}, Options())
    assert result.changed == {}
    assert {finding.code for finding in result.findings} == {"LNX111"}


def test_functions_that_callers_give() -> None:
    text = NET.replace("width: int = 4", "act: 'Callable'").replace("(self.width)(x)", "(4)(self.act(x))")
    assert migrate_sources({"net.py": text}, Options()).changed


def test_a_class_with_nothing_in_it_takes_rngs() -> None:
    text = (
        "import flax.linen as nn\n\n\nclass Same(nn.Module):\n    def __call__(self, x):\n        return x\n"
    )
    new = migrate_sources({"net.py": text}, Options()).changed["net.py"]
    assert "def __init__(self, *, rngs: nnx.Rngs):\n        pass\n" in new


def test_a_class_that_is_built_by_one_that_stays() -> None:
    """`Block` is built and never called in a way that can be followed, and builds `Net`."""
    block = "class Block(nn.Module):\n    def setup(self):\n        self.net = Net()\n"
    outer = (
        "class Outer(nn.Module):\n    def setup(self):\n        parts = []\n        for _ in range(2):\n"
        "            parts.append(Block())\n        self.parts = hidden(parts)\n"
    )
    text = f"from own import hidden\n{NET}\n\n{block}\n\n{outer}"
    assert migrate_sources({"net.py": text}, Options()).changed == {}


def test_a_mention_in_code_that_is_not_reached() -> None:
    text = f"{NET}\n\ndef f(x):\n    return x\n    return Net()(x)\n"
    result = migrate_sources({"net.py": text}, Options())
    assert result.changed == {}
    assert {finding.code for finding in result.findings} == {"LNX114"}


@pytest.mark.parametrize(("use", "code"), USES[4:])
def test_one_use_that_may_be_of_several_classes(use: str, code: str) -> None:
    """Each of them stays: which one is handed over there cannot be seen."""
    text = NET + "\n\n" + NET[NET.index("class") :].replace("Net", "Other")
    result = migrate_sources({"net.py": f"{text}\n\n{use}\n"}, Options())
    assert result.changed == {}
    assert {finding.code for finding in result.findings} == {code}


PACKAGE = {"pkg/types.py": "from flax import linen as nn\n\nActivation = type(nn.relu)\n"}
TRAINER = """\
from pkg.types import Activation


def start(model, key, inputs):
    return model.init(key, GIVEN)
"""


@pytest.mark.parametrize("given", ["inputs, 1", "**inputs"])
def test_a_package_that_takes_any_model(given: str) -> None:
    """Users of the package hand its classes to its trainer: they stay what that takes."""
    net = f"from pkg.types import Activation\n\n{NET}"
    sources = PACKAGE | {"pkg/net.py": net, "pkg/trainer.py": TRAINER.replace("GIVEN", given)}
    result = migrate_sources(sources, Options())
    assert "pkg/net.py" not in result.changed
    assert ("pkg/trainer.py", "LNX114") in {(f.path, f.code) for f in result.findings}
    assert "pkg/net.py" in migrate_sources(PACKAGE | {"pkg/net.py": net}, Options()).changed


def test_a_module_that_callers_give() -> None:
    text = NET.replace("width: int = 4", "inner: nn.Module").replace(
        "nn.Dense(self.width)(x)", "nn.Dense(4)(self.inner(x))"
    )
    new = migrate_sources({"net.py": text}, Options()).changed["net.py"]
    assert "inner: nnx.Module, *, dense_0_in_features: int, rngs: nnx.Rngs" in new
    assert "self.Dense_0(self.inner(x))" in new
    assert any("NNX modules for `inner`" in message for message in told({"net.py": text}))


OWN_MODULE = """

class Wrapper(Base):
    module_class = None

    def __init__(self, config, {how}):
        super().__init__(config, {made})

    def start(self, key, x):
        return self.module.init({{"params": key}}, x)
"""


@pytest.mark.parametrize(
    ("made", "stays"),
    [
        pytest.param("self.module_class(config)", False, id="of-its-own-class"),
        pytest.param("module", True, id="any-module"),
    ],
)
def test_an_object_that_makes_its_own_module(made: str, stays: bool) -> None:
    """A class of modules is not handed to an object that builds the class in an attribute of its own."""
    user = OWN_MODULE.format(how="module=None", made=made)
    text = NET.replace("import flax", "from base import Base\nimport flax") + user
    result = migrate_sources({"model.py": text}, Options())
    assert ("model.py" not in result.changed) == stays
