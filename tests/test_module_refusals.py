"""Module classes that stay as they are: what they build, or how large it is, cannot be said in `__init__`."""

from __future__ import annotations

import pytest

from tests.module_harness import findings, program

FLAT = (4, 6)
BODIES = [
    pytest.param("h = nn.Dense(4)(x) if self.wide else x", "LNX111", id="a-layer-in-a-choice"),
    pytest.param("h = self.wide and nn.Dense(4)(x)", "LNX111", id="a-layer-behind-and"),
    pytest.param("h = [nn.Dense(4)(x) for _ in range(2)][0]", "LNX111", id="layers-in-a-comprehension"),
    pytest.param("h = (lambda y: nn.Dense(4)(y))(x)", "LNX111", id="a-layer-in-a-lambda"),
    pytest.param("h = nn.Dense(train)(x)", "LNX111", id="a-size-from-the-call"),
    pytest.param("h = nn.Dropout(0.5)(x)", "LNX110", id="a-flag-that-nobody-gives"),
    pytest.param("h = nn.BatchNorm()(x)", "LNX110", id="statistics-without-a-flag"),
    pytest.param("h = nn.LayerNorm()(x[int(train):].T)", "LNX112", id="an-unknown-slice-is-the-last-axis"),
    pytest.param("h = nn.Dense(x.shape[0])(x)", "LNX112", id="the-batch-is-a-size"),
    pytest.param("h = nn.Dense(4, dot_general=None)(x)", "LNX110", id="an-option-without-counterpart"),
    pytest.param("h = nn.GroupNorm(2, reduction_axes=(-1,))(x)", "LNX110", id="other-axes-of-groups"),
    pytest.param("h = nn.SelfAttention(2, force_fp32_for_softmax=True)(x)", "LNX110", id="softmax-in-full"),
    pytest.param("h = nn.SelfAttention(2, attention_fn=jnp.add)(x)", "LNX110", id="another-attention"),
    pytest.param("h = nn.SelfAttention(2, decode=True)(x)", "LNX110", id="a-cache"),
    pytest.param("h = nn.DenseGeneral(2, batch_dims=(0,))(x)", "LNX112", id="weights-for-each-of-the-batch"),
    pytest.param(
        "d = nn.Dense(6)\n        h = d(x) if train else d(x[:, :3])",
        "LNX112",
        id="a-shared-layer-of-two-sizes",
    ),
    pytest.param(
        "d = nn.Dense(6)\n        if self.wide:\n            x = d(x[:, :3])\n        h = d(x)",
        "LNX112",
        id="a-shared-layer-under-a-condition",
    ),
    pytest.param("h = nn.SelfAttention(2, attention_fn=None)(x)", "LNX110", id="own-attention"),
    pytest.param("h = nn.LayerNorm(feature_axes=(1, 2))(x)", "LNX110", id="features-along-two-axes"),
    pytest.param("h = nn.WeightNorm(nn.SelfAttention(2))(x)", "LNX110", id="a-norm-of-several-weights"),
    pytest.param("h = nn.Dense(*self.sizes)(x)", "LNX110", id="spread-arguments"),
    pytest.param("h = nn.Dense(4, name=self.label)(x)", "LNX111", id="a-computed-name"),
    pytest.param("h = nn.Dense(4, name='helper')(x)", "LNX111", id="the-name-of-a-method"),
    pytest.param("self.sow('intermediates', 'h', x)\n        h = x", "LNX311", id="sown-values"),
    pytest.param(
        "h = x + (self.variable('s', 'v', jnp.zeros, ()).value if train else 0)", "LNX312", id="own-variables"
    ),
    pytest.param(
        "h = x * self.param('p', nn.initializers.ones, (train,))", "LNX111", id="a-shape-from-the-call"
    ),
    pytest.param("h = nn.remat(nn.BatchNorm)(True)(x)", "LNX111", id="a-lifted-layer"),
    pytest.param(
        "if train:\n            x = nn.Dense(4)(x)\n        h = x", "LNX111", id="a-condition-of-the-call"
    ),
    pytest.param(
        "if train:\n            return nn.Dense(2)(x)\n        h = x", "LNX111", id="a-return-first"
    ),
    pytest.param(
        "for i in range(2):\n            if i == train:\n                x = nn.Dense(6)(x)\n        h = x",
        "LNX111",
        id="a-condition-of-the-call-in-a-loop",
    ),
    pytest.param(
        "for width in (4, 5, 5):\n            h = nn.LayerNorm()(nn.Dense(width)(x))\n"
        "            if x.shape[-1] != width:\n                x = nn.Conv(width, (1,))(x)\n"
        "            x = h = h + x",
        "LNX111",
        id="a-number-of-layers-that-depends-on-running-sizes",
    ),
    pytest.param(
        "if x.shape[-1] != self.width:\n            x = nn.Dense(self.width)(x)\n        h = nn.Dense(2)(x)",
        "LNX111",
        id="a-number-in-a-name-that-depends-on-the-input",
    ),
    pytest.param(
        "layer = nn.Dense(6) if self.wide else nn.Dropout(0.5, deterministic=not train)\n"
        "        h = layer(x)",
        "LNX111",
        id="layers-in-a-choice",
    ),
    pytest.param(
        "x = nn.Dense(6)(x)\n        if self.wide:\n            layer = nn.Dense(6)\n"
        "        else:\n            layer = nn.Dropout(0.5, deterministic=not train)\n"
        "        h = layer(x)",
        "LNX111",
        id="layers-with-other-arguments-at-one-call",
    ),
    pytest.param(
        "h = nn.Sequential([nn.Dense(6), nn.Dropout(0.5, deterministic=not train)])(x)",
        "LNX111",
        id="a-flag-inside-a-sequence",
    ),
    pytest.param(
        "while x.ndim > 3:\n            x = nn.Dense(6)(x)\n        h = x", "LNX111", id="a-layer-in-while"
    ),
    pytest.param(
        "rngs = 3\n        h = nn.Dropout(0.5)(x, deterministic=not rngs)", "LNX111", id="rngs-is-taken"
    ),
]


@pytest.mark.parametrize(("body", "code"), BODIES)
def test_refused(body: str, code: str) -> None:
    module = f"""
class Net(nn.Module):
    wide: bool = True
    sizes: tuple = (4,)
    label: str = "a"

    @nn.compact
    def __call__(self, x, train=True):
        {body}
        return nn.Dense(2)(h)

    def helper(self):
        return 1
"""
    assert any(text.startswith(code) for text in findings(program(module, "Net()", FLAT)))


CLASSES = [
    pytest.param("self.layer(4)(x)", "Net(layer=nn.Dense), Net(layer=nn.DenseGeneral)", id="two-classes"),
    pytest.param("self.layer(4)(x)", "Net(layer=pick()), 0", id="a-class-from-a-function"),
    pytest.param("self.layer(x)", "Net(layer=partial(nn.Dense, 4)()), 0", id="a-layer-as-a-function"),
    pytest.param("self.layer()(x)", "Net(layer=partial(nn.Dense, 4)), 0", id="arguments-by-position"),
    pytest.param(
        "self.layer()(x)", "Net(layer=partial(nn.Dense, features=4)), 0", id="a-size-in-the-partial"
    ),
    pytest.param("self.layer()(x)", "Net(layer=nn.BatchNorm), 0", id="a-flag-that-nobody-gives"),
]


@pytest.mark.parametrize(("expression", "built"), CLASSES)
def test_classes_in_fields(expression: str, built: str) -> None:
    module = f"""
def pick():
    return nn.Dense


class Net(nn.Module):
    layer: Any = None

    @nn.compact
    def __call__(self, x):
        return {expression}


net, other = {built}
"""
    text = program(module, "net", FLAT).replace("\n\nnet = net\n", "\n")
    assert findings(text)
