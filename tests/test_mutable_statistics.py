"""Norms that ask `self.is_mutable_collection("batch_stats")`: a view of the model sets their flag."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import Any

import numpy as np
import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import assert_identical, compared, program

ASKED = 'self.is_mutable_collection("batch_stats")'
NORM = "nn.BatchNorm(use_running_average=not ASKED)(x)"
HEAD = """\
from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp


"""
USE = """


def run(x):
    model = Net()
    variables = model.init(jax.random.key(0), x)
    y = model.apply(variables, x)
    z, updates = model.apply(variables, x, mutable=["batch_stats"])
    return y, z, updates
"""
BLOCK = """\
class Block(nn.Module):
    norm: Any

    @nn.compact
    def __call__(self, x):
        return self.norm()(nn.Dense(5)(x))


"""
SUBMODULE = """\
class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.BatchNorm(use_running_average=not self.is_mutable_collection("batch_stats"))(x)
        return nn.relu(x)


"""


def compact(body: str, fields: str = "") -> str:
    """A module around the lines of its `__call__`."""
    lines = indent(dedent(body).strip().replace("ASKED", ASKED), 8 * " ")
    return f"class Net(nn.Module):\n{fields}    @nn.compact\n    def __call__(self, x):\n{lines}\n"


def written(text: str) -> str:
    """The new text of a program, of which nothing stays."""
    result = migrate_sources({"model.py": text}, Options())
    assert "model.py" in result.changed, [f"{f.line} {f.code} {f.message}" for f in result.findings]
    assert "linen" not in result.changed["model.py"]
    return result.changed["model.py"]


FORMS = [
    pytest.param(
        compact("""
        x = nn.BatchNorm(use_running_average=not ASKED, momentum=0.9)(x)
        return nn.Dense(4)(x)
        """),
        ["self.BatchNorm_0 = nnx.BatchNorm(in_features, momentum=0.9, rngs=rngs)", "x = self.BatchNorm_0(x)"],
        id="at-the-construction"),
    pytest.param(
        compact("""
        mutable = ASKED
        # Behind a norm.
        x = nn.BatchNorm(use_running_average=not mutable)(x)
        return nn.Dense(4)(nn.BatchNorm(use_running_average=not mutable)(x))
        """),
        ["def __call__(self, x):\n        # Behind a norm.\n        x = self.BatchNorm_0(x)\n        return"],
        id="a-name"),
    pytest.param(
        compact("""
        mutable = ASKED
        frozen = not mutable
        return nn.BatchNorm()(nn.Dense(4)(x), use_running_average=frozen)
        """),
        ["        return self.BatchNorm_0(self.Dense_0(x))"], id="at-the-call"),
    pytest.param(
        compact("""
        norm = partial(nn.BatchNorm, use_running_average=not ASKED)
        return norm(momentum=0.5)(norm(name="first")(x))
        """),
        ["self.first = nnx.BatchNorm(in_features, rngs=rngs)", "return self.BatchNorm_0(self.first(x))"],
        id="a-partial-call"),
    pytest.param(
        BLOCK + compact("""
        norm = partial(nn.BatchNorm, use_running_average=not ASKED, momentum=0.5)
        return norm()(Block(norm=norm)(x))
        """),
        ["Block(norm=partial(nnx.BatchNorm, momentum=0.5), in_features", "self.norm(5, rngs=rngs)"],
        id="handed-on"),
    pytest.param(
        BLOCK + compact("""
        norm = partial(nn.BatchNorm, use_running_average=not ASKED)
        return norm()(Block(norm)(x))
        """),
        ["Block(nnx.BatchNorm, in_features"], id="handed-on-alone"),
    pytest.param(
        f"""\
class Net(nn.Module):
    def setup(self):
        mutable = {ASKED}
        self.norm = nn.BatchNorm(use_running_average=not mutable)

    def __call__(self, x):
        return self.norm(x)
""",
        ["rngs: nnx.Rngs):\n        self.norm = nnx.BatchNorm(in_features, rngs=rngs)\n\n"], id="setup"),
    pytest.param(SUBMODULE + compact("return nn.Dense(4)(Block()(x))"), ["self.Block_0(x)"],
                 id="inside-of-another"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "parts"), FORMS)
def test_flags_of_norms_go(module: str, parts: list[str]) -> None:
    new = written(HEAD + module + USE)
    assert all(part in new for part in parts), new
    assert "is_mutable_collection" not in new
    only = "only=nnx.BatchNorm, " if "Block(nnx.BatchNorm," in new else ""
    assert f"    y = nnx.view(model, {only}use_running_average=True)(x)\n    z = model(x)\n" in new


@pytest.mark.parametrize(("module", "parts"), FORMS)
def test_training_gives_the_same_numbers(module: str, parts: list[str]) -> None:
    del parts
    assert_identical(compared(program(module, "Net()", (6, 3))))


ASKING = BLOCK.replace("self.norm()", f"self.norm(use_running_average=not {ASKED})")
HOLDERS = [
    pytest.param(BLOCK + compact("""
    norm = partial(nn.BatchNorm, use_running_average=not ASKED)
    return Block(norm)(x)
    """), id="in-its-place"),
    pytest.param(ASKING + compact("return Block(nn.BatchNorm)(x)"), id="given"),
    pytest.param(ASKING.replace("norm: Any", "norm: Any = nn.BatchNorm") + compact("return Block()(x)"),
                 id="by-default"),
]  # fmt: skip


@pytest.mark.parametrize("module", HOLDERS)
def test_classes_in_fields_are_not_taken_for_layers(module: str) -> None:
    scope: dict[str, Any] = {}
    exec(written(HEAD + module + USE), scope)
    y, z = scope["run"](np.ones((4, 3), np.float32))
    assert y.shape == z.shape


VIEWS = [
    pytest.param(f"if self.wide:\n    x = {NORM}\nreturn x",
                 "    wide: bool = True\n\n", id="under-a-condition"),
    pytest.param(f"for _ in range(self.depth):\n    x = {NORM}\nreturn x",
                 "    depth: int = 2\n\n", id="in-a-loop"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "fields"), VIEWS)
def test_norms_that_are_not_always_there(body: str, fields: str) -> None:
    new = written(HEAD + compact(body, fields) + USE)
    assert "y = nnx.view(model, raise_if_not_found=False, use_running_average=True)(x)" in new


PLAIN = compact("return nn.Dense(4)(nn.BatchNorm(use_running_average=not ASKED)(x))")
MORE = "LNX311 `self.is_mutable_collection` is more than the flag of a norm: make it an argument"
UNTOLD = "LNX310 whether the statistics may change in this call cannot be told"
REFUSED = [
    pytest.param(compact(f"x = {NORM}\nreturn nn.Dropout(0.5, deterministic=not ASKED)(x)"), MORE,
                 id="dropout"),
    pytest.param(compact(f"x = {NORM}\nif ASKED:\n    x = 2 * x\nreturn x"), MORE, id="a-condition"),
    pytest.param(compact(f"x = {NORM}\nreturn x * ASKED"), MORE, id="a-value"),
    pytest.param(compact("return nn.BatchNorm(use_running_average=ASKED)(x)"), MORE, id="the-opposite"),
    pytest.param(compact("return nn.BatchNorm(not ASKED)(x)"), MORE, id="by-position"),
    pytest.param(compact("m: bool = ASKED\nreturn nn.BatchNorm(use_running_average=not m)(x)"), MORE,
                 id="annotated"),
    pytest.param(compact("""
    m = ASKED
    x = nn.BatchNorm(use_running_average=not m)(x)
    m = False
    return nn.BatchNorm(use_running_average=not m)(x)
    """), MORE, id="a-name-of-two-values"),
    pytest.param(SUBMODULE + compact("return nn.remat(Block)()(x)"),
                 "LNX311 a module under a transform asks what `apply` may change", id="under-a-transform"),
    pytest.param(PLAIN.replace('"batch_stats"', '"cache"'),
                 "LNX311 `self.is_mutable_collection` of a Linen module has no rewriting: no NNX module is "
                 "told what `apply` may change: make it an argument", id="another-collection"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "reason"), REFUSED)
def test_other_uses_stay(module: str, reason: str) -> None:
    assert reason in _reasons(HEAD + module + USE)


CALLS = [
    pytest.param("model.apply(variables, x)", "model.bind(variables)(x)", UNTOLD, id="bind"),
    pytest.param("model.apply(variables, x)", "jax.vmap(model.apply, in_axes=(None, 0))(variables, x)",
                 UNTOLD, id="vmap"),
    pytest.param("variables = model.init(jax.random.key(0), x)",
                 "out, variables = model.init_with_output(jax.random.key(0), x)\n    print(out)",
                 "LNX006 the output is read of a module that is told that it is being initialised",
                 id="first-output"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "reason"), CALLS)
def test_other_calls_stay(before: str, after: str, reason: str) -> None:
    assert before in USE
    assert reason in _reasons(HEAD + PLAIN + USE.replace(before, after))


def _reasons(text: str) -> list[str]:
    return [f"{f.code} {f.message}" for f in migrate_sources({"model.py": text}, Options()).findings]


def test_callers_elsewhere_are_told() -> None:
    result = migrate_sources({"model.py": HEAD + PLAIN}, Options())
    assert "self.BatchNorm_0 = nnx.BatchNorm(in_features, rngs=rngs)" in result.changed["model.py"]
    (told,) = (finding.message for finding in result.findings if finding.code == "LNX116")
    assert told.endswith(
        "; `model.eval()` stands for an `apply` without `mutable`, and `model.train()` for one with it"
    )


def test_a_flag_that_callers_elsewhere_would_change_is_kept() -> None:
    module = compact(f"x = nn.BatchNorm(use_running_average=True)(x)\nreturn {NORM}")
    assert "LNX311 another layer is built with a flag that `train` would change" in _reasons(HEAD + module)
