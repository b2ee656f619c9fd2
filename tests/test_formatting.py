"""Layout: what is not rewritten stays as it was, what is rewritten looks like the rest of its file."""

from __future__ import annotations

import io
import tokenize
from collections import Counter
from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.linen_programs import CREATE, NET, after

PATH = "train.py"


def migrated(text: str) -> str:
    new = migrate_sources({PATH: text}, Options()).changed[PATH]
    compile(new, PATH, "exec")
    return new


def comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


MODULES = [
    pytest.param(
        """
        class Net(nn.Module):
            width: int = 3
            @nn.compact
            def __call__(self, x):
                return nn.Dense(self.width)(x)
        """,
        """
        class Net(nnx.Module):
            def __init__(self, width: int = 3, *, in_features: int, rngs: nnx.Rngs):
                self.width = width
                self.Dense_0 = nnx.Linear(in_features, self.width, rngs=rngs)

            def __call__(self, x):
                return self.Dense_0(x)
        """,
        id="a-blank-line-between-the-methods",
    ),
    pytest.param(
        """
        class Net(nn.Module):
        \twidth: int = 3

        \t@nn.compact
        \tdef __call__(self, x):
        \t\treturn nn.Dense(self.width)(x)
        """,
        """
        class Net(nnx.Module):
        \tdef __init__(self, width: int = 3, *, in_features: int, rngs: nnx.Rngs):
        \t\tself.width = width
        \t\tself.Dense_0 = nnx.Linear(in_features, self.width, rngs=rngs)

        \tdef __call__(self, x):
        \t\treturn self.Dense_0(x)
        """,
        id="tabs",
    ),
    pytest.param(
        """
        class Net(nn.Module):  # net
            # the width
            width: int = 3  # units

            # before
            @nn.compact  # layers inline
            def __call__(  # open
                self,
                x,  # inputs
            ):  # close
                return nn.Dense(  # dense
                    self.width,  # w
                )(x)  # applied
        """,
        """
        class Net(nnx.Module):  # net
            def __init__(self, width: int = 3, *, in_features: int, rngs: nnx.Rngs):
                # the width
                self.width = width  # units
                # dense
                # w
                self.Dense_0 = nnx.Linear(in_features, self.width, rngs=rngs)

            # before
            # layers inline
            def __call__(  # open
                self,
                x,  # inputs
            ):  # close
                return self.Dense_0(x)  # applied
        """,
        id="comments-go-with-what-they-are-about",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            width: int = 3

            # before
            def setup(self):  # builds
                \"\"\"Builds.\"\"\"
                self.out = nn.Dense(self.width)  # out
                # after

            def __call__(self, x):
                return self.out(x)
        """,
        """
        class Net(nnx.Module):
            def __init__(self, width: int = 3, *, in_features: int, rngs: nnx.Rngs):
                # before
                # builds
                \"\"\"Builds.\"\"\"
                self.width = width
                self.out = nnx.Linear(in_features, self.width, rngs=rngs)  # out
                # after

            def __call__(self, x):
                return self.out(x)
        """,
        id="comments-and-docstring-of-setup",
    ),
    pytest.param(
        """
        import functools

        class Net(nn.Module):
            def setup(self):
                # as in old files
                dense = functools.partial(
                    nn.Dense,
                    # no bias there
                    use_bias=False,
                )
                # the one
                self.out = dense(3)
                self.width = 3

            def __call__(self, x):
                return self.out(x)
        """,
        """
        class Net(nnx.Module):
            def __init__(self, *, in_features: int, rngs: nnx.Rngs):
                # as in old files
                # no bias there
                # the one
                self.out = nnx.Linear(in_features, 3, use_bias=False, rngs=rngs)
                self.width = 3

            def __call__(self, x):
                return self.out(x)
        """,
        id="comments-of-a-line-that-goes-from-setup",
    ),
]
USE = """
net = Net()
params = net.init(jax.random.key(0), X)["params"]
print(net.apply({"params": params}, X))
"""


@pytest.mark.parametrize(("before", "expected"), MODULES)
def test_modules(before: str, expected: str) -> None:
    assert dedent(expected).strip() in migrated(after(before) + USE)


LINES = [
    pytest.param(
        """
        state = create(0)
        norm = optax.global_norm( \\
            state.params)
        """,
        """
        model, optimizer = create(0)
        norm = optax.global_norm( \\
            nnx.state(model, nnx.Param))
        """,
        id="backslashes",
    ),
    pytest.param(
        """
        state = (create(0))
        print((state).step, optax.global_norm(((state.params))))
        """,
        """
        model, optimizer = (create(0))
        print(optimizer.step[...], optax.global_norm(nnx.state(model, nnx.Param)))
        """,
        id="parentheses-around-names",
    ),
    pytest.param(
        """
        state = create(0)
        print(state.apply_fn({"params": state.params,}, X,), "größe → ü", state.step,)
        """,
        """
        model, optimizer = create(0)
        print(model(X,), "größe → ü", optimizer.step[...],)
        """,
        id="trailing-commas-and-other-letters",
    ),
    pytest.param(
        """
        # made
        state = create(0)  # here
        # read
        params = state.params  # alias
        # shown
        print(optax.global_norm(params))
        """,
        """
        # made
        model, optimizer = create(0)  # here
        # read
        # alias
        # shown
        print(optax.global_norm(nnx.state(model, nnx.Param)))
        """,
        id="comments-of-a-line-that-goes",
    ),
    pytest.param(
        """
        def shown(state, inputs):
            predicted = state.apply_fn(
                {"params": state.params}, jnp.concatenate([inputs, inputs])
            )  # two rows for each of the examples, one after the other
            return predicted

        state = create(0)
        print(shown(state, X))
        """,
        """
        def shown(model, inputs):
            predicted = model(
                jnp.concatenate([inputs, inputs])
            )  # two rows for each of the examples, one after the other
            return predicted

        model, optimizer = create(0)
        print(shown(model, X))
        """,
        id="a-comment-behind-a-statement-of-several-lines",
    ),
    pytest.param(
        """
        def shown(state, x, scale):
            return scale * state.apply_fn({"params": state.params}, x)

        state = create(0)
        print(
            shown(
                state, X, 2.0
            )
        )
        total = shown(
            state, X, 3.0
        )
        listed = shown(
            state,
            X,
            4.0,
        )
        """,
        """
        def shown(model, x, scale):
            return scale * model(x)

        model, optimizer = create(0)
        print(
            shown(model, X, 2.0)
        )
        total = shown(model, X, 3.0)
        listed = shown(
            model,
            X,
            4.0,
        )
        """,
        id="arguments-that-fit-on-a-line-now",
    ),
]


@pytest.mark.parametrize(("before", "expected"), LINES)
def test_lines(before: str, expected: str) -> None:
    text = after(NET, CREATE, before)
    new = migrated(text)
    assert new.endswith(dedent(expected).lstrip("\n"))
    assert comments(new) == comments(text)


@pytest.mark.parametrize(("before", "_"), LINES)
def test_newlines_of_windows(before: str, _: str) -> None:
    text = after(NET, CREATE, before)
    assert migrated(text.replace("\n", "\r\n")) == migrated(text).replace("\n", "\r\n")


def test_no_blank_line_comes_to_the_top() -> None:
    """An import that goes takes the blank line below it along where the file begins with it."""
    net = dedent("""
        import flax.linen as nn


        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                dense = functools.partial(nn.Dense, use_bias=False)
                return dense(3)(x)
    """)
    for head in ("", "# by us\n\n"):
        new = migrate_sources({"net.py": f"{head}import functools\n{net}"}).changed["net.py"]
        assert new.startswith(f"{head}from flax import nnx\n")
