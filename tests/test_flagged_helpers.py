"""Helpers that build layers where their arguments say so: run beside Linen, or left alone."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings
from tests.test_repeated_helpers import of

FLAG = """
def f(x, size, norm=True):
    # first
    x = nn.Dense(size)(x)

    if norm:  # why
        # inside
        x = nn.LayerNorm()(x)  # here
    # below
    return nn.relu(x)
x = f(x, 3)
x = f(x, 4, norm=False)
return f(x, 7)
"""
FLAGGED = """
        def f(x, norm=True, *, dense, layer_norm=None):
            # first
            x = dense(x)

            if norm:  # why
                # inside
                x = layer_norm(x)  # here
            # below
            return nnx.relu(x)
        x = f(x, dense=self.Dense_0, layer_norm=self.LayerNorm_0)
        x = f(x, norm=False, dense=self.Dense_1)
        return f(x, dense=self.Dense_2, layer_norm=self.LayerNorm_1)
"""
KINDS = """
def f(x, size, kind, rate):
    if kind == "a":
        x = nn.Dense(size)(x)
    elif kind == "b":
        x = nn.LayerNorm()(x) * rate
    else:  # the rest
        x = nn.Dense(size, use_bias=False)(x)
        x = nn.LayerNorm(epsilon=rate)(x)
    return nn.relu(x)
x = f(x, 3, "a", 1.0)
x = f(x, 4, "b", rate=0.25)
x = f(x, 4, "c", 0.125)
return f(x, 7, "a", 2.0)
"""
KINDS_AFTER = """
            if kind == "a":
                x = dense_0(x)
            elif kind == "b":
                x = layer_norm_0(x) * rate
            else:  # the rest
                x = dense_1(x)
                x = layer_norm_1(x)
            return nnx.relu(x)
        x = f(x, "a", 1.0, self.Dense_0)
        x = f(x, "b", rate=0.25, layer_norm_0=self.LayerNorm_0)
        x = f(x, "c", 0.125, dense_1=self.Dense_1, layer_norm_1=self.LayerNorm_1)
        return f(x, "a", 2.0, self.Dense_2)
"""
NESTED = """
def f(x, size, norm, act=None):
    x = nn.Dense(size)(x)
    if norm and act is not None:
        x = nn.LayerNorm()(x)
        if act == "p":
            x = nn.PReLU()(x)
        else:
            x = nn.relu(x)
    if not norm:
        x = nn.Dense(size)(x)
    return x
x = f(x, 3, True, "p")
x = f(x, 4, True, "r")
x = f(x, 4, False)
x = f(x, 5, False, act="p")
return f(x, 7, True)
"""
LOOP = """
def f(x, size, norm):
    x = nn.Dense(size)(x)
    if norm:
        return nn.LayerNorm()(x)
    else:
        return x
for i in range(self.n):
    x = f(x, 3, True)
    x = f(x, 4, False)
return f(x, 7, True)
"""
INNER = """
def g(x, size):
    return nn.relu(nn.Dense(size)(x))
def f(x, size, deep):
    x = g(x, size)
    if deep:
        x = g(g(x, 3), size)
    return x
x = f(x, 3, True)
return g(f(x, 7, False), 3)
"""
SIZES = """
def f(x, size, wide):
    if wide:
        x = jnp.concatenate([x, nn.Dense(size)(x)], -1)
    return nn.Dense(size)(x)
x = f(x, 3, False)
return f(x, 5, True)
"""
DROPOUT = """
def f(x, size, drop=False):
    x = nn.Dense(size)(x)
    if drop:
        x = nn.Dropout(0.5, deterministic=not train)(x)
    return x
x = f(x, 3)
return f(x, 7, drop=True)
"""
ALWAYS = """
def f(x, size, norm=True):
    x = nn.Dense(size)(x)
    if norm:
        x = nn.LayerNorm()(x)
    return x
x = f(x, 3)
return f(x, 7)
"""
ARGUMENTS = """
def f(x, size, norm=None, wide=False):
    x = nn.Dense(size * 2 if wide else size, use_bias=norm is None)(x)
    if norm == "layer":
        x = nn.LayerNorm(use_scale=not wide, name=f"{'n' if wide else 'm'}")(x)
    return x if norm is None else x * 2
x = f(x, 3, "layer")
x = f(x, 4, wide=True)
return f(x, 7)
"""
LAYERS = """
def dense(width, bias=True):
    if bias is None:
        return nn.Dense(width, kernel_init=nn.initializers.ones)
    else:
        return nn.Dense(width, use_bias=bias)
h = dense(3)
x = h(x)
return dense(5, bias=None)(x) + dense(width=5, bias=False)(x)
"""
FORMS = [
    pytest.param(
        LAYERS, "        h = self.Dense_0\n        x = h(x)\n        return self.Dense_1(x)", id="layers"
    ),
    pytest.param(
        ARGUMENTS.replace(""", name=f"{'n' if wide else 'm'}\"""", ""),
        "        self.Dense_0 = nnx.Linear(in_features, 3, use_bias=False, rngs=rngs)\n"
        "        self.LayerNorm_0 = nnx.LayerNorm(3, use_scale=True, rngs=rngs)\n"
        "        self.Dense_1 = nnx.Linear(3, 8, use_bias=True, rngs=rngs)\n",
        id="arguments",
    ),
    pytest.param(FLAG, FLAGGED, id="flag"),
    pytest.param(KINDS, KINDS_AFTER, id="kinds"),
    pytest.param(
        NESTED, '        x = f(x, False, act="p", dense_0=self.Dense_4, dense_1=self.Dense_5)\n', id="nested"
    ),
    pytest.param(LOOP, '            x = f(x, False, getattr(self, f"Dense_{i * 2 + 1}"))\n', id="loop"),
    pytest.param(INNER, "return g(f(x, False, self.Dense_3), self.Dense_4)", id="helper-in-it"),
    pytest.param(SIZES, "self.Dense_2 = nnx.Linear(8, 5, rngs=rngs)", id="sizes"),
    pytest.param(DROPOUT, "return f(x, drop=True, dense=self.Dense_1, dropout=self.Dropout_0)", id="dropout"),
    pytest.param(ALWAYS, "def f(x, norm=True, *, dense, layer_norm):", id="always"),
]


@pytest.mark.parametrize(("body", "written"), FORMS)
def test_same_numbers(body: str, written: str) -> None:
    outcome = compared(of(body))
    assert_identical(outcome)
    assert written in outcome.text


HEAD = "def f(x, norm):\n    x = nn.Dense(3)(x)\n"
NORM = "    if norm:\n        x = nn.LayerNorm()(x)\n    return x\n"
REFUSED = [
    pytest.param(ARGUMENTS.strip(), id="quoted"),
    pytest.param(f"{HEAD}{NORM}return f(f(x, x.sum() > 0), True)", id="known-at-the-call"),
    pytest.param(f"{HEAD}    norm = not norm\n{NORM}return f(f(x, False), True)", id="flag-that-changes"),
    pytest.param(f"{HEAD}{NORM}return f(f(x, False), False)", id="never"),
    pytest.param(
        f"{HEAD}    if norm:\n        if self.deep:\n            x = nn.LayerNorm()(x)\n    return x\n"
        "return f(f(x, False), True)",
        id="and-a-field",
    ),
    pytest.param(
        f"{HEAD}    if norm:\n        for _ in range(self.n):\n            x = nn.Dense(3)(x)\n    return x\n"
        "return f(f(x, False), True)",
        id="loop-in-it",
    ),
    pytest.param(
        f"{HEAD}    if norm: x = nn.LayerNorm()(x)\n    return x\nreturn f(f(x, False), True)", id="one-line"
    ),
    pytest.param(
        f"{HEAD}    if norm:\n        x = nn.LayerNorm()(x)\n        # between\n    else:\n"
        "        x = nn.Dense(4)(x)\n    return x\nreturn f(f(x, False), True)",
        id="comment-between",
    ),
]


@pytest.mark.parametrize("body", REFUSED)
def test_what_stays(body: str) -> None:
    assert any("LNX11" in finding for finding in findings(of(body)))
