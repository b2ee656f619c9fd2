"""Lists of layers that `setup` puts together for a `Sequential`: compared with Linen, or left."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import assert_identical, compared, program

IMAGES = (2, 4, 4, 3)
NET = """
class Both(nn.Module):
    def __call__(self, x):
        return jnp.concatenate([nn.elu(x), nn.elu(-x)], axis=-1)


class Gated(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        z = nn.Conv(2 * x.shape[-1], (3, 3))(nn.relu(nn.Conv(self.width, (1, 1))(x)))
        value, gate = jnp.split(z, 2, axis=-1)
        return x + value * nn.sigmoid(gate)


class Net(nn.Module):
    width: int = 4
    depth: int = 2
    out: int = 5

    def setup(self):
        layers = []
        layers += [nn.Conv(self.width, kernel_size=(3, 3)), nn.tanh]
        for _ in range(self.depth):
            layers += [Gated(self.width), nn.LayerNorm()]
            layers += [nn.gelu]
        layers += [Both(), nn.Conv(self.out, kernel_size=(3, 3))]
        self.net = nn.Sequential(layers)

    def __call__(self, x):
        return self.net(x).mean(axis=(1, 2))
"""
MADE = """\
        layers = []
        layers += [nnx.Conv(in_features, self.width, (3, 3), rngs=rngs), nnx.tanh]
        for _ in range(self.depth):
            layers += [
                Gated(self.width, in_features=self.width, rngs=rngs),
                nnx.LayerNorm(self.width, rngs=rngs),
            ]
            layers += [nnx.gelu]
"""


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_a_list_that_is_filled_in_a_loop(depth: int) -> None:
    done = compared(program(NET, f"Net(depth={depth})", IMAGES))
    assert_identical(done)
    assert MADE in done.text
    assert "self.net = nnx.Sequential(*layers)" in done.text


def test_layers_that_are_appended() -> None:
    module = NET.replace("layers += [nn.gelu]", "layers.append(nn.gelu)").replace(
        "layers += [Gated(self.width), nn.LayerNorm()]", "layers.append(Gated(self.width))"
    )
    module = module.replace("self.net =", "layers.append(nn.Dense(self.out))\n        self.net =")
    done = compared(program(module, "Net()", IMAGES))
    assert_identical(done)
    assert "layers.append(nnx.Linear(self.out, self.out, rngs=rngs))" in done.text


def test_a_list_without_a_loop() -> None:
    module = NET.replace("        for _ in range(self.depth):\n", "        if True:\n").replace(
        "        layers = []\n        layers +=", "        layers ="
    )
    module = module.replace("        if True:\n            layers", "        layers").replace(
        "            layers += [nn.gelu]\n", ""
    )
    assert_identical(compared(program(module, "Net()", IMAGES)))


REFUSED = [
    pytest.param("[Gated(self.width), nn.LayerNorm()]", "[nn.Conv(6, (3, 3))]", id="another-size"),
    pytest.param("for _ in range(self.depth):\\n            layers += [Gated(self.width), nn.LayerNorm()]",
                 "for width in (4, 4):\\n            layers += [Gated(width), nn.LayerNorm()]", id="by-turn"),
    pytest.param("layers += [nn.gelu]", "if self.out:\\n                layers += [nn.gelu]",
                 id="under-a-condition"),
    pytest.param(" layers = []\\n", " layers = []\\n        others = layers\\n", id="two-names"),
    pytest.param("        layers = []\\n", "        layers = list()\\n", id="made-by-a-call"),
    pytest.param("self.net = nn.Sequential(layers)", "self.net = nn.Sequential(layers[1:])", id="a-part"),
    pytest.param("nn.Sequential(layers)", "nn.Sequential(layers)\\n        self.kept = layers",
                 id="kept-besides"),
    pytest.param("nn.LayerNorm()]", "nn.LayerNorm(name='norm')]", id="a-name"),
    pytest.param("nn.LayerNorm()]", "nn.BatchNorm(use_running_average=None)]", id="a-flag-at-the-call"),
    pytest.param("layers += [nn.gelu]", "layers.extend([nn.gelu])", id="another-way-to-fill"),
    pytest.param("[nn.gelu]", "ACTS", id="another-list"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), REFUSED)
def test_other_lists_stay(before: str, after: str) -> None:
    before, after = before.replace("\\n", "\n"), after.replace("\\n", "\n")
    assert before in NET
    text = program(f"ACTS = [nn.gelu]\n\n\n{NET.strip()}".replace(before, after), "Net()", IMAGES)
    new = migrate_sources({"net.py": text}, Options()).changed.get("net.py", text)
    assert "class Net(nn.Module)" in new
