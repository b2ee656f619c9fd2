"""Layers that NNX lacks stand where they are built, and nowhere else."""

from __future__ import annotations

import pytest

from tests.module_harness import findings, program

IMAGE = (2, 8, 3)
REFUSED = [
    pytest.param(
        """
        class Net(nn.Module):
            conv: Any = nn.ConvLocal

            @nn.compact
            def __call__(self, x):
                return self.conv(4, (3,))(x)
        """,
        "Net()",
        "LNX110 `ConvLocal`, which NNX does not have, is used as a class",
        id="a-class-in-a-field",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            def setup(self):
                self.layers = [nn.ConvLocal(3, (3,)) for _ in range(2)]

            def __call__(self, x):
                for layer in self.layers:
                    x = layer(x)
                    if isinstance(layer, nn.ConvLocal):
                        x = x + 1
                return x
        """,
        "Net()",
        "LNX110 `ConvLocal`, which NNX does not have, is used as a class",
        id="asked-for-by-its-class",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            sizes: tuple

            @nn.compact
            def __call__(self, x):
                return nn.ConvLocal(3, self.sizes)(x)
        """,
        "Net((3,))",
        "LNX112 the size of this layer's input cannot be told from the code",
        id="a-window-of-unknown-axes",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                return nn.ConvLocal(3, (3,), feature_group_count=1)(x)
        """,
        "Net()",
        "LNX110 `feature_group_count` of this layer has no counterpart in NNX",
        id="an-option-that-does-nothing",
    ),
    pytest.param(
        "", "nn.ConvLocal(3, (3,))", "LNX110 `linen.ConvLocal` as a whole model", id="a-whole-model"
    ),
]


@pytest.mark.parametrize(("module", "build", "reason"), REFUSED)
def test_what_is_near_stays(module: str, build: str, reason: str) -> None:
    assert reason in findings(program(module, build, IMAGE))
