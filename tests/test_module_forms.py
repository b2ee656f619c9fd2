"""Forms of module classes: rewritten, run, and compared with Linen bit by bit."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, program

IMAGE = (2, 8, 12, 3)
FLAT = (4, 6)
TOKENS = (2, 5, 6)

FORMS = [
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                x = nn.relu(nn.Conv(4, (3, 3))(x))
                x = nn.max_pool(x, (2, 2), strides=(2, 2))
                x = nn.Conv(5, (3, 3), strides=(2, 2), padding="VALID")(x)
                x = x.reshape((x.shape[0], -1))
                return nn.Dense(3)(x)
        """,
        "Net()",
        IMAGE,
        id="convolutions-and-a-flat-end",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                x = x.reshape((x.shape[0], -1))
                return nn.Dense(3)(x)
        """,
        "Net()",
        IMAGE,
        id="flat-from-the-start",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                return nn.Dense(3)(nn.Conv(4, (3, 3))(x).mean(axis=(1, 2)))
        """,
        "Net()",
        IMAGE,
        id="mean-over-space",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            wide: bool = True
            normed: bool = False

            @nn.compact
            def __call__(self, x):
                if self.wide:
                    x = nn.Dense(9)(x)
                if self.normed:
                    x = nn.LayerNorm()(x)
                else:
                    x = nn.RMSNorm()(x)
                return nn.Dense(2)(x)
        """,
        "Net()",
        FLAT,
        id="layers-under-conditions",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            wide: bool = True

            @nn.compact
            def __call__(self, x):
                if self.wide:
                    x = nn.Dense(9)(x)
                return nn.Dense(2)(x)
        """,
        "Net(wide=False)",
        FLAT,
        id="a-condition-that-does-not-hold",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            widths: Sequence[int] = (5, 7)
            normed: bool = True

            @nn.compact
            def __call__(self, x):
                for width in self.widths:
                    x = nn.Dense(width)(x)
                    if self.normed:
                        x = nn.LayerNorm()(x)
                    x = nn.relu(nn.Dense(width + 1)(x))
                x = nn.LayerNorm()(x)
                return nn.Dense(2)(x)
        """,
        "Net()",
        FLAT,
        id="a-loop-with-two-layers-of-a-class",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            widths: Sequence[int] = (5, 7, 6, 4)

            @nn.compact
            def __call__(self, x):
                for i, width in enumerate(self.widths):
                    x = nn.Dense(width)(x)
                    if i % 2 == 1:
                        x = nn.LayerNorm()(x)
                    if i < len(self.widths) - 1:
                        x = nn.relu(nn.Dense(width + 1, name=f"between_{i}")(x))
                        x = nn.RMSNorm()(x)
                return nn.LayerNorm()(x)
        """,
        "Net()",
        FLAT,
        id="layers-of-some-turns",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            depth: int = 4

            @nn.compact
            def __call__(self, x):
                for i in range(self.depth):
                    x = nn.Dense(6)(x)
                    if i % 2 == 0:
                        x = nn.LayerNorm()(x)
                    if i > 0:
                        x = nn.GroupNorm(2)(x)
                    if i != self.depth - 1:
                        x = nn.RMSNorm()(nn.relu(x))
                return nn.RMSNorm()(x)
        """,
        "Net()",
        FLAT,
        id="layers-of-some-turns-by-number",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            stages: Sequence[int] = (1, 2, 1)
            width: int = 4

            @nn.compact
            def __call__(self, x):
                for i, count in enumerate(self.stages):
                    for j in range(count):
                        x = nn.relu(nn.Dense(self.width * 2**i)(x))
                return nn.Dense(2)(x)
        """,
        "Net()",
        FLAT,
        id="nested-loops",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            width: int = 4

            @nn.compact
            def __call__(self, x):
                shape = (x.shape[-1], self.width)
                kernel = self.param("kernel", nn.initializers.normal(1.0), shape)
                scale = self.param("scale", nn.initializers.normal(1.0), (shape[-1],))
                return x @ kernel * scale + sum(shape)
        """,
        "Net()",
        FLAT,
        id="a-shape-under-a-name-that-is-read-again",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            depth: int = 3

            @nn.compact
            def __call__(self, x):
                for _ in range(self.depth):
                    x = x + nn.Dense(6)(nn.relu(x))
                return x
        """,
        "Net()",
        FLAT,
        id="residual-loop",
    ),
    pytest.param(
        """
        class Block(nn.Module):
            features: int
            act: Callable = nn.relu

            @nn.compact
            def __call__(self, x):
                y = self.act(nn.Dense(self.features)(x))
                return x + nn.Dense(x.shape[-1])(y)


        class Net(nn.Module):
            depth: int = 2

            @nn.compact
            def __call__(self, x):
                x = nn.Dense(8)(x)
                for _ in range(self.depth):
                    x = Block(5)(x)
                x = Block(features=3, act=nn.tanh, name="last")(x)
                return nn.Dense(2)(x)
        """,
        "Net()",
        FLAT,
        id="blocks",
    ),
    pytest.param(
        """
        class Encoder(nn.Module):
            latent: int

            def setup(self):
                self.hidden = nn.Dense(8)
                self.mean = nn.Dense(self.latent)
                self.variance = nn.Dense(self.latent)

            def __call__(self, x):
                x = nn.relu(self.hidden(x))
                return self.mean(x), self.variance(x)


        class Decoder(nn.Module):
            size: int

            @nn.compact
            def __call__(self, z):
                return nn.Dense(self.size)(nn.relu(nn.Dense(8)(z)))


        class Net(nn.Module):
            latent: int = 3

            def setup(self):
                self.encoder = Encoder(self.latent)
                self.decoder = Decoder(6)

            def __call__(self, x):
                mean, variance = self.encoder(x)
                return self.decode(mean + jnp.exp(variance))

            def decode(self, z):
                return self.decoder(z)
        """,
        "Net()",
        FLAT,
        id="an-autoencoder",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            dtype: Any = jnp.float32

            @nn.compact
            def __call__(self, x):
                scale = self.param("scale", nn.initializers.ones, (x.shape[-1],), self.dtype)
                shift = self.param("shift", lambda key: jnp.zeros(()))
                return nn.Dense(2, dtype=self.dtype)(x * scale + shift)
        """,
        "Net()",
        FLAT,
        id="own-parameters",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            size: int = 6

            def setup(self):
                self.table = self.param("table", nn.initializers.normal(0.02), (5, self.size))
                self.out = nn.Dense(2)

            def __call__(self, x):
                return self.out(x + self.table)
        """,
        "Net()",
        TOKENS,
        id="own-parameters-in-setup",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            heads: int = 2

            @nn.compact
            def __call__(self, x, train: bool = False):
                b, t, c = x.shape
                h = nn.Dense(3 * c, use_bias=False)(nn.LayerNorm()(x))
                q, k, v = jnp.split(h, 3, axis=-1)
                q, k, v = (q.reshape(b, t, self.heads, -1), k.reshape(b, t, self.heads, c // self.heads),
                           v.reshape((b, t, self.heads, c // self.heads)))
                w = nn.softmax(jnp.einsum("bqhd,bkhd->bhqk", q, k))
                w = nn.Dropout(0.1)(w, deterministic=not train)
                y = jnp.einsum("bhqk,bkhd->bqhd", w, v).reshape(b, t, c)
                return x + nn.Dense(c)(y)
        """,
        "Net()",
        TOKENS,
        id="attention-by-hand",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x, train: bool = False):
                norm = partial(nn.BatchNorm, use_running_average=not train, momentum=0.9, epsilon=1e-5)
                conv = partial(nn.Conv, use_bias=False)
                residual = x
                y = nn.relu(norm()(conv(4, (3, 3), (2, 2))(x)))
                y = norm(scale_init=nn.initializers.zeros)(conv(4, (3, 3))(y))
                if residual.shape != y.shape:
                    residual = conv(4, (1, 1), (2, 2), name="projection")(residual)
                    residual = norm(name="projection_norm")(residual)
                y = nn.relu(residual + y)
                return nn.Dense(2)(y.mean((1, 2)))
        """,
        "Net()",
        IMAGE,
        id="a-residual-block-with-partial-layers",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            width: int = 4

            @nn.compact
            def __call__(self, x):
                skip = nn.Dense(self.width)(x)
                y = jnp.concatenate([x, skip], axis=-1)
                y = nn.Dense(self.width)(y)
                z = jnp.stack([y, skip], axis=1).sum(axis=1)
                return nn.Dense(1)(z).squeeze(-1)
        """,
        "Net()",
        FLAT,
        id="concatenate-and-stack",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                head = nn.Dense(4, name="head")
                return head(x[:, :3]) + head(x[:, 3:6])
        """,
        "Net()",
        FLAT,
        id="shared-weights",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                for i in range(3):
                    x = nn.relu(nn.Dense(4 + i, name=f"layer_{i}")(x))
                return x
        """,
        "Net()",
        FLAT,
        id="names-in-a-loop",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            widths: Sequence[int] = (5, 4, 3)

            @nn.compact
            def __call__(self, x):
                for width in self.widths[:-1]:
                    x = nn.relu(nn.Dense(width)(x))
                return nn.Dense(self.widths[-1])(x)
        """,
        "Net()",
        FLAT,
        id="a-loop-over-a-slice",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                x = nn.Sequential([nn.Dense(7), nn.relu, nn.Dense(3)])(x)
                head = nn.Sequential([nn.Dense(4), lambda y: 2 * y])
                return head(x)
        """,
        "Net()",
        FLAT,
        id="sequential",
    ),
    pytest.param(
        """
        class Block(nn.Module):
            width: int

            @nn.compact
            def __call__(self, x):
                return x + nn.Dense(x.shape[-1])(nn.relu(nn.Dense(self.width)(x)))


        class Net(nn.Module):
            width: int = 4
            depth: int = 3

            def setup(self):
                self.inner = nn.Dense(self.width)
                self.blocks = [Block(width=5) for _ in range(self.depth)]
                self.heads = [nn.Dense(3), nn.Dense(2)]

            def __call__(self, x):
                x = self.inner(x)
                for block in self.blocks:
                    x = block(x)
                for head in self.heads:
                    x = head(x)
                return x
        """,
        "Net()",
        FLAT,
        id="lists-in-setup",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            deterministic: bool | None = None

            @nn.compact
            def __call__(self, x, deterministic=None):
                deterministic = nn.merge_param("deterministic", self.deterministic, deterministic)
                return nn.Dense(2)(nn.Dropout(0.5)(x, deterministic=deterministic))
        """,
        "Net(deterministic=True)",
        FLAT,
        id="merged-flags",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            wide: bool = False

            def setup(self):
                if self.wide:
                    self.size = 9
                else:
                    self.size = 5
                self.first = nn.Dense(self.size)
                self.norm = nn.LayerNorm()
                self.last = nn.Dense(self.size)

            def __call__(self, x):
                return self.last(self.norm(self.first(x)))
        """,
        "Net()",
        FLAT,
        id="conditions-in-setup",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            gates: int = 1

            @nn.compact
            def __call__(self, x):
                x = x * nn.sigmoid(nn.Dense(self.gates)(x))
                return nn.LayerNorm()(x)
        """,
        "Net()",
        FLAT,
        id="a-broadcast-gate",
    ),
    pytest.param(
        """
        ModuleDef = Any


        class Block(nn.Module):
            filters: int
            conv: ModuleDef
            norm: ModuleDef
            act: Callable = nn.relu
            strides: tuple[int, int] = (1, 1)

            @nn.compact
            def __call__(self, x):
                residual = x
                y = self.conv(self.filters, (3, 3), self.strides)(x)
                y = self.act(self.norm()(y))
                y = self.conv(self.filters, (3, 3))(y)
                y = self.norm(scale_init=nn.initializers.zeros)(y)
                if residual.shape != y.shape:
                    residual = self.conv(self.filters, (1, 1), self.strides, name="projection")(residual)
                    residual = self.norm(name="projection_norm")(residual)
                return self.act(residual + y)


        class Net(nn.Module):
            stages: Sequence[int]
            block_cls: ModuleDef
            width: int = 4
            act: Callable = nn.relu

            @nn.compact
            def __call__(self, x, train: bool = False):
                conv = partial(nn.Conv, use_bias=False)
                norm = partial(nn.BatchNorm, use_running_average=not train, momentum=0.9, epsilon=1e-5)
                x = conv(self.width, (3, 3), name="conv_init")(x)
                x = norm(name="bn_init")(x)
                x = nn.max_pool(self.act(x), (3, 3), strides=(2, 2), padding="SAME")
                for i, count in enumerate(self.stages):
                    for j in range(count):
                        strides = (2, 2) if i > 0 and j == 0 else (1, 1)
                        x = self.block_cls(
                            self.width * 2**i, strides=strides, conv=conv, norm=norm, act=self.act
                        )(x)
                x = jnp.mean(x, axis=(1, 2))
                return nn.Dense(3)(x)
        """,
        "Net(stages=[1, 2], block_cls=Block)",
        IMAGE,
        id="a-residual-network-with-layer-classes-in-fields",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            norm: Any
            layer: Any = partial(nn.Dense, use_bias=False)

            @nn.compact
            def __call__(self, x):
                return self.layer(2)(self.norm()(self.layer(5)(x)))
        """,
        "Net(norm=nn.RMSNorm)",
        FLAT,
        id="layer-classes-as-defaults",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            widths: Sequence[int] = (5, 4)
            scales: Sequence[float] = (1.0, 2.0)

            @nn.compact
            def __call__(self, x):
                init = nn.initializers.normal(0.1)
                for i, (width, scale) in enumerate(zip(self.widths, self.scales)):
                    x = scale * nn.Dense(width, kernel_init=init)(x)
                for width, scale in zip(self.widths, self.scales):
                    x = scale * nn.Dense(width, kernel_init=init)(x)
                for i in range(2):
                    x = nn.Dense(3, name="tail_" + str(i))(x)
                return x
        """,
        "Net()",
        FLAT,
        id="names-and-targets-of-loops",
    ),
    pytest.param(
        """
        class Gate(nn.Module):
            wide: bool
            size_of_the_gate: int = 3

            @nn.compact
            def __call__(self, x):
                return nn.Dense(self.size_of_the_gate * (2 if self.wide else 1))(x)


        class Net(nn.Module):
            flag: bool = True
            number_of_features: int = 2

            @nn.compact
            def __call__(self, x):
                if self.flag:
                    x = nn.Dense(3)(x)
                x = Gate(self.flag)(x)
                x = jnp.concatenate([x, nn.Dense(3)(x)], axis=-1)
                if x.shape[-1] != self.number_of_features:
                    x = nn.Dense(self.number_of_features, name="projection")(x)
                return nn.Dense(2)(x)
        """,
        "Net()",
        FLAT,
        id="long-sizes-in-parentheses",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            width: int = 4

            def setup(self):
                self.query = nn.Dense(self.inner, name="q_proj")
                self.act = nn.gelu
                self.scale = self.param("scale_weight", nn.initializers.ones, (self.inner,))

            @property
            def inner(self) -> int:
                return self.width * 2

            @nn.nowrap
            def double(self, x):
                return 2 * x

            def __call__(self, x):
                return self.act(self.query(self.double(x)) * self.scale)

            def predict(self, x):
                return jnp.argmax(self(x), -1)
        """,
        "Net()",
        FLAT,
        id="names-of-their-own-and-properties",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            width: int = 4

            @nn.compact
            def __call__(self, x):
                return nn.Dense(self.width)(nn.relu(nn.Dense(self.width)(x)))

            def predict(self, x):
                return jnp.argmax(self.__call__(x), -1)
        """,
        "Net()",
        FLAT,
        id="another-method-calls-call-by-its-name",
    ),
    pytest.param(
        """
        class Block(nn.Module):
            width: int

            @nn.compact
            def __call__(self, x):
                return x + nn.Dense(x.shape[-1])(nn.relu(nn.Dense(self.width)(x)))


        class Net(nn.Module):
            depth: int = 11

            def setup(self):
                self.layers = [Block(4, name=str(i)) for i in range(self.depth)]
                self.tails = [nn.Dense(6, name=f"tail_{j}") for j in range(2)]

            def __call__(self, x):
                for i, layer in enumerate(self.layers):
                    x = layer(x) / (1 + i)
                return self.tails[0](x) + self.tails[1](x)
        """,
        "Net()",
        FLAT,
        id="lists-with-computed-names",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            first: Any = None
            last: Any = None

            @nn.compact
            def __call__(self, x):
                if self.first is None:
                    init = jax.nn.initializers.normal(0.1)
                else:
                    init = self.first
                x = nn.Dense(3, kernel_init=init)(x)
                for i, size in enumerate((4, 5)):
                    if i == 0:
                        x = nn.Dense(size, kernel_init=init)(x)
                    else:
                        if self.last is not None:
                            last = self.last
                        else:
                            last = init
                        x = nn.Dense(size, kernel_init=last)(x)
                return x
        """,
        "Net()",
        FLAT,
        id="a-name-that-a-condition-binds",
    ),
    pytest.param(
        """
        ACTIVATIONS = {"relu": nn.relu, "own": lambda x: x * nn.sigmoid(x)}


        class Patches(nn.Module):
            size: int = 3

            def setup(self):
                self.count = self.size * 2
                self.projection = nn.Dense(self.count)

            def __call__(self, x):
                return self.projection(x)


        class Net(nn.Module):
            activation: str = "own"
            pooled: bool = True
            wide: bool = False

            def setup(self):
                self.patches = Patches()
                self.bias = self.param("bias", nn.initializers.zeros, (self.patches.count,))
                self.act = ACTIVATIONS[self.activation]
                self.pooler = nn.Dense(4) if self.pooled else None
                self.other = nn.Dense(4) if self.wide else None
                self.norm = nn.LayerNorm() if self.wide else nn.RMSNorm()

            def __call__(self, x):
                x = self.norm(self.act(self.patches(x) + self.bias))
                if self.pooler is not None:
                    x = x + self.pooler(x).sum()
                return x if self.other is None else self.other(x)
        """,
        "Net()",
        FLAT,
        id="layers-or-nothing-and-tables-of-functions",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            dim: int = 6
            scaled: bool = True

            def setup(self):
                if self.scaled:
                    self.scale = self.param("scale", nn.initializers.normal(), (self.dim))
                else:
                    self.scale = None
                self.inner = nn.Dense(self.dim)
                self.outer = nn.Dense(2)

            def __call__(self, x):
                x = self.inner(x)
                if self.scale is not None:
                    x = self.scale.astype(x.dtype) * x
                return self.outer(x)
        """,
        "Net()",
        FLAT,
        id="a-parameter-or-nothing",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            deep: bool = False
            tied: bool = True

            def setup(self):
                self.first = nn.Dense(4)
                self.second = nn.Dense(4)
                self.third = nn.LayerNorm()
                self.head = nn.Dense(4, use_bias=False)

            def end(self, x):
                return self.third(self.second(x)) if self.deep else x

            def __call__(self, x):
                x = self.first(x)
                if self.tied:
                    return self.end(x)
                return self.head(self.end(x))
        """,
        "Net()",
        FLAT,
        id="layers-of-setup-that-are-not-reached",
    ),
    pytest.param(
        """
        from flax.linen.attention import dot_product_attention_weights


        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                query = nn.Dense(6)(x)[:, None, None, :]
                weights = dot_product_attention_weights(query, query)
                return nn.Dense(2)(x) * weights.mean()
        """,
        "Net()",
        FLAT,
        id="functions-that-stay-in-linen",
    ),
]


@pytest.mark.parametrize(("module", "build", "shape"), FORMS)
def test_form(module: str, build: str, shape: tuple[int, ...]) -> None:
    assert_identical(compared(program(module, build, shape)))
