"""Train states, models and definitions that are kept in attributes of the project's own objects."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Result, Style

HEAD = """\
import functools
import pickle

import flax.linen as nn
import jax
import jax.numpy as jnp
import library
import optax
from flax.training.train_state import TrainState


class Trainer:
    def __init__(self, x):
        net = nn.Dense(2)
        params = net.init(jax.random.key(0), x)["params"]
        self.state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.sgd(0.1))

    def gradients(self, x):
        def loss(params):
            return jnp.mean(self.state.apply_fn({"params": params}, x) ** 2)

        return jax.grad(loss)(self.state.params)
"""
EAGER = "self.state = self.state.apply_gradients(grads=self.gradients(x))"


def method(body: str) -> str:
    return indent(dedent(body).strip("\n"), "    ")


def result(body: str, style: Style = "functional", head: str = HEAD) -> Result:
    return migrate_sources({"train.py": f"{head}\n{body}\n"}, Options(style=style))


REWRITES = [
    pytest.param(
        method(f"""
        def step(self, x):
            {EAGER}
        """),
        ["self.net = net", "self.optimizer.update(self.net, self.gradients(x))"],
        id="eager-update",
    ),
    pytest.param(
        dedent("""
        def main(x):
            trainer = Trainer(x)
            return trainer.state.apply_fn({"params": trainer.state.params}, x)
        """),
        ["return trainer.net(x)"],
        id="read-from-outside",
    ),
    pytest.param(
        dedent("""
        def main(x):
            trainer = Trainer(x)
            trainer.state = trainer.state.apply_gradients(grads=trainer.gradients(x))
            return trainer.state
        """),
        [
            "trainer.optimizer.update(trainer.net, trainer.gradients(x))",
            "return trainer.net, trainer.optimizer",
        ],
        id="set-from-outside",
    ),
    pytest.param(
        dedent("""
        class Runner:
            def __init__(self, x):
                self.trainer = Trainer(x)

            def run(self, x):
                self.trainer.state = self.trainer.state.apply_gradients(grads=self.trainer.gradients(x))
        """),
        ["self.trainer.optimizer.update(self.trainer.net, self.trainer.gradients(x))"],
        id="object-in-an-object",
    ),
    pytest.param(
        method("""
        def optimizer(self):
            return 1
        """),
        ["self.net_optimizer = nnx.Optimizer("],
        id="name-of-a-method-is-taken",
    ),
    pytest.param(
        method("""
        @staticmethod
        @jax.jit
        def step(state, x):
            grads = jax.grad(lambda p: jnp.mean(state.apply_fn({"params": p}, x) ** 2))(state.params)
            return state.apply_gradients(grads=grads)

        def fit(self, x):
            self.state = Trainer.step(self.state, x)
            self.state = self.step(self.state, x)
        """),
        [
            "Trainer.step(self.net, self.optimizer, x)",
            "self.step(self.net, self.optimizer, x)",
        ],
        id="static-method",
    ),
    pytest.param(
        dedent("""
        class Other(Trainer):
            def predict(self, x):
                return self.state.apply_fn({"params": self.state.params}, x)
        """),
        ["return self.net(x)"],
        id="inherited-attribute",
    ),
    pytest.param(
        method(f"""
        @classmethod
        def make(cls, x):
            return cls(x)

        def step(self, x):
            {EAGER}
        """),
        ["return cls(x)", "self.optimizer.update("],
        id="class-method",
    ),
    pytest.param(
        method("""
        def predict(self, x):
            return self.state.apply_fn({"params": self.state.params}, x)

        def predict_many(self, xs):
            return jax.vmap(self.predict)(xs)
        """),
        ["return self.net(x)", "jax.vmap(self.predict)"],
        id="method-as-callback",
    ),
    pytest.param(
        method("""
        def __call__(self, x):
            return self.state.apply_fn({"params": self.state.params}, x)
        """)
        + "\n\n\ndef main(x):\n    trainer = Trainer(x)\n    return trainer(x)\n",
        ["return self.net(x)"],
        id="called-object",
    ),
    pytest.param(
        method("""
        def fit(self, x):
            state = self.state
            for _ in range(3):
                grads = jax.grad(lambda p: jnp.mean(state.apply_fn({"params": p}, x) ** 2))(state.params)
                state = state.apply_gradients(grads=grads)
            self.state = state
        """),
        ["model, optimizer = self.net, self.optimizer", "self.net, self.optimizer = model, optimizer"],
        id="local-name",
    ),
    pytest.param(
        method("""
        def predict(self, x):
            if self.state is None:
                return None
            return self.state.apply_fn({"params": self.state.params}, x)
        """),
        ["if self.net is None:"],
        id="compared-with-none",
    ),
    pytest.param(
        "    state: TrainState\n",
        ["    net: nnx.Linear", "    optimizer: nnx.Optimizer"],
        id="declared-in-the-class",
    ),
    pytest.param(
        dedent("""
        def main(x):
            trainer = Trainer(x)
            assert isinstance(trainer, Trainer)
            return trainer.state.apply_fn({"params": trainer.state.params}, x)
        """),
        ["assert isinstance(trainer, Trainer)", "return trainer.net(x)"],
        id="type-is-asked",
    ),
    pytest.param(
        dedent("""
        def main(x):
            for seed in range(3):
                trainer = Trainer(x)
                trainer.state = trainer.state.apply_gradients(grads=trainer.gradients(x))
                print(trainer.state.step)
        """),
        ["trainer.optimizer.update(", "print(trainer.optimizer.step[...])"],
        id="made-in-a-loop",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("body", "expected"), REWRITES)
def test_attributes_are_rewritten(body: str, expected: list[str], style: Style) -> None:
    found = result(body, style)
    assert found.changed, found.findings
    text = found.changed["train.py"]
    for line in expected:
        assert line in text
    assert "TrainState" not in text and "params" not in text.replace("nnx.Rngs(params", "")


def test_a_snapshot_of_a_jitted_loop_is_an_attribute_of_its_own() -> None:
    body = method("""
    @functools.partial(jax.jit, static_argnums=0)
    def step(self, state, x):
        grads = jax.grad(lambda p: jnp.mean(state.apply_fn({"params": p}, x) ** 2))(state.params)
        return state.apply_gradients(grads=grads)

    def fit(self, x):
        self.best_params = self.state.params
        self.state = self.step(self.state, x)
        return self.state.apply_fn({"params": self.best_params}, x)
    """)
    text = result(body).changed["train.py"]
    assert "self.best_model = self.net" in text
    assert "return self.best_model(x)" in text
    assert not result(body, "stateful").changed


REFUSALS = [
    pytest.param(
        method("""
        def weights(self):
            return self.state.params
        """),
        "LNX206",
        id="parameters-for-callers-elsewhere",
    ),
    pytest.param(
        method(f"""
        def step(self, x):
            old = self.state
            {EAGER}
            return old.apply_fn({{"params": old.params}}, x)
        """),
        "LNX011",
        id="old-state-in-a-name",
    ),
    pytest.param(
        method(f"""
        def step(self, x):
            self.old = self.state
            {EAGER}

        def predict(self, x):
            return self.old.apply_fn({{"params": self.old.params}}, x)
        """),
        "LNX011",
        id="old-state-in-an-attribute",
    ),
    pytest.param(
        method(f"""
        def step(self, x):
            self.old = self.state.params
            {EAGER}

        def predict(self, x):
            return self.state.apply_fn({{"params": self.old}}, x)
        """),
        "LNX011",
        id="old-parameters-in-an-attribute",
    ),
    pytest.param(
        method("""
        def step(self, x):
            new = self.state.apply_gradients(grads=self.gradients(x))

        def predict(self, x):
            return self.state.apply_fn({"params": self.state.params}, x)
        """),
        "LNX011",
        id="update-that-is-not-kept",
    ),
    pytest.param(
        dedent("""
        def main(x):
            one = Trainer(x)
            two = Trainer(x)
            two.state = one.state
            one.state = one.state.apply_gradients(grads=one.gradients(x))
            return two.state.apply_fn({"params": two.state.params}, x)
        """),
        "LNX022",
        id="two-objects-with-one-state",
    ),
    pytest.param(
        dedent("""
        def main(x):
            trainer = Trainer(x)
            state = trainer.state
            trainer.state = trainer.state.apply_gradients(grads=trainer.gradients(x))
            return state.step
        """),
        "LNX011",
        id="old-state-outside",
    ),
    pytest.param(
        dedent("""
        def main(x):
            trainer = Trainer(x)
            old = trainer.state

            def step():
                trainer.state = trainer.state.apply_gradients(grads=trainer.gradients(x))

            step()
            return old.apply_fn({"params": old.params}, x)
        """),
        "LNX011",
        id="old-state-beside-a-closure",
    ),
    pytest.param(
        method(f"""
        @functools.partial(jax.jit, static_argnums=0)
        def step(self, x):
            {EAGER}
        """),
        "LNX022",
        id="set-inside-jit",
    ),
    pytest.param(method("def save(self):\n    pickle.dump(self, library.file)"), "LNX010", id="pickled"),
    pytest.param(method("def read(self, name):\n    return getattr(self, name)"), "LNX010", id="getattr"),
    pytest.param(method('def clear(self):\n    setattr(self, "state", 1)'), "LNX010", id="setattr"),
    pytest.param(method("def all(self):\n    return vars(self)"), "LNX010", id="vars"),
    pytest.param(method("def all(self):\n    return self.__dict__"), "LNX022", id="dict"),
    pytest.param(method("def clear(self):\n    del self.state"), "LNX299", id="deleted"),
    pytest.param(method("def add(self):\n    library.all.append(self)"), "LNX010", id="put-into-a-list"),
    pytest.param(method("def keep(self):\n    self.all = [self.state]"), "LNX013", id="list-of-states"),
    pytest.param(
        method("""
        @property
        def params(self):
            return self.state.params

        def predict(self, x):
            return self.state.apply_fn({"params": self.params}, x)
        """),
        "LNX022",
        id="property",
    ),
    pytest.param(
        method("def __getattr__(self, name):\n    return library.default"), "LNX022", id="attribute-hook"
    ),
    pytest.param("def main(x):\n    library.run(Trainer(x))", "LNX010", id="handed-to-a-library"),
    pytest.param(
        method("""
        def stream(self, xs):
            for x in xs:
                old = self.state
                yield x
                print(old.apply_fn({"params": old.params}, x))
        """),
        "LNX022",
        id="generator",
    ),
    pytest.param(
        dedent("""
        def make(x):
            return Trainer(x)


        def main(x):
            one = make(x)
            two = make(x)
            state = one.state
            two.state = state
            one.state = one.state.apply_gradients(grads=one.gradients(x))
            return two.state.apply_fn({"params": two.state.params}, x)
        """),
        "LNX022",
        id="two-objects-of-one-place",
    ),
    pytest.param(
        method("def take(self, other):\n    self.count = other.state.step"),
        "LNX015",
        id="object-in-a-parameter",
    ),
    pytest.param(
        dedent("""
        trainer = None


        def setup(x):
            global trainer
            trainer = Trainer(x)


        def step(x):
            return trainer.state.step
        """),
        "LNX013",
        id="global-object",
    ),
    pytest.param(
        dedent("""
        def main(x):
            trainer = Trainer(x)
            other = trainer
            old = other.state
            trainer.state = trainer.state.apply_gradients(grads=trainer.gradients(x))
            return other.state.apply_fn({"params": old.params}, x)
        """),
        "LNX011",
        id="old-state-of-the-same-object",
    ),
    pytest.param(
        method(f"""
        def update(self, x):
            {EAGER}

        def step(self, xs, x):
            state = self.state
            [self.update(x) for x in xs]
            return state.apply_fn({{"params": state.params}}, x)
        """),
        "LNX011",
        id="updated-in-a-comprehension",
    ),
    pytest.param(
        dedent("""
        def main(x):
            trainer = Trainer(x)
            old = trainer.state
            try:
                trainer.state = trainer.state.apply_gradients(grads=trainer.gradients(x))
                library.risky()
            except ValueError:
                trainer.state = old
            return trainer.state.apply_fn({"params": trainer.state.params}, x)
        """),
        "LNX011",
        id="rolled-back",
    ),
    pytest.param("def show(trainer):\n    return trainer.state", "LNX015", id="object-of-other-callers"),
    pytest.param(
        dedent("""
        class Other(Trainer):
            @property
            def state(self):
                return None
        """),
        "LNX022",
        id="hidden-by-a-property",
    ),
    pytest.param(
        dedent("""
        class Other(Trainer, library.Mixin):
            pass
        """),
        "LNX022",
        id="subclass-with-a-mixin",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("body", "code"), REFUSALS)
def test_attributes_that_cannot_be_followed_are_left_alone(body: str, code: str, style: Style) -> None:
    found = result(body, style)
    assert not found.changed
    assert code in {finding.code for finding in found.findings}


CLASS_BODY = """\
import flax.linen as nn
import jax
import jax.numpy as jnp


class Config:
    net = nn.Dense(2)
    params = net.init(jax.random.key(0), jnp.ones((1, 3)))["params"]


def run(x):
    return Config.net.apply({"params": Config.params}, x)
"""


def test_a_model_in_the_body_of_a_class_is_left_alone() -> None:
    found = result("", head=CLASS_BODY)
    assert not found.changed
    assert "LNX013" in {finding.code for finding in found.findings}


CLASSES = [
    pytest.param(HEAD.replace("class Trainer:", "class Trainer(library.Base):"), id="unknown-base"),
    pytest.param(HEAD.replace("class Trainer:", "@library.register\nclass Trainer:"), id="decorated"),
    pytest.param(HEAD.replace("class Trainer:", "class Trainer(metaclass=library.Meta):"), id="metaclass"),
]


@pytest.mark.parametrize("head", CLASSES)
def test_classes_whose_attributes_others_may_use_are_left_alone(head: str) -> None:
    found = result("", head=head)
    assert not found.changed
    assert "LNX022" in {finding.code for finding in found.findings}


DEFINED = """\
import flax.linen as nn
import jax
import optax
from flax.training.train_state import TrainState


class Trainer:
    def __init__(self, width):
        self.width = width
        self.net = nn.Dense(WIDTH)

    def build(self, key, x):
        params = self.net.init(key, x)["params"]
        self.state = TrainState.create(apply_fn=APPLY, params=params, tx=optax.sgd(0.1))

    def predict(self, x):
        return self.net.apply({"params": self.state.params}, x)
"""


@pytest.mark.parametrize("apply_fn", ["self.net.apply", "None", "()"])
def test_a_definition_that_is_initialised_in_another_method_moves_there(apply_fn: str) -> None:
    found = result("", head=DEFINED.replace("WIDTH", "self.width").replace("APPLY", apply_fn))
    text = found.changed["train.py"]
    assert "self.net = nnx.Linear(x.shape[-1], self.width, rngs=nnx.Rngs(key))" in text
    assert text.count("self.net =") == 1


def test_an_empty_place_does_not_hide_the_model_that_stands_above_it() -> None:
    head = dedent("""
    import flax.linen as nn


    class Predictor:
        def __init__(self, key, x):
            self.net = nn.Dense(2)
            self.params = None
            self.params = self.net.init(key, x)["params"]

        def clear(self):
            self.params = None

        def predict(self, x):
            return None if self.params is None else self.net.apply({"params": self.params}, x)
    """)
    text = result("", head=head).changed["train.py"]
    assert text.count("self.net = None") == 1
    assert "def clear(self):\n        self.net = None" in text


@pytest.mark.parametrize("width", ["width", "library.next()"])
def test_a_definition_made_from_other_values_does_not_move(width: str) -> None:
    found = result("", head=DEFINED.replace("WIDTH", width).replace("APPLY", "None"))
    assert "self.net = nnx.Linear(x" not in found.changed.get("train.py", "")


def test_a_state_with_another_apply_function_is_left_alone() -> None:
    found = result("", head=DEFINED.replace("WIDTH", "2").replace("APPLY", "library.apply"))
    assert not found.changed


def test_a_class_of_another_file_changes_with_those_that_use_it() -> None:
    user = dedent("""
    from trainer import Trainer


    def main(x):
        trainer = Trainer(x)
        return int(trainer.state.step), trainer.gradients(x)
    """)
    found = migrate_sources({"trainer.py": HEAD, "main.py": user}, Options())
    assert "trainer.optimizer.step[...]" in found.changed["main.py"]
