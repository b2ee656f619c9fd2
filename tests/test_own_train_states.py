"""Train states of own classes: records with a `create`, an `apply_fn` and a method that applies gradients."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Result

HEAD = """\
from typing import Any

import flax
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, scale=1.0):
        return scale * nn.Dense(2)(x)


@flax.struct.dataclass
class Model:
    step: int
    apply_fn: Any = flax.struct.field(pytree_node=False)
    params: Any
    tx: Any = flax.struct.field(pytree_node=False)
    opt_state: Any = None

    @classmethod
    def create(cls, net_def, inputs, tx=None):
        params = net_def.init(*inputs)["params"]
        if tx is not None:
            opt_state = tx.init(params)
        else:
            opt_state = None
        return cls(step=1, apply_fn=net_def.apply, params=params, tx=tx, opt_state=opt_state)

    def __call__(self, *args, **kwargs):
        return self.apply_fn({"params": self.params}, *args, **kwargs)

    def apply_gradient(self, loss_fn, has_aux=True):
        grad_fn = jax.grad(loss_fn, has_aux=has_aux)
        if has_aux:
            grads, aux = grad_fn(self.params)
        else:
            grads = grad_fn(self.params)
        updates, new_opt_state = self.tx.update(grads, self.opt_state, self.params)
        new_params = optax.apply_updates(self.params, updates)
        new_model = self.replace(step=self.step + 1, params=new_params, opt_state=new_opt_state)
        if has_aux:
            return new_model, aux
        return new_model


"""
STEP = """\
def step(model, x):
    def loss_fn(params):
        loss = jnp.mean(model.apply_fn({"params": params}, x) ** 2)
        return loss, {"loss": loss}

    return model.apply_gradient(loss_fn)


"""
MAIN = """\
def main(key, x):
    net_def = Net()
    model = Model.create(net_def, [key, x], optax.sgd(0.1))
    target = Model.create(net_def, [key, x])
    model, info = step(model, x)
    target = follow(target, model)
    return target(x, scale=2.0), info
"""
FOLLOW = """\
def follow(target, model):
    return target.replace(params=optax.incremental_update(model.params, target.params, 0.1))


"""
PROGRAM = HEAD + STEP + FOLLOW + MAIN


def result(text: str) -> Result:
    return migrate_sources({"train.py": text}, Options())


CLASS_AFTER = """\
@flax.struct.dataclass
class Model:
    step: int
    model: nnx.Module
    optimizer: nnx.Optimizer | None = None

    @classmethod
    def create(cls, net_def, inputs, tx=None):
        net = nnx.bridge.ToNNX(net_def).lazy_init(*inputs[1:], rngs=inputs[0])
        if tx is not None:
            optimizer = nnx.Optimizer(net, tx, wrt=nnx.Param)
        else:
            optimizer = None
        return cls(step=1, model=net, optimizer=optimizer)

    def __call__(self, *args, **kwargs):
        return self.model(*args, **kwargs)

    def apply_gradient(self, loss_fn, has_aux=True):
        grad_fn = nnx.grad(loss_fn, has_aux=has_aux)
        if has_aux:
            grads, aux = grad_fn(self.model)
        else:
            grads = grad_fn(self.model)
        self.optimizer.update(self.model, grads)
        new_model = self.replace(step=self.step + 1)
        if has_aux:
            return new_model, aux
        return new_model


def step(model, x):
    def loss_fn(nnx_model):
        loss = jnp.mean(nnx_model(x) ** 2)
        return loss, {"loss": loss}

    return model.apply_gradient(loss_fn)


def follow(target, model):
    nnx.update(
        target.model,
        optax.incremental_update(
            nnx.state(model.model, nnx.Param), nnx.state(target.model, nnx.Param), 0.1
        ),
    )
    return target


"""


def test_what_is_written() -> None:
    text = result(PROGRAM).changed["train.py"]
    assert CLASS_AFTER in text
    assert text.endswith(MAIN)


def test_nothing_is_left_to_do() -> None:
    text = result(PROGRAM).changed["train.py"]
    assert not result(text).changed


OBJECT = """\
class Agent:
    def __init__(self, key, x):
        self.critic = Model.create(Net(), [key, x], optax.sgd(0.1))
        self.target = Model.create(Net(), [key, x])

    def update(self, x):
        self.critic, info = step(self.critic, x)
        self.target = follow(self.target, self.critic)
        return info
"""


def test_an_object_keeps_them_in_its_attributes() -> None:
    text = result(HEAD + STEP + FOLLOW + "\n" + OBJECT + MAIN).changed["train.py"]
    assert OBJECT in text


@pytest.mark.parametrize(
    "given", ["return (x, *model.apply_gradient(loss_fn))", "return [0, *model.apply_gradient(loss_fn)]"]
)
def test_a_star_spreads_a_record(given: str) -> None:
    step = STEP.replace("return model.apply_gradient(loss_fn)", given)
    text = result(HEAD + step + FOLLOW + MAIN.replace("model, info = step", "_, model, info = step")).changed[
        "train.py"
    ]
    assert f"    {given}\n" in text
    assert "    _, model, info = step(model, x)\n" in text


APPLYING = (
    HEAD.replace("    apply_fn: Any = flax", "    network: Any = flax")
    .replace("apply_fn=net_def.apply", "network=net_def")
    .replace("        return self.apply_fn({", "        return self.network.apply({")
    .replace(
        "    def apply_gradient",
        "    def apply(self, *args, **kwargs):\n        return self.network.apply(*args, **kwargs)\n\n"
        "    def apply_gradient",
    )
)
APPLYING_STEP = STEP.replace("model.apply_fn(", "model.apply(")


def test_a_method_that_only_applies() -> None:
    text = result(APPLYING + APPLYING_STEP + FOLLOW + MAIN).changed["train.py"]
    assert (
        CLASS_AFTER.replace("net = nnx", "model = nnx")
        .replace("(net, tx", "(model, tx")
        .replace("model=net", "model=model")
        in text
    )


ELSEWHERE = 'print(model.apply({"params": target.params}, x))'


def test_a_method_that_applies_to_the_parameters_of_another_record() -> None:
    main = MAIN.replace("    return target(x", f"    {ELSEWHERE}\n    return target(x")
    text = result(APPLYING + APPLYING_STEP + FOLLOW + main).changed["train.py"]
    assert "    print(target.model(x))\n" in text


LEARNERS = (
    OBJECT.replace("Net()", "Net(size)").replace("(self, key, x)", "(self, key, x, size)")
    + """

def main(key, x):
    wide, narrow = Agent(key, x, 8), Agent(key, x, 3)
    for _ in range(5):
        wide.update(x)
        narrow.update(x)
    return wide.target(x, scale=2.0), narrow.target(x, scale=2.0)
"""
)


def test_one_compiled_function_trains_what_two_calls_made() -> None:
    head = APPLYING.replace("class Net(nn.Module):\n", "class Net(nn.Module):\n    size: int\n\n")
    head = head.replace("nn.Dense(2)", "nn.Dense(self.size)")
    step = f"@jax.jit\n{APPLYING_STEP}@jax.jit\n{FOLLOW}\n"
    text = result(head + step + LEARNERS).changed["train.py"]
    assert "loss = jnp.mean(nnx_model(x) ** 2)" in text
    assert LEARNERS in text


OTHER_STEP = """\
def other_step(model, x):
    def other_loss_fn(weights):
        loss = jnp.mean(jnp.abs(model.apply_fn({"params": weights}, x)))
        return loss, {"loss": loss}

    new_model, info = model.apply_gradient(other_loss_fn)
    return new_model, info


"""


def test_several_losses_are_handed_over() -> None:
    head = HEAD.replace("loss_fn, has_aux=True):\n", "loss_fn=None, grads=None, has_aux=True):\n" + CHECKED)
    head = head.replace(
        "        grad_fn = jax.grad(loss_fn, has_aux=has_aux)\n"
        "        if has_aux:\n"
        "            grads, aux = grad_fn(self.params)\n"
        "        else:\n"
        "            grads = grad_fn(self.params)\n",
        "        if grads is None:\n"
        "            grads, aux = jax.grad(loss_fn, has_aux=has_aux)(self.params)\n",
    )
    main = MAIN.replace("    target = follow", "    model, info = other_step(model, x)\n    target = follow")
    text = result(head + STEP + OTHER_STEP + FOLLOW + main).changed["train.py"]
    assert "grads, aux = nnx.grad(loss_fn, has_aux=has_aux)(self.model)" in text
    assert "def loss_fn(nnx_model):" in text
    assert "jnp.abs(nnx_model(x))" in text
    assert CHECKED in text


CHECKED = "        assert loss_fn is not None or grads is not None, 'neither is given'\n"


@pytest.mark.parametrize("name", ["class_def", "print_def", "jax_def", "Net_def", "tx_def", "_def"])
def test_a_definition_whose_short_name_means_something_else(name: str) -> None:
    text = result(PROGRAM.replace("net_def", name)).changed["train.py"]
    assert f"        {name} = nnx.bridge.ToNNX({name}).lazy_init(" in text


METHODS = [
    pytest.param(
        """
        def save(self):
            return flax.serialization.to_bytes(self.params)
        """,
        """
        def save(self):
            return flax.serialization.to_bytes(nnx.to_pure_dict(nnx.state(self.model, nnx.Param)))
        """,
        id="gives-bytes",
    ),
    pytest.param(
        """
        def norm(self):
            return optax.global_norm(self.params)
        """,
        """
        def norm(self):
            return optax.global_norm(nnx.state(self.model, nnx.Param))
        """,
        id="reads-parameters",
    ),
    pytest.param(
        """
        def load(self, data):
            params = flax.serialization.from_bytes(self.params, data)
            return self.replace(params=params)
        """,
        """
        def load(self, data):
            model = nnx.clone(self.model)
            nnx.update(
                model,
                flax.serialization.from_bytes(
                    nnx.to_pure_dict(nnx.state(self.model, nnx.Param)), data
                ),
            )
            return self.replace(model=model)
        """,
        id="gives-a-record",
    ),
]


def with_method(method: str) -> str:
    lines = "".join(
        f"    {line}" if line.strip() else line for line in dedent(method).splitlines(keepends=True)
    )
    return PROGRAM.replace("\n\n\n" + STEP, "\n" + lines + "\n\n" + STEP)


@pytest.mark.parametrize(("method", "after"), METHODS)
def test_a_method_that_nothing_calls(method: str, after: str) -> None:
    text = result(with_method(method)).changed["train.py"]
    assert dedent(after).replace("\n", "\n    ").rstrip() in text


REFUSALS = [
    pytest.param(
        (APPLYING + APPLYING_STEP + FOLLOW + MAIN).replace(
            "def main", "def read(other, x):\n    return other.apply({}, x)\n\n\ndef main"
        ),
        "LNX035",
        id="what-may-be-a-record-applies",
    ),
    pytest.param(
        (APPLYING + APPLYING_STEP + FOLLOW + MAIN).replace(
            "self.network.apply(*args, **kwargs)", "self.network.apply(*args, **kwargs) + 1"
        ),
        "LNX010",
        id="a-method-that-does-more-than-apply",
    ),
    pytest.param(
        (APPLYING + APPLYING_STEP + FOLLOW + MAIN).replace(
            "self.network.apply(*args, **kwargs)", 'self.network.apply(*args, mutable=["more"], **kwargs)'
        ),
        "LNX010",
        id="a-method-that-applies-with-options",
    ),
    pytest.param(
        (APPLYING + APPLYING_STEP + FOLLOW + MAIN)
        .replace("    target = Model.create(net_def", "    target = Model.create(Net(name='other')")
        .replace("    return target(x", f"    {ELSEWHERE}\n    return target(x"),
        "LNX003",
        id="another-definition-is-applied",
    ),
    pytest.param(
        with_method("\ndef weights(self):\n    return self.params\n"),
        "LNX206",
        id="parameters-for-callers-elsewhere",
    ),
    pytest.param(
        with_method("\ndef trees(self):\n    return self.params, self.opt_state\n"),
        "LNX206",
        id="several-trees-for-callers-elsewhere",
    ),
    pytest.param(
        PROGRAM.replace(
            "**kwargs):\n", "**kwargs):\n        kwargs['rngs'] = {'dropout': jax.random.key(0)}\n"
        ),
        "LNX310",
        id="options-are-added",
    ),
    pytest.param(
        PROGRAM.replace("**kwargs):\n", "**kwargs):\n        kwargs = dict(kwargs, mutable=['more'])\n"),
        "LNX310",
        id="options-are-exchanged",
    ),
    pytest.param(
        PROGRAM.replace("scale=2.0)", "mutable=['more'])"),
        "LNX310",
        id="options-are-given",
    ),
    pytest.param(
        PROGRAM.replace("    return target(x, scale=2.0), info", "    return info"),
        "LNX310",
        id="options-come-from-elsewhere",
    ),
    pytest.param(
        PROGRAM.replace(
            "    model, info = step(model, x)\n", "    new, info = step(model, x)\n    model(x)\n"
        ),
        "LNX011",
        id="the-old-one-is-read",
    ),
    pytest.param(
        PROGRAM.replace("target = follow(target, model)", "new = follow(target, model)"),
        "LNX011",
        id="the-old-target-is-read",
    ),
    pytest.param(
        PROGRAM.replace(
            "return model.apply_gradient(loss_fn)", "return (0, *model.apply_gradient(loss_fn))"
        ).replace("    model, info = step(model, x)\n", "    _, new, info = step(model, x)\n    model(x)\n"),
        "LNX011",
        id="the-old-one-is-read-behind-a-star",
    ),
    pytest.param(
        PROGRAM.replace(
            "    return target(x", "    trees = (0, *[model.params, target.params])\n    return target(x"
        ),
        "LNX010",
        id="a-star-spreads-trees",
    ),
    pytest.param(
        PROGRAM.replace("*inputs)", "*reversed(inputs))"),
        "LNX003",
        id="a-list-that-is-not-known",
    ),
    pytest.param(
        PROGRAM.replace("[key, x]", "[{'params': key}, x]"),
        "LNX003",
        id="a-dict-of-keys",
    ),
    pytest.param(
        PROGRAM.replace(
            "def main", "def report(thing):\n    return thing.apply_fn(thing.params)\n\n\ndef main"
        ),
        "LNX015",
        id="a-reader-that-is-not-known",
    ),
]


@pytest.mark.parametrize(("text", "code"), REFUSALS)
def test_what_is_refused(text: str, code: str) -> None:
    refused = result(text)
    assert not refused.changed
    assert code in {finding.code for finding in refused.findings}
