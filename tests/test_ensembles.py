"""Ensembles that a function of the project makes: rewritten, run, and compared with Linen bit by bit."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import assert_identical, compared, findings, program

SHAPE = (4, 6)
MAKER = """
def ensemblize(cls, num, out_axes=0, **kwargs):
    \"\"\"Several modules side by side.\"\"\"
    return nn.vmap(
        cls,
        variable_axes={"params": 0},
        split_rngs={"params": True},
        in_axes=None,
        out_axes=out_axes,
        axis_size=num,
        **kwargs,
    )


class Critic(nn.Module):
    widths: Sequence[int]
    final: bool = False

    @nn.compact
    def __call__(self, x, scale=1.0):
        for i, width in enumerate(self.widths):
            x = nn.Dense(width)(x)
            if i + 1 < len(self.widths) or self.final:
                x = nn.relu(x)
        return x * scale


"""
CHOSEN = """
class Net(nn.Module):
    widths: Sequence[int]
    several: bool = True

    def setup(self):
        critic = Critic
        if self.several:
            critic = ensemblize(critic, 3)
        value = critic((*self.widths, 2), final=False)
        self.value = value
        self.other = critic((*self.widths, 2))

    def __call__(self, x):
        second = self.other(jnp.tanh(x))
        first = self.value(x)
        return nn.relu(first) * second
"""
ALWAYS = """
class Net(nn.Module):
    widths: Sequence[int]
    num: int = 2

    def setup(self):
        critic = ensemblize(Critic, self.num)
        self.value = critic(self.widths)
        self.other = ensemblize(Critic, num=4)((5,))

    def __call__(self, x):
        return self.value(x, 2.0), self.other(x)
"""
FORMS = [
    pytest.param(CHOSEN, "Net((5,))", "vmap = jax.vmap if self.several else", id="on-a-field"),
    pytest.param(CHOSEN, "Net((5,), several=False)", "vmap = jax.vmap if self.several else", id="only-one"),
    pytest.param(CHOSEN.replace("if self.several:", "if len(self.widths) > 1:"), "Net((5, 4))",
                 "vmap = jax.vmap if len(self.widths) > 1 else", id="on-a-computed-condition"),
    pytest.param(ALWAYS, "Net((5, 1))", "jax.vmap(lambda member: member(x, 2.0))(self.value)",
                 id="always"),
]  # fmt: skip


@pytest.mark.parametrize(("net", "build", "written"), FORMS)
def test_ensembles_of_a_function(net: str, build: str, written: str) -> None:
    done = compared(program(MAKER.lstrip() + net.strip(), build, SHAPE))
    assert_identical(done)
    assert written in done.text
    assert "def ensemblize(cls, num):" in done.text
    assert "nnx.split_rngs(splits=num)(members)(rngs)" in done.text


def test_the_line_stands_before_the_first_call() -> None:
    text = compared(program(MAKER.lstrip() + CHOSEN.strip(), "Net((5,))", SHAPE)).text
    assert text.index("vmap = jax.vmap") < text.index("second = vmap(") < text.index("first = vmap(")


def test_two_modules_that_use_one_function() -> None:
    second = CHOSEN.replace("class Net", "class Second").replace("critic, 3", "critic, num=2")
    net = CHOSEN.replace("return nn.relu(first)", "return first + Second((4,))(x).sum()")
    net = net.replace("    def __call__", "    @nn.compact\n    def __call__")
    text = f"{MAKER.lstrip()}{second.strip()}\n\n\n{net.strip()}"
    done = compared(program(text, "Net((5,))", SHAPE))
    assert_identical(done)
    assert "out_axes" not in done.text


REFUSED = [
    pytest.param("ensemblize(critic, 3)", "ensemblize(critic, 3, out_axes=1)", id="another-axis"),
    pytest.param("ensemblize(critic, 3)", "ensemblize(critic, 3, out_axes=0)", id="an-option-that-is-given"),
    pytest.param("ensemblize(critic, 3)", "ensemblize(critic, 3, axis_name='n')", id="more-options"),
    pytest.param("ensemblize(critic, 3)", "ensemblize(critic, *[3])", id="spread"),
    pytest.param("            critic = ensemblize(critic, 3)",
                 "            critic = ensemblize(critic, 3)\n        else:\n            critic = Other",
                 id="another-class"),
    pytest.param("        if self.several:",
                 "        if self.several:\n            critic = Other\n        if True:",
                 id="chosen-twice"),
    pytest.param("if self.several:", "if CHOICES['several']:", id="more-than-fields-know"),
    pytest.param("first = self.value(x)", "first = self.value(x=x)", id="keywords-that-linen-ignores"),
    pytest.param("first = self.value(x)", "vmap = jax.vmap\n        first = self.value(x)",
                 id="a-taken-name"),
    pytest.param("second = self.other(jnp.tanh(x))", "second = self.other(vmap(jnp.tanh)(x))",
                 id="a-name-in-use"),
    pytest.param("class Net(", "HEAD = ensemblize(Critic, 2)\n\n\nclass Net(", id="used-elsewhere"),
    pytest.param("class Net(", "OTHERS = [ensemblize]\n\n\nclass Net(", id="a-value"),
    pytest.param("in_axes=None", "in_axes=0", id="inputs-of-their-own"),
    pytest.param("axis_size=num", "axis_size=rngs", id="a-name-that-is-needed"),
    pytest.param("    return nn.vmap(", "    print(num)\n    return nn.vmap(", id="more-than-that"),
    pytest.param("x = nn.Dense(width)(x)", "x = nn.BatchNorm(True)(nn.Dense(width)(x))", id="statistics"),
    pytest.param("x = nn.Dense(width)(x)", "x = nn.Dropout(0.5, deterministic=False)(nn.Dense(width)(x))",
                 id="random-numbers"),
]  # fmt: skip
OTHER = """
from jax import vmap

CHOICES = {"several": True}


class Other(nn.Module):
    widths: Sequence[int]
    final: bool = False

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.widths[-1])(x)


"""


@pytest.mark.parametrize(("before", "after"), REFUSED)
def test_other_ensembles_stay(before: str, after: str) -> None:
    module = OTHER.lstrip() + MAKER.lstrip() + CHOSEN.strip()
    assert before in module
    text = program(module.replace(before, after), "Net((5,))", SHAPE)
    found = migrate_sources({"model.py": text}, Options())
    new = found.changed.get("model.py", text)
    assert "nn.vmap(" in new and "class Net(nn.Module)" in new and "class Critic(nn.Module)" in new, new


def test_one_method_cannot_have_two_conditions() -> None:
    lines = "        one = Critic\n        if self.final:\n            one = ensemblize(one, 2)\n"
    net = CHOSEN.replace("        value = ", f"{lines}        value = ", 1)
    net = net.replace("self.other = critic(", "self.other = one(")
    net = net.replace("several: bool = True", "several: bool = True\n    final: bool = True")
    found = findings(program(MAKER.lstrip() + net.strip(), "Net((5,))", SHAPE))
    assert any("LNX130" in each and "two things" in each for each in found), found
