"""Strategies for compact modules: chains of layers and array operations on `x[batch, time, width]`.

All widths are even, so that every layer may follow every other one.
"""

from __future__ import annotations

from hypothesis import strategies as st

from tests.module_harness import program

SHAPE = (2, 4, 6)
SIZES = ("4", "6", "self.width", "2 * self.width", "x.shape[-1]")
KEPT = (
    "nn.Dense({size}{name})(x)",
    "nn.Dense({size}, use_bias=False, dtype=jnp.bfloat16)(x).astype(jnp.float32)",
    "nn.DenseGeneral((2, {size}), axis=-1)(x).sum(axis=-2)",
    "nn.DenseGeneral({size}, axis=(-2, -1))(x)[:, None] + x[..., :1]",
    "nn.Einsum(({last}, 2, 4), '...d,dhk->...hk')(x).reshape(2, -1, 8)",
    "nn.Conv({size}, (3,), padding='{padding}')(x)",
    "nn.Conv({size}, (2,), kernel_dilation=2, feature_group_count=2, use_bias=False)(x)",
    "nn.ConvTranspose({size}, (3,), strides=(2,))(x)",
    "nn.LayerNorm(epsilon=1e-3)(x)",
    "nn.RMSNorm(dtype=jnp.bfloat16)(x).astype(jnp.float32)",
    "nn.GroupNorm(num_groups=2)(x)",
    "nn.InstanceNorm(use_scale=False)(x)",
    "nn.BatchNorm(use_running_average={flag}, momentum=0.9)(x)",
    "nn.PReLU()(x)",
    "nn.Dropout(0.5, deterministic=True)(x)",
    "nn.SelfAttention(2, qkv_features=8)(x)",
    "nn.MultiHeadDotProductAttention(2)(x, x[:, ::2])",
    "nn.RNN(nn.GRUCell({size}))(x)",
    "nn.Bidirectional(nn.RNN(nn.SimpleCell(2)), nn.RNN(nn.MGUCell(4)))(x)",
    "nn.Sequential([nn.Dense({size}), nn.tanh, nn.LayerNorm()])(x)",
    "Block(4)(x)",
    "nn.remat(Block)({size})(x)",
    "x * self.param('scale_{index}', nn.initializers.ones, (x.shape[-1],))",
    "nn.glu(nn.Dense(8)(x))",
)
"""Layers, and modules of the project."""
OPERATIONS = (
    "nn.gelu(x)",
    "jnp.concatenate([x, jnp.sin(x)], axis=-1)",
    "jnp.stack([x, -x], axis=2).mean(axis=2)",
    "jnp.swapaxes(x, 1, 2)[..., :4]",
    "x.transpose(0, 2, 1).reshape(2, -1, 4)",
    "sum(jnp.split(x, 2, axis=-1)) @ jnp.ones((x.shape[-1] // 2, 4))",
    "jnp.pad(x, ((0, 0), (1, 0), (0, 2)))",
    "jnp.repeat(x, 2, axis=-1)",
    "jnp.einsum('btd,bsd->bts', x, x)[..., :2]",
    "nn.avg_pool(x, (2,), strides=(1,), padding='SAME')",
    "jnp.where(x > 0, x, 0.1 * x)",
    "x - x.mean(axis=-1, keepdims=True)",
    "jax.nn.softmax(x, axis=-1)",
    "jnp.broadcast_to(x.mean(axis=1, keepdims=True), x.shape)",
)
"""What stands between layers."""
BLOCK = """
class Block(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return x[..., :1] + nn.Dense(self.width)(nn.relu(x))


"""
HEAD = """class Net(nn.Module):
    width: int = 6
    depth: int = 2
    wide: bool = {wide}

    @nn.compact
    def __call__(self, x):
"""


@st.composite
def expressions(draw: st.DrawFn, index: int) -> str:
    """What `x` becomes in one line."""
    pattern = draw(st.one_of(st.sampled_from(KEPT), st.sampled_from(OPERATIONS)))
    return pattern.format(
        size=draw(st.sampled_from(SIZES)),
        name=draw(st.sampled_from(["", f", name='layer_{index}'"])),
        padding=draw(st.sampled_from(["SAME", "VALID", "CAUSAL", "CIRCULAR"])),
        flag=draw(st.booleans()),
        last="x.shape[-1]",
        index=index,
    )


@st.composite
def bodies(draw: st.DrawFn) -> list[str]:
    """The lines of `__call__`; some stand in a loop, some under a condition on a field."""
    lines: list[str] = []
    for index in range(draw(st.integers(2, 5))):
        line = f"x = {draw(expressions(index))}"
        form = draw(st.integers(0, 9))
        if form == 0:
            size = draw(st.sampled_from(SIZES))
            lines += ["for _ in range(self.depth):", f"    x = nn.tanh(nn.Dense({size})(x))"]
        elif form == 1:
            lines += ["if self.wide:", f"    {line}"]
        elif form == 2:
            lines += ["y = x", line, "x = jnp.concatenate([x[:, :1], y[:, :1]], axis=-1)"]
        else:
            lines.append(line)
    return [*lines, "return nn.Dense(2)(x)"]


@st.composite
def modules(draw: st.DrawFn) -> str:
    """A whole program around a module `Net`."""
    lines = draw(bodies())
    head = HEAD.format(wide=draw(st.booleans()))
    body = "".join(f"        {line}\n" for line in lines)
    block = BLOCK if "Block(" in body or "Block)" in body else ""
    return program(f"{block}{head}{body}", "Net()", SHAPE)


SIMPLE = program(f"{HEAD.format(wide=False)}        return nn.Dense(2)(nn.gelu(x))\n", "Net()", SHAPE)
"""A module without anything that might stand against it."""
