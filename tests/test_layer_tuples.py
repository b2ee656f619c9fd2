"""Tuples of layers with names of their own that `setup` lengthens, and settings that it copies."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, migrated, program

NET = """
class Net(nn.Module):
    deep: bool = False
    dim: int = 4

    def setup(self):
        self.parts = (nn.Dense(self.dim, name=str(0)),)
        last = 1
        {more}

    def __call__(self, x, y=None):
        x = self.parts[0](x)
        {use}
"""
GROWN = """\
if self.deep:
            self.parts += (nn.Dense(self.dim, use_bias=False, name=str(1)),)
            last += 1
        self.parts += (nn.LayerNorm(name=str(last)),)"""
USE = """\
if self.deep:
            x = x * self.parts[1](x)
        return self.parts[-1](x)"""


def of(more: str, use: str, build: str = "Net(deep=True)") -> str:
    return program(NET.format(more=more, use=use), build, (2, 3))


FORMS = [
    pytest.param(of(GROWN, USE), ['setattr(self, "0", nnx.Linear(',
                 'x * getattr(self, "1")(x)', "getattr(self, str(2 if self.deep else 1))(x)"], id="deep"),
    pytest.param(of(GROWN, USE, "Net()"), ['getattr(self, "0")(x)'], id="not-deep"),
    pytest.param(of('self.parts += (nn.LayerNorm(name="norm"), nn.Dense(2, name="head"))',
                    "return self.parts[-1](self.parts[1](x))"),
                 ["self.norm = nnx.LayerNorm(", "return self.head(self.norm(x))"], id="names-of-attributes"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "written"), FORMS)
def test_same_numbers(text: str, written: list[str]) -> None:
    outcome = compared(text)
    assert_identical(outcome)
    assert [part for part in written if part not in outcome.text] == []
    assert "self.parts" not in outcome.text


def test_a_condition_with_another_name() -> None:
    """Nothing in the sources builds the class: whether it has the second layer is left to its callers."""
    use = USE.replace("if self.deep:", "both = self.deep and y is not None\n        if both:")
    text = of(GROWN, use).partition("net = ")[0]
    new = migrated(text)
    assert 'x * getattr(self, "1")(x)' in new


LAST = "        return self.parts[-1](x)"
ROUND = """\
for _ in range(2):
            self.parts += (nn.Dense(4, name=str(last)),)
            last += 1"""
REFUSED = [
    pytest.param(of(GROWN, "return self.parts[1](x)"), id="two-layers-may-have-that-place"),
    pytest.param(of(GROWN, f"if y is not None:\n            x = self.parts[1](y)\n{LAST}"),
                 id="a-condition-of-another-kind"),
    pytest.param(of(GROWN, f"if self.deep or y is not None:\n            x = self.parts[1](x)\n{LAST}"),
                 id="one-of-two-conditions"),
    pytest.param(of(GROWN, f"if self.deep:\n            x = x + 1\n        else:\n"
                    f"            x = self.parts[2](x)\n{LAST}"), id="nothing-has-that-place"),
    pytest.param(of(GROWN, "return self.parts[-1](x) * len(self.parts)"), id="read-as-a-whole"),
    pytest.param(of(GROWN, f"for part in self.parts[1:]:\n            x = part(x)\n{LAST}"), id="a-slice"),
    pytest.param(of(f"{GROWN}\n        self.parts = self.parts[:2]", USE), id="set-anew"),
    pytest.param(of(f"{GROWN}\n        self.parts += (nn.Dense(4),)", USE), id="a-layer-without-a-name"),
    pytest.param(of(ROUND, USE), id="in-a-loop"),
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    assert any(finding.startswith(("LNX111", "LNX299")) for finding in findings(text))


COPIED = """
class Settings:
    def __init__(self):
        self.wide, self.narrow, self.causal = 6, 4, False


class Inner(nn.Module):
    config: Any

    def setup(self):
        self.first = nn.Dense(self.config.wide)
        self.last = nn.Dense(self.config.narrow)

    def __call__(self, x):
        return self.last(self.first(x))


class Net(nn.Module):
    config: Any

    def setup(self):
        settings = copy.deepcopy(self.config)
        settings.{changed} = 5
        self.inner = Inner(settings)
        self.head = nn.Dense(3)

    def __call__(self, x):
        return self.head(self.inner(x))
"""


def copied(changed: str) -> str:
    return "import copy\n" + program(COPIED.format(changed=changed), "Net(Settings())", (2, 3))


def test_settings_that_a_copy_shares() -> None:
    outcome = compared(copied("wide"))
    assert_identical(outcome)
    assert "self.head = nnx.Linear(self.config.narrow, 3, rngs=rngs)" in outcome.text


def test_a_setting_that_a_copy_has_otherwise() -> None:
    assert any(finding.startswith("LNX112") for finding in findings(copied("narrow")))
