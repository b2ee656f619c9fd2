"""Lists that a comprehension of `setup` builds with layers of other sizes in each turn."""

from __future__ import annotations

from textwrap import indent

import pytest

from tests.module_harness import assert_identical, compared, findings, program

FLAT = (4, 6)
STEP = """
class Step(nn.Module):
    width: int
    halved: bool = True

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(self.width, (3, 3))(x)
        return nn.max_pool(x, (2, 2), strides=(2, 2)) if self.halved else x


"""


def net(setup: str, call: str) -> str:
    head = "class Net(nn.Module):\n    widths: Sequence[int] = (5, 3, 7)\n    factor: int = 2\n\n"
    body = f"def setup(self):\n{indent(setup, '    ')}\n\ndef __call__(self, x):\n{indent(call, '    ')}\n"
    return STEP * ("Step" in setup) + head + indent(body, "    ")


WIDTHS = "self.layers = [nn.Dense(width) for width in self.widths]"
OVER = "for layer in self.layers:\n    x = nn.relu(layer(x))\n"
STEPS = "sizes = self.widths\nself.steps = [Step(sizes[i] * self.factor) for i in range(len(sizes))]"
APPENDED = (
    "layers = []\nfor width in self.widths:\n    size = self.factor * width\n"
    "    layers.append(nn.Dense({width}))\nself.layers = layers"
)
SHORT = "for layer in self.layers:\n    x = jnp.concatenate([x, nn.relu(layer(x))], axis=-1)\nreturn x"
FORMS = [
    pytest.param(WIDTHS, f"{OVER}return x", FLAT, "features = width\n", id="widths"),
    pytest.param(
        f"self.last = nn.Dense(2)\n{WIDTHS}",
        f"{OVER}return self.last(x)",
        FLAT,
        "self.last = nnx.Linear(self.widths[-1], 2, rngs=rngs)",
        id="a-layer-behind-that-stands-in-front",
    ),
    pytest.param(
        f"{WIDTHS}\nself.last = nn.Dense(2)",
        "for i, layer in enumerate(self.layers):\n    x = layer(x)\n    if i < len(self.layers) - 1:\n"
        "        x = nn.relu(x)\nreturn self.last(x)",
        FLAT,
        "features = in_features\n        for width in self.widths:",
        id="counted",
    ),
    pytest.param(
        STEPS,
        "for i in range(len(self.steps)):\n    x = self.steps[i](x)\nreturn x",
        (2, 8, 8, 3),
        "features = self.widths[i] * self.factor",
        id="by-numbers",
    ),
    pytest.param(
        f"{STEPS}\nself.last = nn.Dense(2)",
        "for step in self.steps:\n    x = step(x)\nreturn self.last(x)",
        (2, 8, 8, 3),
        "nnx.Linear(self.widths[-1] * self.factor, 2, rngs=rngs)",
        id="what-a-product-leaves",
    ),
    pytest.param(
        "self.layers = [nn.Dense(self.factor) for _ in self.widths]",
        f"{OVER}return x",
        FLAT,
        "features = self.factor",
        id="only-the-first-differs",
    ),
    pytest.param(
        APPENDED.format(width="width * self.factor"),
        f"{OVER}return x",
        FLAT,
        "rngs=rngs))\n            features = width * self.factor\n        self.layers = nnx.List(layers)",
        id="appended-in-a-loop",
    ),
    pytest.param(WIDTHS, SHORT, FLAT, "features = features + width", id="wider-by-each"),
    pytest.param(
        APPENDED.format(width="width").replace("    size", "    width"),
        f"{OVER}return x",
        FLAT,
        "rngs=rngs))\n            features = width\n",
        id="another-name-of-the-turn",
    ),
    pytest.param(
        f"before = 4\n{APPENDED.format(width='before')}\n".replace(
            "    size = self.factor *", "    size ="
        ).replace("before))\n", "before))\n    before = size\n"),
        f"{OVER}return x",
        FLAT,
        "rngs=rngs))\n            features = before\n            before = size\n",
        id="a-size-of-the-turn-before",
    ),
]


@pytest.mark.parametrize(("setup", "call", "shape", "part"), FORMS)
def test_forms(setup: str, call: str, shape: tuple[int, ...], part: str) -> None:
    outcome = compared(program(net(setup, call), "Net()", shape))
    assert_identical(outcome)
    assert part in outcome.text, outcome.text


STAYING = [
    pytest.param(
        APPENDED.format(width="width").replace("    size", "    if width > 5:\n        break\n    size"),
        f"{OVER}return x",
        id="a-loop-that-ends-early",
    ),
    pytest.param(WIDTHS, f"{OVER}{OVER}return x", id="read-twice"),
    pytest.param(WIDTHS, "for layer in self.layers[1:]:\n    x = layer(x)\nreturn x", id="a-part-of-it"),
    pytest.param(
        WIDTHS,
        "for i in range(2):\n    x = self.layers[i](x)\nreturn x",
        id="not-all-numbers",
    ),
    pytest.param(
        WIDTHS,
        "for i in range(len(self.layers)):\n    x = self.layers[-i](x)\nreturn x",
        id="in-another-order",
    ),
    pytest.param(
        WIDTHS,
        "y = x\nfor layer in self.layers:\n    x, y = layer(y), x\nreturn x",
        id="two-arrays-take-turns",
    ),
    pytest.param(
        WIDTHS,
        "for layer in self.layers:\n    if self.factor > 1:\n        x = layer(x)\nreturn x",
        id="under-a-condition",
    ),
    pytest.param(
        f"{WIDTHS}\nself.last = nn.Dense(2)",
        f"{SHORT[:-8]}return self.last(x)",
        id="a-layer-behind-sizes-that-add-up",
    ),
]


@pytest.mark.parametrize(("setup", "call"), STAYING)
def test_what_stays(setup: str, call: str) -> None:
    assert findings(program(net(setup, call), "Net()", FLAT))
