"""Programs that stay byte for byte, with the code of the finding that says why.

Most of them are wrong rewrites that would run and print other numbers: an old value that an NNX object
no longer shows, a name that would stand for something else, a size that is not what the layer gets.
"""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style
from tests.linen_programs import CHECKED_STEP, CREATE, JITTED_STEP, NET, STEP, after

PATH = "train.py"


def refusal(style: Style, text: str) -> set[str]:
    """The codes of a run that changes nothing."""
    result = migrate_sources({PATH: text}, Options(style=style, bridge=False))
    assert result.changed == {}
    return {finding.code for finding in result.findings}


OLD_VALUES = [
    pytest.param(
        JITTED_STEP,
        """
        state = create(0)
        for turn in range(4):
            new_state, loss = step(state, X)
            if turn % 2 == 0:
                state = new_state
        """,
        id="a-step-is-taken-back-by-not-renaming",
    ),
    pytest.param(
        JITTED_STEP,
        """
        state = create(0)
        new_state, loss = step(state, X)
        print(optax.global_norm(state.params))
        state = new_state
        """,
        id="the-old-state-is-read-before-the-new-one-takes-its-name",
    ),
    pytest.param(
        JITTED_STEP,
        """
        state = create(0)
        for turn in range(4):
            try:
                new_state, loss = step(state, X)
                if turn == 2:
                    raise ValueError
                state = new_state
            except ValueError:
                print(optax.global_norm(state.params))
        """,
        id="an-exception-keeps-the-old-state",
    ),
    pytest.param(
        STEP,
        """
        def norm_of(params):
            def norm():
                return optax.global_norm(params)

            return norm

        state = create(0)
        norm = norm_of(state.params)
        state, loss = step(state, X)
        print(norm())
        """,
        id="a-closure-keeps-the-old-parameters",
    ),
    pytest.param(
        STEP,
        """
        def norm_of(params):
            return lambda: optax.global_norm(params)

        state = create(0)
        norms = [norm_of(state.params)]
        state, loss = step(state, X)
        print(norms[0]())
        """,
        id="a-closure-in-a-list-keeps-the-old-parameters",
    ),
    pytest.param(
        STEP,
        """
        state = create(0)
        losses = [step(state, X)[1] for _ in range(3)]
        """,
        id="a-comprehension-repeats-a-step-from-one-state",
    ),
    pytest.param(
        STEP,
        """
        def guarded(state):
            try:
                new_state, loss = step(state, X)
                check(loss)
                state = new_state
            except FloatingPointError:
                pass
            return state

        state = guarded(create(0))
        print(optax.global_norm(state.params))
        """,
        id="an-exception-after-an-update-in-place",
    ),
    pytest.param(
        CHECKED_STEP,
        """
        state = create(0)
        try:
            state, loss = step(state, X)
        except FloatingPointError:
            print(optax.global_norm(state.params))
        """,
        id="an-exception-inside-an-eager-step",
    ),
    pytest.param(
        "\nimport contextlib\n" + STEP,
        """
        state = create(0)
        with contextlib.suppress(FloatingPointError):
            new_state, loss = step(state, X)
            check(loss)
            state = new_state
        print(optax.global_norm(state.params))
        """,
        id="a-suppressed-exception",
    ),
    pytest.param(
        "\nimport contextlib\n" + STEP,
        """
        @contextlib.contextmanager
        def ignored():
            try:
                yield
            except FloatingPointError:
                pass

        state = create(0)
        with ignored():
            new_state, loss = step(state, X)
            check(loss)
            state = new_state
        print(optax.global_norm(state.params))
        """,
        id="a-context-manager-of-the-program",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("helper", "body"), OLD_VALUES)
def test_old_values_stay_readable(helper: str, body: str, style: Style) -> None:
    assert "LNX011" in refusal(style, after(NET, CREATE, helper, body))


LATER = [
    pytest.param(
        """
        def norms(state):
            yield optax.global_norm(state.params)

        state = create(0)
        later = norms(state)
        state, loss = step(state, X)
        print(next(later))
        """,
        "LNX010",
        id="a-generator-holds-a-state",
    ),
    pytest.param(
        """
        async def norm(state):
            return optax.global_norm(state.params)

        state = create(0)
        later = norm(state)
        """,
        "LNX010",
        id="a-coroutine-holds-a-state",
    ),
    pytest.param(
        """
        state = create(0)
        params = state.params
        later = (optax.global_norm(params) for _ in range(2))
        state, loss = step(state, X)
        print(list(later))
        """,
        "LNX010",
        id="a-generator-expression-reads-parameters",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("body", "code"), LATER)
def test_what_runs_later(body: str, code: str, style: Style) -> None:
    assert code in refusal(style, after(NET, CREATE, STEP, body))


@pytest.mark.parametrize("call", ["", "main([])"])
@pytest.mark.parametrize("read", ["", "print(_.step)"])
@pytest.mark.parametrize("style", ["functional", "stateful"])
def test_a_parameter_that_later_holds_a_state(style: Style, read: str, call: str) -> None:
    body = f"""
    def train():
        state = create(0)
        state, loss = step(state, X)
        return state


    def main(_):
        _ = train()
        {read}


    {call}
    """
    result = migrate_sources({PATH: after(NET, CREATE, STEP, body)}, Options(style=style))
    if not read:
        assert "    _ = train()\n" in result.changed[PATH]
        return
    assert result.changed == {}
    assert {finding.code for finding in result.findings} == {"LNX005", "LNX018"}


MODULES = [
    pytest.param(
        """
        class Net(nn.Module):
            short: bool = True

            @nn.compact
            def __call__(self, x):
                x = nn.Dense(4)(x)
                if self.short:
                    return x
                return nn.Dense(2)(x)
        """,
        "LNX111",
        id="a-layer-behind-a-return",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                return nn.Dense(2)(jnp.zeros_like(x, shape=(4, 9)))
        """,
        "LNX112",
        id="zeros-like-of-another-shape",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                return nn.Dense(2)(nn.Dense(4)(x) @ jnp.ones((4,)))
        """,
        "LNX112",
        id="a-product-with-a-vector-has-no-last-axis-left",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                return nn.Dense(2)(nn.Dense(1)(x).clip(jnp.zeros(x[:, 1::2].shape), 9.0))
        """,
        "LNX112",
        id="clip-broadcasts-its-bounds",
    ),
    pytest.param(
        """
        hidden = 6

        class Net(nn.Module):
            hidden: int = 4

            @nn.compact
            def __call__(self, x):
                return nn.Dense(self.hidden)(nn.Dense(hidden)(x))
        """,
        "LNX111",
        id="a-field-hides-a-global",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            jnp: int = 4

            @nn.compact
            def __call__(self, x):
                return nn.Dense(self.jnp, dtype=jnp.float32)(x)
        """,
        "LNX111",
        id="a-field-hides-a-module",
    ),
    pytest.param(
        """
        rngs = 3

        class Net(nn.Module):
            def setup(self):
                self.out = nn.Dense(rngs)

            def __call__(self, x):
                return self.out(x)
        """,
        "LNX111",
        id="a-global-has-the-name-of-the-streams",
    ),
    pytest.param(
        """
        import dataclasses

        class Net(nn.Module):
            a: int = 1
            _: dataclasses.KW_ONLY
            b: int = 3

            @nn.compact
            def __call__(self, x):
                return nn.Dense(self.a + self.b)(x)
        """,
        "LNX111",
        id="keyword-only-fields",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            width: int = 3

            @nn.compact
            def __call__(this, x):
                return nn.Dense(this.width)(x)
        """,
        "LNX111",
        id="self-has-another-name",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            def setup(self):
                self.layer = nn.Dense(2)

            def __call__(self, x):
                return self.layer(x)

        class Wide(Net):
            @nn.compact
            def __call__(self, x):
                return nn.Dense(4)(x)
        """,
        "LNX117",
        id="a-subclass-would-change-with-its-base",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            hidden: int = 3

            @nn.compact
            def __call__(self, x):
                return nn.Dense(self.hidden)(x)

        print(Net.hidden)
        """,
        "LNX010",
        id="a-default-is-read-from-the-class",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                return nn.Dense(2)(x)

        MODELS = {"net": Net}
        """,
        "LNX010",
        id="a-class-in-a-dict",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("module", "code"), MODULES)
def test_modules(module: str, code: str, style: Style) -> None:
    use = """
net = Net()
params = net.init(jax.random.key(0), X)["params"]
print(net.apply({"params": params}, X))
"""
    assert code in refusal(style, after(module) + use)


UNSEEN_LAYERS = [
    pytest.param("nn.remat(nn.BatchNorm)(True)(x)", id="a-lifted-layer"),
    pytest.param('getattr(nn, "Dense")(2)(x)', id="a-layer-by-its-name"),
    pytest.param("block(x, 2)", id="a-function-of-another-file"),
    pytest.param("Narrow(2)(x)", id="a-partial-call-of-a-layer"),
    pytest.param('getattr(self, "param")("a", nn.initializers.ones, (3,)) * x', id="self-by-a-name"),
    pytest.param("(nn.Dense if self.wide else nn.DenseGeneral)(2)(x)", id="a-chosen-class"),
]


@pytest.mark.parametrize("expression", UNSEEN_LAYERS)
def test_layers_that_are_not_seen(expression: str) -> None:
    text = after(f"""
from functools import partial

from elsewhere import block

Narrow = partial(nn.Dense, use_bias=False)


class Net(nn.Module):
    wide: bool = True
    layer: type = nn.Dense

    @nn.compact
    def __call__(self, x):
        extra = 5
        x = nn.Dense(4)(x)
        x = {expression}
        return nn.Dense(2)(x)


net = Net()
params = net.init(jax.random.key(0), X)["params"]
print(net.apply({{"params": params}}, X))
""")
    assert refusal("functional", text) & {"LNX111", "LNX112"}


@pytest.mark.parametrize("given", ["nn.Dense(2)", "partial(nn.Dense, 2)()", "Block"])
def test_fields_that_are_called_get_functions(given: str) -> None:
    block = """
class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)
"""
    text = after(f"""
from functools import partial
{block if given == "Block" else ""}

class Net(nn.Module):
    act: object = nn.relu

    @nn.compact
    def __call__(self, x):
        return self.act(nn.Dense(4)(x))


net = Net({given})
params = net.init(jax.random.key(0), X)["params"]
""")
    assert refusal("functional", text)


STATES_FROM_ELSEWHERE = [
    pytest.param("return state.apply_gradients(grads=grads)", id="updated"),
    pytest.param('return state.apply_fn({"params": state.params}, X)', id="applied"),
]


@pytest.mark.parametrize("line", STATES_FROM_ELSEWHERE)
def test_a_function_for_callers_elsewhere_keeps_its_state(line: str) -> None:
    body = f"""
def use(state, grads):
    {line}
"""
    assert "LNX015" in refusal("functional", after(NET, CREATE, body))


def test_intercepted_calls_stay() -> None:
    body = """
state = create(0)
with nn.intercept_methods(scale):
    print(state.apply_fn({"params": state.params}, X))
"""
    assert "LNX015" in refusal("functional", after(NET, CREATE, body))


def test_a_file_that_keeps_linen_keeps_its_spelling() -> None:
    refusal(
        "functional",
        after("""
def gate(layer: nn.Module, x):
    return nn.sigmoid(layer(x))
"""),
    )


INITIALISATIONS = [
    pytest.param(
        """
        import numpy as np

        draws = np.random.default_rng(0)
        net = nn.Dense(2)
        params = net.init(jax.random.key(0), X, draws.normal())["params"]
        print(net.apply({"params": params}, X), draws.normal())
        """,
        "LNX006",
        id="a-sample-that-draws-numbers-would-go",
    ),
    pytest.param(
        """
        def sample():
            n = 3
            return jnp.zeros((1, n))

        n = 5
        net = nn.Dense(2)
        params = net.init(jax.random.key(0), sample() * 2)["params"]
        """,
        "LNX112",
        id="a-size-is-a-name-of-another-function",
    ),
    pytest.param(
        """
        def create(shape):
            net = nn.Dense(2)
            return net.init(jax.random.key(0), jnp.zeros(shape))["params"]

        small, large = create((1, 3)), create((1, 30))
        """,
        "LNX018",
        id="a-shape-differs-from-call-to-call",
    ),
]


@pytest.mark.parametrize(("body", "code"), INITIALISATIONS)
def test_initialisations(body: str, code: str) -> None:
    assert code in refusal("functional", after(body))


NAMES = [
    pytest.param("nnx = 3", id="a-number"),
    pytest.param("def use(nnx):\n    return nnx", id="a-parameter"),
    pytest.param("import numpy as nnx", id="another-module"),
]


@pytest.mark.parametrize("line", NAMES)
def test_nnx_is_a_name_of_the_program(line: str) -> None:
    body = f"""
{line}
state = create(0)
print(optax.global_norm(state.params))
"""
    assert "LNX018" in refusal("functional", after(NET, CREATE, body))


OTHERS = [
    pytest.param(
        """
        net = Net()
        params = net.init(jax.random.key(0), X)["params"]
        state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.sgd(0.1))

        def show():
            net = "inner"
            print(net, optax.global_norm(state.params))
        """,
        "LNX018",
        id="a-local-variable-has-the-name-of-the-model",
    ),
    pytest.param(
        """
        state = create(0)
        print(f"{state.step!r} {state.step=}")
        """,
        "LNX004",
        id="the-representation-of-the-step",
    ),
    pytest.param(
        """
        state = create(0)
        variables = {"params": state.params}
        for _ in range(2):
            print(state.apply_fn(variables, X))
        """,
        "LNX010",
        id="parameters-in-a-dict-that-a-loop-reads",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("body", "code"), OTHERS)
def test_others(body: str, code: str, style: Style) -> None:
    assert code in refusal(style, after(NET, CREATE, body))


def test_a_star_import_is_not_passed_over() -> None:
    assert "LNX015" in refusal("functional", "from flax.linen import *\n\nmodel = Dense(3)\n")


TRACED = [
    pytest.param(
        """
        state = create(0)

        @jax.jit
        def gradients(x):
            def loss_fn(params):
                return jnp.mean((state.apply_fn({"params": params}, x) - Y) ** 2)

            return jax.value_and_grad(loss_fn)(state.params)

        loss, grads = gradients(X)
        state = state.apply_gradients(grads=grads)
        """,
        "LNX203",
        ("functional", "stateful"),
        id="gradient-of-a-model-that-jit-captures",
    ),
    pytest.param(
        """
        @jax.jit
        def look_ahead(state, grads):
            moved = state.apply_gradients(grads=grads)
            return optax.global_norm(moved.params)

        def gradients(state):
            return jax.grad(lambda params: jnp.sum(state.apply_fn({"params": params}, X)))(state.params)

        state = create(0)
        norm = look_ahead(state, gradients(state))
        """,
        "LNX202",
        ("functional",),
        id="an-update-inside-jit-that-is-not-returned",
    ),
]


@pytest.mark.parametrize(("body", "code", "styles"), TRACED)
def test_traced_functions(body: str, code: str, styles: tuple[Style, ...]) -> None:
    for style in styles:
        assert code in refusal(style, after(NET, CREATE, body))
