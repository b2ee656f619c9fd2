"""Functions that build layers and are called from other files: run beside Linen, or left alone."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from benchmarks.modules.pairing import copy_into, linen_results, nnx_results, redrawn
from migrate.core import migrate_sources
from migrate.result import Importer, Options

OPS = '''\
import flax.linen as nn
from jax.nn import initializers


def default_init(scale=1.0):
    return initializers.variance_scaling(scale, "fan_avg", "uniform")


# Everything is a convolution.
def conv3x3(x, width, stride=1, scale=1.0):
    """3x3 convolution."""
    return nn.Conv(width, (3, 3), (stride, stride), kernel_init=default_init(scale))(x)


def block(x, width):
    x = nn.GroupNorm(num_groups=2)(x)
    return conv3x3(nn.relu(x), width)  # the last
'''
MODEL = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import ops

X = jnp.sin(jnp.arange(384.0)).reshape(2, 8, 8, 3)


class Res(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        h = ops.conv3x3(x, self.width)
        return x + ops.conv3x3(nn.relu(h), x.shape[-1], scale=0.5)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = ops.conv3x3(x, 4, stride=2)
        x = Res(8)(x)
        return ops.block(ops.block(x, 6), 4)


net = Net()
variables = net.init(jax.random.key(0), X)
"""
FROM = MODEL.replace("import ops", "from ops import block, conv3x3").replace("ops.", "")
NORMAL = OPS.replace("default_init(scale))(x)", "initializers.normal(scale))(x)")
EARLY = OPS.replace("    return conv3x3(nn", "    if width > 4:\n        return x\n    return conv3x3(nn")
PARTS, MAIN = (
    FROM[: FROM.index("class Net")],
    MODEL.replace(MODEL[MODEL.index("class Res") : MODEL.index("class Net")], ""),
)
SMALL = '''

class Small(nn.Module):
    """Calls its own file's function."""

    @nn.compact
    def __call__(self, x):
        return block(x, 4)
'''
HELPERS = """\
from flax import nnx
from jax.nn import initializers


def default_init(scale=1.0):
    return initializers.variance_scaling(scale, "fan_avg", "uniform")


# Everything is a convolution.
def conv3x3(x, conv):
    \"\"\"3x3 convolution.\"\"\"
    return conv(x)


def block(x, group_norm, conv):
    x = group_norm(x)
    return conv3x3(nnx.relu(x), conv)  # the last
"""


def run(sources: Mapping[str, str]) -> dict[str, Any]:
    """Import the files in their order; what the last one holds."""
    module = ModuleType("empty")
    for path, text in sources.items():
        name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        module = ModuleType(name)
        module.__package__ = name if path.endswith("__init__.py") else name.rpartition(".")[0]
        module.__path__ = []
        sys.modules[name] = module
        if "." in name:
            setattr(sys.modules[name.rpartition(".")[0]], name.rpartition(".")[2], module)
        exec(compile(text, path, "exec"), module.__dict__)
    for path in sources:
        sys.modules.pop(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."), None)
    return module.__dict__


def in_package(text: str) -> str:
    return text.replace("import ops", "from . import ops").replace("from ops", "from .ops")


FORMS = [
    pytest.param({"ops.py": OPS, "model.py": MODEL}, "kernel_init=ops.default_init(0.5)", id="module"),
    pytest.param(
        {"ops.py": OPS, "model.py": FROM}, "from ops import block, conv3x3, default_init\n", id="names"
    ),
    pytest.param(
        {"lab/__init__.py": "", "lab/ops.py": OPS, "lab/model.py": in_package(MODEL)},
        "x = ops.conv3x3(x, self.Conv_0)\n",
        id="package",
    ),
    pytest.param(
        {"lab/__init__.py": "", "lab/ops.py": OPS, "lab/model.py": in_package(FROM)},
        "from .ops import block, conv3x3, default_init\n",
        id="package-names",
    ),
    pytest.param(
        {"ops.py": OPS, "parts.py": PARTS, "model.py": f"import parts\n{MAIN}".replace("Res(", "parts.Res(")},
        "self.Res_0 = parts.Res(8, in_features=4, rngs=rngs)\n",
        id="two-files",
    ),
    pytest.param(
        {
            "ops.py": OPS + SMALL,
            "model.py": MODEL.replace("ops.block(x, 6)", "ops.block(ops.Small()(x), 6)"),
        },
        "ops.block(self.Small_0(x), self.GroupNorm_0, self.Conv_1)",
        id="own-class",
    ),
    pytest.param(
        {
            "ops.py": NORMAL,
            "model.py": MODEL,
        },
        "import ops\nfrom jax.nn import initializers\n",
        id="import-that-is-needed",
    ),
]


@pytest.mark.parametrize(("sources", "written"), FORMS)
def test_same_numbers(sources: dict[str, str], written: str) -> None:
    result = migrate_sources(sources)
    new = {**sources, **result.changed}
    ops, main = (
        next(text for path, text in new.items() if path.endswith(end)) for end in ("ops.py", "model.py")
    )
    assert written in main
    if "class" not in ops and "normal" not in ops:
        assert ops == HELPERS
    assert not migrate_sources(new).changed
    old_scope, new_scope = run(sources), run(new)
    variables = redrawn(old_scope["variables"])
    copy_into(variables, new_scope["net"])
    args = (old_scope["X"],)
    before = linen_results(old_scope["net"], variables, args, {})
    after = nnx_results(new_scope["net"], args, {}, variables["params"])
    assert len(before) == len(after)
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


BARE = OPS.replace("# Everything is a convolution.\n", "")
SHORT = """\
from flax import nnx
from jax.nn import initializers


def default_init(scale=1.0):
    return initializers.variance_scaling(scale, "fan_avg", "uniform")


def block(x, group_norm, conv):
    x = group_norm(x)
    return conv(nnx.relu(x))  # the last
"""


@pytest.mark.parametrize("model", [MODEL, FROM])
def test_functions_of_which_nothing_is_left_go(model: str) -> None:
    sources = {"ops.py": BARE, "model.py": model}
    new = {**sources, **migrate_sources(sources).changed}
    assert new["ops.py"] == SHORT
    assert "conv3x3" not in new["model.py"]
    assert "h = self.Conv_0(x)\n        return x + self.Conv_1(nnx.relu(h))\n" in new["model.py"]
    assert run(new)["net"](run(new)["X"]).shape == (2, 4, 4, 4)


@pytest.mark.parametrize(
    "more",
    [
        {"ops.py": BARE + '\n\n__all__ = ["block", "conv3x3"]\n'},
        {"other.py": "from ops import conv3x3\n"},
        {"model.py": MODEL.replace("import ops", "import ops\nfrom ops import conv3x3")},
    ],
)
def test_functions_that_are_named_elsewhere_do_not_go(more: dict[str, str]) -> None:
    sources = {"ops.py": BARE, "model.py": MODEL, **more}
    assert migrate_sources(sources).changed == {}


REFUSED = [
    pytest.param({"model.py": MODEL.replace("net =", "f = ops.block\n\nnet =")}, id="kept"),
    pytest.param({"model.py": MODEL + "\nops.conv3x3 = print\n"}, id="replaced"),
    pytest.param({"model.py": MODEL + "\nprint(getattr(ops, 'block'))\n"}, id="asked-for-by-name"),
    pytest.param({"model.py": MODEL + "\nprint(jax.vmap(ops.block))\n"}, id="handed-on"),
    pytest.param({"model.py": MODEL, "other.py": "from ops import *\n\nblock(1, 2)\n"}, id="all-names"),
    pytest.param({"model.py": MODEL, "lab/__init__.py": "from ops import block\n"}, id="exported"),
    pytest.param({"model.py": MODEL, "other.py": "from model import ops\n\nops.block(1, 2)\n"}, id="between"),
    pytest.param(
        {"model.py": MODEL, "other.py": "def f():\n    import ops\n\n    ops.block(1, 2)\n"}, id="late-import"
    ),
    pytest.param({"model.py": MODEL, "other.py": "import ops as o\n\no.block(1, 2)\n"}, id="outside"),
    pytest.param(
        {
            "model.py": FROM.replace("return block", "return ops.block").replace(
                "from ops", "import ops\nfrom ops"
            )
        },
        id="called-by-two-names",
    ),
    pytest.param(
        {
            "ops.py": NORMAL,
            "model.py": MODEL.replace("import ops", "import ops\nfrom math import pi as initializers"),
        },
        id="a-name-that-is-taken",
    ),
    pytest.param(
        {"ops.py": OPS.replace("def block", "@jax.jit\ndef block"), "model.py": MODEL}, id="decorated"
    ),
    pytest.param(
        {
            "ops.py": OPS.replace(
                "    return conv3x3(nn", "    if width > 4:\n        return x\n    return conv3x3(nn"
            ),
            "model.py": MODEL,
        },
        id="decided-by-an-argument",
    ),
]


@pytest.mark.parametrize("sources", REFUSED)
def test_what_stays(sources: dict[str, str]) -> None:
    result = migrate_sources({"ops.py": OPS, **sources})
    assert "ops.py" not in result.changed
    assert "model.py" not in result.changed
    assert any("LNX11" in finding.code and finding.path == "ops.py" for finding in result.findings)


def test_functions_that_unread_files_name_stay() -> None:
    sources = {"ops.py": OPS, "model.py": MODEL}
    for names, kept in ((("block",), True), ((), True), (("default_init",), False)):
        options = Options(imported_by={"ops.py": (Importer("away.py", 1, names),)})
        result = migrate_sources(sources, options)
        assert ("ops.py" in result.changed) is not kept


def test_findings_stand_where_the_author_wrote() -> None:
    result = migrate_sources({"ops.py": OPS, "model.py": MODEL})
    found = {
        (f.path, f.code): MODEL.splitlines()[f.line - 1] for f in result.findings if f.path == "model.py"
    }
    assert found["model.py", "LNX006"].startswith("variables = net.init")
    assert "ops.py" in result.shared


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_endings_stay(newline: str) -> None:
    sources = {"ops.py": OPS.replace("\n", newline), "model.py": MODEL.replace("\n", newline)}
    changed = migrate_sources(sources).changed
    assert changed["ops.py"] == HELPERS.replace("\n", newline)
    assert changed["model.py"].count("\n") == changed["model.py"].count(newline)
