"""Whole models of the usual kinds, small: migrated, run, and compared with Linen bit by bit."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, program

UNET = """
class Level(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        return nn.relu(nn.GroupNorm(num_groups=2)(nn.Conv(self.features, (3, 3))(x)))


class Net(nn.Module):
    width: int = 4

    @nn.compact
    def __call__(self, x):
        first = Level(self.width)(x)
        x = Level(2 * self.width)(nn.max_pool(first, (2, 2), strides=(2, 2)))
        b, h, w, c = first.shape
        x = jax.image.resize(x, (b, h, w, x.shape[-1]), "nearest")
        x = Level(self.width)(jnp.concatenate([x, first], axis=-1))
        return nn.Conv(3, (1, 1))(x)
"""
VIT = """
class Block(nn.Module):
    heads: int
    dim: int

    @nn.compact
    def __call__(self, x):
        b, n, d = x.shape
        y = nn.LayerNorm()(x)
        q, k, v = jnp.split(nn.Dense(3 * self.dim, use_bias=False)(y), 3, axis=-1)
        q, k, v = (a.reshape(b, n, self.heads, self.dim // self.heads) for a in (q, k, v))
        scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) / jnp.sqrt(self.dim // self.heads)
        y = jnp.einsum("bhqk,bkhd->bqhd", nn.softmax(scores), v).reshape(b, n, self.dim)
        x = x + nn.Dense(d)(y)
        y = nn.gelu(nn.Dense(2 * d)(nn.LayerNorm()(x)))
        return x + nn.Dense(d)(y)


class Net(nn.Module):
    patch: int = 4
    dim: int = 6
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(self.dim, (self.patch, self.patch), (self.patch, self.patch), padding="VALID")(x)
        b, h, w, d = x.shape
        x = x.reshape(b, h * w, d)
        token = self.param("token", nn.initializers.normal(0.02), (1, 1, self.dim))
        x = jnp.concatenate([jnp.tile(token, (b, 1, 1)), x], axis=1)
        x = x + self.param("position", nn.initializers.normal(0.02), (1, 1 + 4, self.dim))
        for i in range(self.depth):
            x = Block(2, self.dim, name=f"block_{i}")(x)
        return nn.Dense(3, name="head")(nn.LayerNorm()(x)[:, 0])
"""
GPT = """
class Net(nn.Module):
    vocabulary: int = 7
    dim: int = 8
    depth: int = 2

    def setup(self):
        self.embed = nn.Embed(self.vocabulary, self.dim)
        self.attentions = [nn.SelfAttention(num_heads=2) for _ in range(self.depth)]
        self.norms = [nn.RMSNorm() for _ in range(self.depth)]
        self.last = nn.LayerNorm()

    def __call__(self, tokens):
        x = self.embed(tokens)
        for i in range(self.depth):
            x = x + self.attentions[i](self.norms[i](x), mask=nn.make_causal_mask(tokens))
        return self.embed.attend(self.last(x))
"""
VAE = """
class Encoder(nn.Module):
    latents: int

    @nn.compact
    def __call__(self, x):
        h = nn.relu(nn.Dense(8)(x))
        return nn.Dense(self.latents, name="mean")(h), nn.Dense(self.latents, name="logvar")(h)


class Decoder(nn.Module):
    features: int

    @nn.compact
    def __call__(self, z):
        return nn.Dense(self.features)(nn.relu(nn.Dense(8)(z)))


class Net(nn.Module):
    latents: int = 3

    @nn.compact
    def __call__(self, x):
        mean, logvar = Encoder(self.latents)(x)
        noise = jax.random.normal(jax.random.key(0), mean.shape)
        z = mean + noise * jnp.exp(0.5 * logvar)
        return Decoder(x.shape[-1])(z), mean, logvar
"""
GNN = """
class MessagePassing(nn.Module):
    features: int

    @nn.compact
    def __call__(self, nodes, senders, receivers):
        messages = jnp.concatenate([nodes[senders], nodes[receivers]], axis=-1)
        messages = nn.relu(nn.Dense(self.features)(messages))
        incoming = jax.ops.segment_sum(messages, receivers, num_segments=nodes.shape[0])
        return nn.LayerNorm()(nn.Dense(self.features)(jnp.concatenate([nodes, incoming], axis=-1)))


class Net(nn.Module):
    @nn.compact
    def __call__(self, nodes):
        senders, receivers = jnp.array([0, 1, 2, 3]), jnp.array([1, 2, 3, 0])
        for features in (5, 7):
            nodes = MessagePassing(features)(nodes, senders, receivers)
        return nn.Dense(2)(nodes.sum(axis=0))
"""
NERF = """
class Net(nn.Module):
    depth: int = 4
    skip: int = 2
    frequencies: int = 3

    @nn.compact
    def __call__(self, points):
        scales = 2.0 ** jnp.arange(self.frequencies)
        angles = jnp.reshape(points[..., None, :] * scales[:, None], (*points.shape[:-1], -1))
        inputs = jnp.concatenate([points, jnp.sin(angles), jnp.cos(angles)], axis=-1)
        x = inputs
        for i in range(self.depth):
            x = nn.relu(nn.Dense(8)(x))
            if i == self.skip:
                x = jnp.concatenate([x, inputs], axis=-1)
        density = nn.Dense(1, name="density")(x)
        return jnp.concatenate([nn.sigmoid(nn.Dense(3, name="colour")(x)), density], axis=-1)
"""
EXPERTS = """
class Expert(nn.Module):
    hidden: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(x.shape[-1])(nn.gelu(nn.Dense(self.hidden)(x)))


class Net(nn.Module):
    experts: int = 3

    @nn.compact
    def __call__(self, x):
        gates = nn.softmax(nn.Dense(self.experts, name="gate")(x))
        Experts = nn.vmap(
            Expert,
            variable_axes={"params": 0},
            split_rngs={"params": True},
            in_axes=None,
            axis_size=self.experts,
        )
        outputs = Experts(hidden=5)(x)
        return jnp.einsum("ebd,be->bd", outputs, gates)
"""
FLOW = """
class Coupling(nn.Module):
    hidden: int
    swap: bool = False

    @nn.compact
    def __call__(self, x):
        half = x.shape[-1] // 2
        a, b = jnp.split(x, 2, axis=-1)
        if self.swap:
            a, b = b, a
        h = nn.tanh(nn.Dense(self.hidden)(a))
        shift, scale = nn.Dense(half)(h), jnp.tanh(nn.Dense(half)(h))
        b = b * jnp.exp(scale) + shift
        y = jnp.concatenate([b, a] if self.swap else [a, b], axis=-1)
        return y, scale.sum(axis=-1)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        total = 0.0
        for i in range(3):
            x, change = Coupling(5, swap=i % 2 == 1)(x)
            total += change
        return x, total
"""
CRITICS = """
class MLP(nn.Module):
    widths: Sequence[int]
    activate_last: bool = False

    @nn.compact
    def __call__(self, x):
        for i, width in enumerate(self.widths):
            x = nn.Dense(width, kernel_init=nn.initializers.orthogonal())(x)
            if i + 1 < len(self.widths) or self.activate_last:
                x = nn.relu(x)
        return x


class Critic(nn.Module):
    widths: Sequence[int]

    @nn.compact
    def __call__(self, observations, actions):
        x = jnp.concatenate([observations, actions], axis=-1)
        return jnp.squeeze(MLP((*self.widths, 1))(x), axis=-1)


class Net(nn.Module):
    widths: Sequence[int] = (6, 5)
    number: int = 2

    @nn.compact
    def __call__(self, x):
        features = MLP(self.widths, activate_last=True)(x)
        mean = nn.Dense(3, name="mean")(features)
        VmapCritic = nn.vmap(
            Critic, variable_axes={"params": 0}, split_rngs={"params": True}, in_axes=None, out_axes=0,
            axis_size=self.number,
        )
        return mean, VmapCritic(self.widths)(x, mean)
"""
GAN = """
class Net(nn.Module):
    features: int = 4

    @nn.compact
    def __call__(self, z):
        x = nn.Dense(4 * 4 * self.features)(z).reshape((z.shape[0], 4, 4, self.features))
        x = nn.relu(nn.BatchNorm(use_running_average=False, momentum=0.9)(x))
        x = nn.ConvTranspose(self.features // 2, (4, 4), strides=(2, 2))(x)
        x = nn.tanh(nn.ConvTranspose(1, (4, 4), strides=(2, 2))(x))
        x = nn.leaky_relu(nn.Conv(self.features, (4, 4), strides=(2, 2))(x), 0.2)
        return nn.Dense(1)(x.reshape((x.shape[0], -1)))
"""
MODELS = [
    pytest.param(UNET, (1, 8, 8, 3), "X", id="u-net"),
    pytest.param(VIT, (2, 8, 8, 3), "X", id="vision-transformer"),
    pytest.param(GPT, (2, 3), "IDS", id="language-model"),
    pytest.param(VAE, (4, 6), "X", id="autoencoder"),
    pytest.param(GNN, (4, 3), "X", id="graph-network"),
    pytest.param(NERF, (5, 3), "X", id="radiance-field"),
    pytest.param(EXPERTS, (4, 6), "X", id="mixture-of-experts"),
    pytest.param(FLOW, (4, 6), "X", id="flow"),
    pytest.param(CRITICS, (4, 6), "X", id="actor-and-critics"),
    pytest.param(GAN, (2, 5), "X", id="adversarial"),
]


@pytest.mark.parametrize(("module", "shape", "inputs"), MODELS)
def test_model(module: str, shape: tuple[int, ...], inputs: str) -> None:
    assert_identical(compared(program(module, "Net()", shape, inputs=inputs), inputs=inputs, compiled=True))
