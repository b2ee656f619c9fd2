"""Helpers that build layers at each of their calls: run beside Linen, or left alone."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from tests.module_harness import assert_identical, compared, findings, program

CHOICE = """
class Net(nn.Module):
    norm: str = "layer"
    n: int = 2

    @nn.compact
    def __call__(self, x, train: bool = False):
        if self.norm == "layer":
            normalize = lambda x: nn.LayerNorm()(x)
        elif self.norm == "batch":
            normalize = lambda x: nn.BatchNorm(use_running_average=not train)(x)
        else:
            normalize = lambda x: x
        {body}
"""
NET = """
class Net(nn.Module):
    n: int = 2
    deep: bool = True

    @nn.compact
    def __call__(self, x, train: bool = False):
        {body}
"""
FUNCTION = """
def block(x, width):
    return nn.Dense(width)(x)


"""
METHOD = """
    def pair(self, x, width):
        x = nn.Dense(width)(x)  # the first
        return nn.Dense(width * 2)(x)
"""


def lines(text: str) -> str:
    return "\n        ".join(text.strip().splitlines())


def choice(body: str, build: str = "Net()") -> str:
    return program(CHOICE.format(body=lines(body)), build, (2, 4), "train=True")


def of(body: str, build: str = "Net()") -> str:
    function = FUNCTION if "block(" in body and "def block" not in body else ""
    method = METHOD if "self.pair" in body else ""
    return program(function + NET.format(body=lines(body)).strip() + "\n" + method, build, (2, 4))


LOOP = """
x = normalize(nn.Dense(4)(x))
for l in range(self.n):
    x = nn.Dense(5)(x)
    x = normalize(x)  # again
return x
"""
BEHIND_OTHERS = """
x = nn.BatchNorm(use_running_average=not train)(x)
if self.n > 1:
    x = normalize(nn.Dense(4)(x))
return normalize(nn.Dense(3)(x))
"""
CONDITION = """
def block(x, width):
    x = nn.Dense(width)(x)
    if self.deep:
        x = nn.LayerNorm()(x)
    return nn.relu(x)
for _ in range(self.n):
    x = block(x, 3)
return block(x, 4)
"""
ORDER = """
x = nn.Dense(5)(x) + block(x, 5) + nn.Dense(5)(x)
x = nn.Dense(6)(block(nn.Dense(7)(x), 8))
return jnp.concatenate([nn.Dense(3)(x), block(block(x, 4), width=3)], -1)
"""
KEPT = """
def block(y, width, name, rate=0.5):
    \"\"\"One of two.\"\"\"
    # The width stays.
    y = nn.Dense(width, name=f"{name}_in")(y)
    y = nn.Dropout(rate, deterministic=not train)(y)
    return y.reshape(-1, width), x[..., :1]
x, y = block(x, 3, "a")
z, _ = block(x, 4, name="b", rate=0.1)
return jnp.concatenate([y, z], -1)
"""
NAMES = """
def f(x, size, name, index=0):
    x = nn.Dense(size, name=f"{name}{index}")(x)
    return nn.LayerNorm(name=name)(x)
for k in range(self.n):
    x = f(x, 3, f"loop_{k}_")
return f(f(x, 4, "a"), 5, name="b", index=2)
"""
LOOPS = """
def f(x, size):
    for i in range(self.n):
        x = nn.Dense(size)(x)
        if i > 0:
            x = nn.relu(x)
    return nn.LayerNorm()(x)
x = nn.Dense(3)(x)
for i in range(3):
    x = f(x, size=i + 1)
return f(x, 7)
"""
ONCE = """
def f(x, sizes):
    for size in sizes:
        x = nn.Dense(size)(x)
    return nn.LayerNorm()(x)
x = nn.Dense(3)(x)
return f(x, (4, 5))
"""
MADE = """
conv = lambda f: nn.Dense(f, use_bias=False)
def drop(x, rate):
    \"\"\"Some of it.\"\"\"
    return nn.Dropout(rate=rate, deterministic=not train)(x)

x = conv(5)(x + 1)
h = conv(6)
x = drop(h(x), 0.5)
return drop(conv(4)(x), rate=0.25)
"""
TWO = """
def f(x, keep):
    return nn.Dense(3)(x) * keep
x = f(x, 2.0)
return f(x, 3.0)
"""
NESTED_LOOPS = """
def f(x, size):
    for i in range(self.n):
        x = nn.Dense(size)(x)
    return x
for i in range(3):
    for j in range(i):
        x = f(x, 3)
return x
"""
BEHIND_A_CONDITION = """
def f(x, size):
    for k in range(self.n):
        x = nn.Dense(size)(x)
    return x
if self.deep:
    x = nn.Dense(3)(x)
return f(f(x, 3), 4)
"""
FORMS = [
    pytest.param(
        of(MADE),
        "    def __call__(self, x, train: bool = False, *, rngs: nnx.Rngs | None = None):\n"
        "        x = self.Dense_0(x + 1)\n"
        "        h = self.Dense_1\n"
        "        x = self.Dropout_0(h(x), deterministic=not train, rngs=rngs)\n"
        "        return self.Dropout_1(self.Dense_2(x), deterministic=not train, rngs=rngs)\n",
        False,
        id="nothing-is-left",
    ),
    pytest.param(of(TWO), "def f(x, keep, dense):\n            return dense(x) * keep\n", False, id="more"),
    pytest.param(
        of(NESTED_LOOPS),
        "x = f(x, sum((i * self.n for i in range(i))) + j * self.n)",
        False,
        id="in-nested-loops",
    ),
    pytest.param(
        of(BEHIND_A_CONDITION), "(1 if self.deep else 0) + self.n)", False, id="loops-behind-a-condition"
    ),
    pytest.param(
        of(LOOPS),
        "        def f(x, layer_norm, index):\n"
        "            for i in range(self.n):\n"
        '                x = getattr(self, f"Dense_{index + i}")(x)\n',
        False,
        id="loops",
    ),
    pytest.param(of(LOOPS), "            for j in range(self.n):\n", False, id="loops-in-init"),
    pytest.param(
        of(ONCE),
        "        def f(x, sizes):\n"
        "            for i, size in enumerate(sizes):\n"
        '                x = getattr(self, f"Dense_{1 + i}")(x)\n',
        False,
        id="one-call",
    ),
    pytest.param(
        of(NAMES), 'x = f(x, getattr(self, f"loop_{k}_0"), getattr(self, f"loop_{k}_"))', False, id="names"
    ),
    pytest.param(of(NAMES), "return f(f(x, self.a0, self.a), self.b2, self.b)", False, id="fixed-names"),
    pytest.param(choice(LOOP), "x = normalize(x, 1 + l)  # again", True, id="choice"),
    pytest.param(
        choice(LOOP, 'Net("batch")'),
        'normalize = lambda x, i: getattr(self, f"BatchNorm_{i}")(\n',
        True,
        id="second-choice",
    ),
    pytest.param(choice(LOOP, 'Net("none")'), "normalize = lambda x, i: x", True, id="last-choice"),
    pytest.param(
        choice(BEHIND_OTHERS, 'Net("batch")'),
        "            (1 if self.n > 1 else 0),\n",
        True,
        id="other-norms",
    ),
    pytest.param(
        choice(BEHIND_OTHERS, 'Net("batch", 1)'), 'f"BatchNorm_{i + 1}"', True, id="under-a-condition"
    ),
    pytest.param(
        of("x = self.pair(x, 3)\nreturn self.pair(x, width=4)"),
        "    def pair(self, x, dense_0, dense_1):\n        x = dense_0(x)  # the first\n"
        "        return dense_1(x)",
        False,
        id="method",
    ),
    pytest.param(of(ORDER), "x = self.Dense_3(self.Dense_5(self.Dense_4(x)))", False, id="function"),
    pytest.param(of(CONDITION), "def block(x, i):", False, id="condition"),
    pytest.param(of(CONDITION, "Net(3, False)"), "x = block(x, ", False, id="condition-that-fails"),
    pytest.param(
        of(KEPT),
        "        def block(y, width, dense, dropout):\n"
        '            """One of two."""\n'
        "            # The width stays.\n"
        "            y = dense(y)\n"
        "            y = dropout(y, deterministic=not train, rngs=rngs)\n"
        "            return y.reshape(-1, width), x[..., :1]\n"
        "        x, y = block(x, 3, self.a_in, self.Dropout_0)\n",
        False,
        id="arguments",
    ),
    pytest.param(
        of(
            "def g(x):\n    return nn.LayerNorm()(x)\ndef f(x, width):\n    return g(nn.Dense(width)(x))\n"
            "return g(f(f(x, 3), 4))"
        ),
        "def f(x, layer_norm, dense):\n            return layer_norm(dense(x))\n",
        False,
        id="helper-in-a-helper",
    ),
    pytest.param(
        of(
            "def block(x):\n    if self.deep:\n        return nn.Dense(3)(x)\n    else:\n"
            "        return nn.Dense(5)(x)\nreturn block(block(x))"
        ),
        "return block(block(x, self.Dense_0), self.Dense_1)",
        False,
        id="both-sides",
    ),
]


@pytest.mark.parametrize(("text", "written", "train"), FORMS)
def test_same_numbers(text: str, written: str, train: bool) -> None:
    outcome = compared(text, given="train=True" if train else "")
    assert_identical(outcome)
    assert written in outcome.text


REFUSED = [
    pytest.param(
        of(
            "def f(x, sizes):\n    for i in range(2):\n        for size in sizes:\n"
            "            x = nn.Dense(size)(x)\n    return x\nreturn f(f(x, (3, 4)), (5, 5))"
        ),
        id="two-loops-of-one-name",
    ),
    pytest.param(choice("return normalize(x) if self.n else x"), id="in-an-expression"),
    pytest.param(choice("f = normalize\nreturn f(normalize(x))"), id="another-name"),
    pytest.param(choice("return jax.vmap(normalize)(normalize(x))"), id="handed-on"),
    pytest.param(
        choice("if x.sum() > 0:\n    x = normalize(x)\nreturn normalize(x)"), id="known-at-the-call"
    ),
    pytest.param(choice("return sum(normalize(x * k) for k in range(self.n))"), id="comprehension"),
    pytest.param(
        choice("x = normalize(x)\nx = nn.LayerNorm()(x)\nreturn normalize(x)", 'Net("batch")'),
        id="counted-otherwise-in-one-choice",
    ),
    pytest.param(
        of("def g(x):\n    return f(x)\ndef f(x):\n    return g(nn.Dense(3)(x))\nreturn f(f(x))"), id="mutual"
    ),
    pytest.param(of("def f(x, k):\n    return f(nn.Dense(3)(x), k - 1)\nreturn f(x, 2)"), id="recursion"),
    pytest.param(
        of("def f(x):\n    if self.deep:\n        return x\n    return nn.Dense(3)(x)\nreturn f(f(x))"),
        id="early-return",
    ),
    pytest.param(
        of("def f(x, w):\n    if w > 3:\n        x = nn.Dense(w)(x)\n    return x\nreturn f(f(x, 3), 4)"),
        id="decided-by-an-argument",
    ),
    pytest.param(
        of(
            "def f(x, name):\n    name = name.upper()\n    return nn.Dense(3, name=name)(x)\n"
            "return f(f(x, 'a'), 'b')"
        ),
        id="a-name-that-changes",
    ),
    pytest.param(of("return block(\n    x,  # the input\n    3,\n)"), id="comment-in-a-call"),
    pytest.param(
        of("def f(x, *sizes):\n    return nn.Dense(sizes[0])(x)\nreturn f(f(x, 3), 4)"), id="starred"
    ),
    pytest.param(of("return self.pair(jax.jit(self.pair)(x, 3), 4)"), id="method-handed-on"),
    pytest.param(
        of("block = print\nblock(x)\nreturn nn.Dense(3)(x)").replace("print", "partial(block, width=3)"),
        id="partial",
    ),
    pytest.param(
        of("return block(block(x, 3), 4)").replace("\n\nnet =", "\n\nother = block\nnet ="), id="kept"
    ),
    pytest.param(
        of("return self.pair(self.pair(x, 3), 4)").replace(
            "\n\nnet =", "\n\nclass Wide(Net):\n    def pair(self, x, width):\n        return x\n\n\nnet ="
        ),
        id="extended",
    ),
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_stays(text: str) -> None:
    assert any("LNX11" in finding for finding in findings(text))


COMMENTED = """
norm = lambda x: nn.LayerNorm()(x)  # why
def f(x, width):  # head
    # first
    x = nn.Dense(width)(x)  # second

    return x  # last
# below
x = norm(f(x, 4))  # call
return f(norm(x), 5)
"""
KEPT_COMMENTS = """
        norm = lambda x, layer_norm: layer_norm(x)  # why
        def f(x, dense):  # head
            # first
            x = dense(x)  # second

            return x  # last
        # below
        x = norm(f(x, self.Dense_0), self.LayerNorm_0)  # call
        return f(norm(x, self.LayerNorm_1), self.Dense_1)
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_comments_stay_where_they_stood(newline: str) -> None:
    text = of(COMMENTED).replace("\n", newline)
    changed = migrate_sources({"model.py": text}).changed["model.py"]
    assert KEPT_COMMENTS.replace("\n", newline) in changed


def test_functions_that_other_files_call_stay() -> None:
    other = "from model import block\n\nprint(block)\n"
    text = of("return block(block(x, 3), 4)")
    assert "model.py" in migrate_sources({"model.py": text}).changed
    assert migrate_sources({"model.py": text, "other.py": other}).changed == {}


def test_findings_stand_where_the_author_wrote() -> None:
    text = of("def f(x, width):\n    return nn.Dense(width)(x)\n\nx = f(x, 3)\nreturn f(x, 4)")
    result = migrate_sources({"model.py": text})
    found = {finding.code: text.splitlines()[finding.line - 1] for finding in result.findings}
    assert found["LNX006"].startswith("variables = net.init")
