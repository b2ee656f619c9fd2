"""Fields of module classes: given by keyword only, declared by `field(...)`, made anew, or of the class."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.module_harness import assert_identical, compared, findings, program

FLAT = (4, 6)
HEAD = """
import dataclasses
from dataclasses import dataclass, field
from typing import ClassVar

@dataclass
class Config:
    width: int = 4

"""
CALL = """
    @nn.compact
    def __call__(self, x):
        for size in self.sizes:
            x = nn.Dense(size)(x)
        return x
"""
FORMS = [
    pytest.param("""
        class Net(nn.Module, kw_only=True):
            width: int
            depth: int = 2

            @nn.compact
            def __call__(self, x):
                for i in range(self.depth):
                    x = nn.Dense(self.width, name=f"layer_{i}")(x)
                return x
        """, "Net(width=4)", "self, *, width: int, depth: int = 2, in_features: int", id="keyword-class"),
    pytest.param("""
        class Base(nn.Module, kw_only=True):
            width: int
            act: Callable = nn.relu

            @nn.compact
            def __call__(self, x):
                return self.act(nn.Dense(self.width)(x))

        class Net(Base):
            extra: int = 3
        """, "Net(1, width=3)", "super().__init__(width=width, act=act, in_features=in_features, rngs=rngs)",
        id="keyword-base"),
    pytest.param("""
        class Net(nn.Module):
            depth: int = dataclasses.field(default=2, kw_only=True)
            width: int = dataclasses.field(default=3, repr=False)
            act: Callable = field(default=nn.relu)

            @nn.compact
            def __call__(self, x):
                for _ in range(self.depth):
                    x = self.act(nn.Dense(self.width)(x))
                return x
        """, "Net(4, depth=3)", "act: Callable = nnx.relu,\n        *,\n        depth: int = 2",
        id="keyword-field"),
    pytest.param(
        "class Net(nn.Module):\n    sizes: list = field(default_factory=lambda: [4, 5])  # widths\n" + CALL,
        "Net()", "self.sizes = [4, 5] if sizes is None else sizes  # widths", id="a-list-made-anew",
    ),
    pytest.param(
        "class Net(nn.Module):\n    sizes: Sequence[int] = field(default_factory=list)\n" + CALL,
        "Net([3])", "sizes: Sequence[int] | None = None", id="a-factory-that-is-not-asked",
    ),
    pytest.param("""
        class Net(nn.Module):
            config: Config = field(default_factory=Config)
            scale: ClassVar[float] = 2.0

            @nn.compact
            def __call__(self, x):
                return nn.Dense(self.config.width)(x) * self.scale
        """, "Net()", "self.config = Config() if config is None else config", id="settings-made-anew"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "build", "written"), FORMS)
def test_fields(module: str, build: str, written: str) -> None:
    outcome = compared(program(HEAD + dedent(module), build, FLAT))
    assert written in outcome.text
    assert_identical(outcome)


INNER = """
class Inner(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)
"""
NET = """
class Net(nn.Module):
    inner: Any = {field}

    @nn.compact
    def __call__(self, x):
        return {used}
"""
REFUSED = [
    pytest.param("field(default_factory=Inner)", "self.inner(x)", "Net()", id="makes-a-module"),
    pytest.param("field(default_factory=lambda: nn.relu)", "self.inner(nn.Dense(2)(x))", "Net()",
                 id="makes-a-function-of-linen"),
    pytest.param("field(default_factory=lambda: [width])", "nn.Dense(self.inner[0])(x)", "Net()",
                 id="reads-a-name"),
    pytest.param("field(default_factory=list)", "nn.Dense(2 if self.inner is None else 3)(x)",
                 "Net(inner=None)", id="none-is-given"),
    pytest.param("field(default=3, init=False)", "nn.Dense(self.inner)(x)", "Net()", id="not-given"),
    pytest.param("dataclasses.field(init=False, default=3)", "nn.Dense(self.inner)(x)", "Net()",
                 id="not-given-either"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "used", "build"), REFUSED)
def test_refused(declared: str, used: str, build: str) -> None:
    module = f"{HEAD}\nwidth = 3\n{INNER * ('Inner' in declared)}{NET.format(field=declared, used=used)}"
    assert any(text.startswith("LNX111") for text in findings(program(module, build, FLAT)))
