"""Hypothesis strategies for training loops: one model and one step, carried in the ways that programs do.

Every program has `main()`, which returns numbers, and the initial values of `tests/generated_programs.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent

from hypothesis import strategies as st

from tests.generated_programs import HEAD

MODEL = """
from typing import Any, NamedTuple

from flax import struct


class Net(nn.Module):
    width: int = 4

    @nn.compact
    def __call__(self, x):
        h = nn.tanh(nn.Dense(self.width, kernel_init=waves)(x))
        return nn.Dense(2, kernel_init=waves)(h)


"""
LOSS = """\
def loss_fn(params, x):
    return jnp.mean((net.apply({"params": params}, x) - Y) ** 2)


"""
STATE = """\
{extra}def create(seed):
    net = Net()
    params = net.init(jax.random.key(seed), X)["params"]
    return {cls}.create(apply_fn=net.apply, params=params, tx=optax.{tx}{fields})


{decorator}def step(state, x):
    def loss_fn(params):
        return jnp.mean((state.apply_fn({{"params": params}}, x) - Y) ** 2)

    loss, grads = jax.value_and_grad(loss_fn)(state.params)
{update}


"""
PAIR = """\
net = Net()
tx = optax.{tx}


{loss}{decorator}def step(params, opt_state, x):
    loss, grads = jax.value_and_grad(loss_fn)(params, x)
    updates, opt_state = tx.update(grads, opt_state, params)
    params = optax.apply_updates(params, updates)
    return params, opt_state, loss


"""
PLAIN_UPDATE = "    return state.apply_gradients(grads=grads), loss"
OWN_CLASS = """\
class State(TrainState):
    target: Any
    count: int = 0


"""
OWN_UPDATE = """\
    state = state.apply_gradients(grads=grads)
    target = optax.incremental_update(state.params, state.target, 0.25)
    return state.replace(target=target, count=state.count + 1), loss"""
RUNNER = """\
class Runner({base}):
    state: Any
    total: Any


"""
TRAINER = """\
class Trainer:
    def __init__(self, seed):
        self.net = Net()
        params = self.net.init(jax.random.key(seed), X)["params"]
        self.state = TrainState.create(apply_fn=self.net.apply, params=params, tx=optax.{tx})

    def advance(self, x):
        self.state, loss = step(self.state, x)
        return loss


"""


@dataclass(frozen=True)
class Carrier:
    """How one kind of program holds its state: definitions, and statements that use it."""

    head: str
    start: str
    advance: str
    norm: str
    keep: str
    scan: str = ""

    def statements(self) -> tuple[str, ...]:
        """What a run may do in any order."""
        kept = ("out.append(optax.global_norm(kept))", "out.append(loss)")
        loop = f"for turn in range(2):\n{indent(self.advance, '    ')}"
        return (self.advance, self.advance, self.norm, self.keep, loop, *kept, *filter(None, [self.scan]))


def _state(tx: str, decorator: str, cls: str = "TrainState") -> str:
    own = cls != "TrainState"
    return STATE.format(
        extra=OWN_CLASS if own else "",
        cls=cls,
        tx=tx,
        fields=", target=params" if own else "",
        decorator=decorator,
        update=OWN_UPDATE if own else PLAIN_UPDATE,
    )


def _read(state: str) -> dict[str, str]:
    return {"norm": f"out.append(optax.global_norm({state}.params))", "keep": f"kept = {state}.params"}


SCAN = "{carry}, losses = jax.lax.scan({body}, {carry}, jnp.stack([X, 2 * X]))\nout.append(losses.sum())"


def carriers(tx: str, decorator: str) -> dict[str, Carrier]:
    """Every way, by a name for it."""
    state = _state(tx, decorator)
    total = "state=state, total=runner.total + loss"
    return {
        "state": Carrier(
            state,
            "state = create(0)",
            "state, loss = step(state, X)",
            **_read("state"),
            scan=SCAN.format(carry="state", body="step"),
        ),
        "own-class": Carrier(
            _state(tx, decorator, "State"),
            "state = create(0)",
            "state, loss = step(state, X)\nout += [optax.global_norm(state.target), state.count]",
            **_read("state"),
            scan=SCAN.format(carry="state", body="step"),
        ),
        "pair": Carrier(
            PAIR.format(tx=tx, loss=LOSS, decorator=decorator),
            'params = net.init(jax.random.key(0), X)["params"]\nopt_state = tx.init(params)',
            "params, opt_state, loss = step(params, opt_state, X)",
            norm="out.append(optax.global_norm(params))",
            keep="kept = params",
        ),
        "tuple": Carrier(
            state,
            "runner = (create(0), 0.0)",
            "state, loss = step(runner[0], X)\nrunner = (state, runner[1] + loss)",
            **_read("runner[0]"),
        ),
        "dict": Carrier(
            state,
            'runner = {"state": create(0), "total": 0.0}',
            'state, loss = step(runner["state"], X)\nrunner = {"state": state, "total": loss}',
            **_read('runner["state"]'),
        ),
        "item": Carrier(
            state,
            'runner = {"state": create(0), "total": 0.0}',
            'runner["state"], loss = step(runner["state"], X)',
            **_read('runner["state"]'),
        ),
        "named-tuple": Carrier(
            RUNNER.format(base="NamedTuple") + state,
            "runner = Runner(create(0), 0.0)",
            f"state, loss = step(runner.state, X)\nrunner = runner._replace({total})",
            **_read("runner.state"),
        ),
        "record": Carrier(
            RUNNER.format(base="struct.PyTreeNode") + state,
            "runner = Runner(state=create(0), total=0.0)",
            f"state, loss = step(runner.state, X)\nrunner = runner.replace({total})",
            **_read("runner.state"),
        ),
        "trainer": Carrier(
            state + TRAINER.format(tx=tx),
            "trainer = Trainer(0)",
            "loss = trainer.advance(X)",
            **_read("trainer.state"),
        ),
    }


KINDS = tuple(carriers("sgd(0.1)", ""))
TRANSFORMATIONS = ("sgd(0.1)", "adam(0.1)", "chain(optax.clip_by_global_norm(0.5), optax.sgd(0.1, 0.9))")


def program(carrier: Carrier, run: list[str], keeps: bool = True) -> str:
    """A whole program that starts, takes a step, keeps what it has by then, and goes on with `run`."""
    kept = [carrier.keep] if keeps else []
    body = "\n".join(["out = []", carrier.start, carrier.advance, *kept, *run, "return out"])
    return HEAD + MODEL + carrier.head + f"def main():\n{indent(body, '    ')}\n"


@st.composite
def training_programs(draw: st.DrawFn) -> str:
    """A program of any kind, which may look at what it kept of older times."""
    decorator = draw(st.sampled_from(["", "@jax.jit\n"]))
    carrier = carriers(draw(st.sampled_from(TRANSFORMATIONS)), decorator)[draw(st.sampled_from(KINDS))]
    run = draw(st.lists(st.sampled_from(carrier.statements()), min_size=1, max_size=5))
    return program(carrier, run, keeps=draw(st.booleans()) or any("kept)" in line for line in run))
