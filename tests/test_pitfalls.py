"""Pitfalls in code that is already NNX: what is found, what is repaired, and what is left in peace."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest

from migrate.pipeline import run
from migrate.result import Options, Result

FIXTURES = Path(__file__).parent.parent / "fixtures"
HEAD = "import jax\nimport jax.numpy as jnp\nimport optax\nfrom flax import nnx\n\n\n"
NET = "model = nnx.Linear(2, 1, rngs=nnx.Rngs(0))\n"
PAIR = NET + "optimizer = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)\n"
GRADS = "grads = nnx.state(model)\n"
READY = "return nnx.grad(loss_fn)(net"
LOSS = "def loss_fn(model, x):\n    return jnp.mean(model(x) ** 2)\n\n\n"


def program(body: str, *before: str) -> str:
    return HEAD + "".join(before) + textwrap.dedent(body)


def check(text: str, options: Options | None = None) -> Result:
    ast.parse(text)
    return run({"train.py": text}, options or Options())


def found(result: Result) -> list[tuple[str, int, str]]:
    return [(finding.code, finding.line, finding.fix) for finding in result.findings]


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


REPAIRED = [
    pytest.param(
        "NNX501",
        program("optimizer = nnx.Optimizer(model, optax.adam(1e-3))\n", NET),
        ("optax.adam(1e-3))", "optax.adam(1e-3), wrt=nnx.Param)"),
        id="wrt",
    ),
    pytest.param(
        "NNX501",
        program("optimizer = nnx.Optimizer(tx=optax.adam(1e-3), model=model)\n", NET),
        ("model=model)", "model=model, wrt=nnx.Param)"),
        id="wrt-keywords",
    ),
    pytest.param(
        "NNX501",
        program(
            """\
            optimizer = nnx.Optimizer(
                model,
                optax.adam(1e-3),  # the rate of the paper
            )
            """,
            NET,
        ),
        ("# the rate of the paper\n", "# the rate of the paper\n    wrt=nnx.Param,\n"),
        id="wrt-one-argument-a-line",
    ),
    pytest.param(
        "NNX501",
        program("optimizer = nnx.optimizer.Optimizer(model, optax.adam(1e-3))\n", NET),
        ("optax.adam(1e-3))", "optax.adam(1e-3), wrt=nnx.Param)"),
        id="wrt-old-spelling",
    ),
    pytest.param(
        "NNX501",
        "import flax\nimport optax\n\n\n"
        "def create(model):\n    return flax.nnx.Optimizer(model, optax.sgd(0.1))\n",
        ("optax.sgd(0.1))", "optax.sgd(0.1), wrt=flax.nnx.Param)"),
        id="wrt-import-flax",
    ),
    pytest.param(
        "NNX501",
        "import flax.nnx as fx\nimport optax\n\n\n"
        "def create(model):\n    return fx.Optimizer(model, optax.sgd(0.1))\n",
        ("optax.sgd(0.1))", "optax.sgd(0.1), wrt=fx.Param)"),
        id="wrt-alias",
    ),
    pytest.param(
        "NNX501",
        "import optax\nfrom flax.nnx import Optimizer, Param as P\n\n\n"
        "def create(model):\n    return Optimizer(model, optax.sgd(0.1))\n",
        ("optax.sgd(0.1))", "optax.sgd(0.1), wrt=P)"),
        id="wrt-from-import",
    ),
    pytest.param(
        "NNX501",
        program("def create(net): return nnx.Optimizer(net, optax.sgd(0.1))\n"),
        ("optax.sgd(0.1))", "optax.sgd(0.1), wrt=nnx.Param)"),
        id="wrt-on-the-line-of-a-header",
    ),
    pytest.param(
        "NNX501",
        "import optax\nfrom flax.nnx.training.optimizer import Optimizer as Opt\n\n\n"
        "def create(model):\n    make = Opt\n    return make(model, optax.sgd(0.1))\n",
        ("optax.sgd(0.1))", "optax.sgd(0.1), wrt=nnx.Param)"),
        id="wrt-import-added",
    ),
    pytest.param(
        "NNX502",
        program("grads = nnx.grad(loss_fn)(nnx.state(model, nnx.Param), x=jnp.ones((4, 2)))\n", NET, LOSS),
        ("(nnx.state(model, nnx.Param), x=", "(model, x="),
        id="tree-in-the-call",
    ),
    pytest.param(
        "NNX502",
        program("loss, grads = nnx.value_and_grad(loss_fn)(nnx.state(model), jnp.ones((4, 2)))\n", NET, LOSS),
        ("(nnx.state(model), ", "(model, "),
        id="tree-without-filter",
    ),
    pytest.param(
        "NNX502",
        program(
            """\
            def train_step(net, batch):
                weights = nnx.state(net, nnx.Param)
                return nnx.grad(loss_fn)(weights, batch)
            """,
            LOSS,
        ),
        ("weights = nnx.state(net, nnx.Param)\n    return nnx.grad(loss_fn)(weights", READY),
        id="tree-by-name",
    ),
    pytest.param(
        "NNX502",
        program(
            """\
            def train_step(net, batch):
                weights = nnx.state(net, nnx.Param)
                print(jax.tree.leaves(weights))
                return nnx.grad(loss_fn)(weights, batch)
            """,
            LOSS,
        ),
        ("(weights, batch)", "(net, batch)"),
        id="tree-by-name-that-is-read-elsewhere",
    ),
    pytest.param(
        "NNX502",
        program(
            """\
            @nnx.jit
            def train_step(net, batch):
                return nnx.value_and_grad(lambda m, x: m(x).sum())(nnx.state(net, nnx.Param), batch)
            """
        ),
        ("(nnx.state(net, nnx.Param), batch)", "(net, batch)"),
        id="tree-to-a-lambda",
    ),
    pytest.param(
        "NNX503",
        program("optimizer = optimizer.update(model, grads)\n", PAIR, GRADS),
        ("optimizer = optimizer.update", "optimizer.update"),
        id="result-to-the-optimizer",
    ),
    pytest.param(
        "NNX503",
        program(
            """\
            if grads:
                optimizer = optimizer.update(
                    model,
                        grads,  # of the batch
                )
            """,
            PAIR,
            GRADS,
        ),
        ("optimizer = optimizer.update", "optimizer.update"),
        id="result-of-a-call-over-several-lines",
    ),
    pytest.param(
        "NNX503",
        program("model = optimizer.update(model, grads)\n", PAIR, GRADS),
        ("model = optimizer.update", "optimizer.update"),
        id="result-to-the-model",
    ),
    pytest.param(
        "NNX503",
        program("model, optimizer = optimizer.update(model, grads)\n", PAIR, GRADS),
        ("model, optimizer = optimizer.update", "optimizer.update"),
        id="result-to-both",
    ),
    pytest.param(
        "NNX503",
        program("state = optimizer.update(model, grads)\n", PAIR, GRADS),
        ("state = optimizer.update", "optimizer.update"),
        id="result-unread",
    ),
    pytest.param(
        "NNX503",
        program(
            """\
            def train_step(net, opt, batch):
                grads = nnx.grad(loss_fn)(net, batch)
                opt: nnx.Optimizer = opt.update(net, grads)  # in place


            train_step(model, optimizer, jnp.ones((4, 2)))
            """,
            PAIR,
            LOSS,
        ),
        ("opt: nnx.Optimizer = opt.update", "opt.update"),
        id="result-in-a-function-that-is-called",
    ),
    pytest.param(
        "NNX503",
        program(
            """\
            class Trainer:
                def __init__(self, model, tx):
                    self.model = model
                    self.optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)

                def step(self, batch):
                    grads = nnx.grad(loss_fn)(self.model, batch)
                    self.optimizer = self.optimizer.update(self.model, grads)
            """,
            LOSS,
        ),
        ("self.optimizer = self.optimizer.update", "self.optimizer.update"),
        id="result-to-an-attribute",
    ),
    pytest.param(
        "NNX505",
        program(
            """\
            @jax.jit
            def train_step(net, opt, batch):
                # The whole step.
                grads = nnx.grad(loss_fn)(net, batch)
                opt.update(net, grads)


            for _ in range(3):
                train_step(model, optimizer, jnp.ones((4, 2)))
            """,
            PAIR,
            LOSS,
        ),
        ("@jax.jit\n", "@nnx.jit\n"),
        id="jit-nothing-returned",
    ),
    pytest.param(
        "NNX505",
        program(
            """\
            def apply(net, opt, batch):
                loss, grads = nnx.value_and_grad(loss_fn)(net, batch)
                opt.update(net, grads)
                return loss


            @jax.jit
            def train_step(net, opt, batch):
                loss = apply(net, opt, batch)
                return {"loss": loss, "step": opt.step}


            metrics = train_step(model, optimizer, jnp.ones((4, 2)))
            """,
            PAIR,
            LOSS,
        ),
        ("@jax.jit\n", "@nnx.jit\n"),
        id="jit-updated-by-a-helper",
    ),
    pytest.param(
        "NNX505",
        program(
            """\
            @jax.jit
            def train_step(net, opt, batch):
                grads = nnx.grad(loss_fn)(net, batch)
                opt.update(net, grads)
                return jnp.sum(jax.tree.leaves(grads)[0])


            def main():
                net = nnx.Linear(2, 1, rngs=nnx.Rngs(0))
                train_step(net, opt=nnx.Optimizer(net, optax.sgd(0.1), wrt=nnx.Param), batch=jnp.ones((4, 2)))
            """,
            LOSS,
        ),
        ("@jax.jit\n", "@nnx.jit\n"),
        id="jit-called-with-keywords",
    ),
    pytest.param(
        "NNX505",
        program(
            """\
            @jax.jit
            def load(net, tree):
                nnx.update(net, tree)


            def main(tree):
                load(model, tree)
            """,
            NET,
        ),
        ("@jax.jit\n", "@nnx.jit\n"),
        id="jit-around-nnx-update",
    ),
]


@pytest.mark.parametrize(("code", "text", "change"), REPAIRED)
def test_repaired(code: str, text: str, change: tuple[str, str]) -> None:
    result = check(text)
    assert [(finding.code, finding.fix) for finding in result.findings] == [(code, "automatic")]
    assert result.components == ()
    after = result.changed["train.py"]
    expected = text.replace(*change)
    assert expected != text
    assert _without_imports(after) == _without_imports(expected)
    assert check(after) == Result()


def _without_imports(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith(("import ", "from "))]


def test_nested_steps_are_repaired_together() -> None:
    text = program(
        """\
        @jax.jit
        def inner(net, opt, batch):
            opt.update(net, nnx.grad(loss_fn)(net, batch))


        @jax.jit
        def outer(net, opt, batch):
            inner(net, opt, batch)


        outer(model, optimizer, jnp.ones((4, 2)))
        """,
        PAIR,
        LOSS,
    )
    result = check(text)
    assert [(finding.code, finding.fix) for finding in result.findings] == [("NNX505", "automatic")] * 2
    assert check(result.changed["train.py"]) == Result()


def test_imports_follow_a_repair() -> None:
    text = (
        "import jax\nimport optax\nfrom flax.nnx import Optimizer\n\n\n"
        "def create(model):\n    return Optimizer(model, optax.sgd(0.1))\n"
    )
    after = check(text).changed["train.py"]
    assert "from flax import nnx\n" in after
    assert "wrt=nnx.Param" in after


REPORTED = [
    pytest.param(
        "NNX501",
        program("optimizer = nnx.Optimizer(model, optax.adam(1e-3), nnx.Param)\n", NET),
        "nnx.Param)",
        id="wrt-by-position",
    ),
    pytest.param(
        "NNX501",
        program("optimizer = nnx.Optimizer(model, optax.adam(1e-3), graph=True)\n", NET),
        "graph=True",
        id="wrt-and-another-option",
    ),
    pytest.param(
        "NNX501",
        "import optax\nfrom functools import partial\nfrom flax import nnx\n\n"
        "make = partial(nnx.Optimizer, tx=optax.sgd(0.1))\n"
        "optimizer = make(nnx.Linear(2, 1, rngs=nnx.Rngs(0)))\n",
        "optimizer = make",
        id="wrt-partial",
    ),
    pytest.param(
        "NNX501",
        "import optax\nfrom flax.nnx import Optimizer\n\n\ndef create(model, nnx):\n"
        "    return Optimizer(model, optax.sgd(0.1))\n",
        "return Optimizer",
        id="wrt-where-the-name-is-taken",
    ),
    pytest.param(
        "NNX502",
        program(
            """\
            def train_step(net, batch):
                graphdef, params, rest = nnx.split(net, nnx.Param, ...)
                return nnx.grad(loss_fn)(params, batch)
            """,
            LOSS,
        ),
        "nnx.grad(loss_fn)",
        id="tree-from-split",
    ),
    pytest.param(
        "NNX502",
        program("grads = nnx.grad(loss_fn)(nnx.state(model, nnx.LoRAParam), jnp.ones((4, 2)))\n", NET, LOSS),
        "nnx.grad(loss_fn)",
        id="tree-of-another-filter",
    ),
    pytest.param(
        "NNX502",
        program(
            """\
            def penalised(params, x):
                return jnp.mean(params(x)) + optax.global_norm(params)


            grads = nnx.grad(penalised)(nnx.state(model, nnx.Param), jnp.ones((4, 2)))
            """,
            NET,
        ),
        "nnx.grad(penalised)",
        id="tree-that-is-also-read",
    ),
    pytest.param(
        "NNX502",
        program(
            """\
            def outer(params, x):
                return loss_fn(params, x)


            grads = nnx.grad(outer)(nnx.state(model, nnx.Param), jnp.ones((4, 2)))
            """,
            NET,
            LOSS,
        ),
        "nnx.grad(outer)",
        id="tree-called-further-in",
    ),
    pytest.param(
        "NNX502",
        program(
            """\
            def train_step(net, batch):
                weights = nnx.state(net, nnx.Param)
                net = nnx.clone(net)
                return nnx.grad(loss_fn)(weights, batch), net
            """,
            LOSS,
        ),
        "nnx.grad(loss_fn)",
        id="tree-of-a-model-bound-again",
    ),
    pytest.param(
        "NNX503",
        program("ready = 1; optimizer = optimizer.update(model, grads)\n", PAIR, GRADS),
        "ready = 1",
        id="result-on-a-shared-line",
    ),
    pytest.param(
        "NNX503",
        program("best = other = optimizer.update(model, grads)\nprint(other(3), best)\n", PAIR, GRADS),
        "best = other",
        id="result-called",
    ),
    pytest.param(
        "NNX503",
        program("state = optimizer.update(model, grads)\nprint(state.opt_state)\n", PAIR, GRADS),
        "state = optimizer",
        id="result-read-like-a-state",
    ),
    pytest.param(
        "NNX503",
        program(
            "state = optimizer.update(model, nnx.grad(loss_fn)(model, jnp.ones((4, 2))))\n"
            "print(nnx.grad(loss_fn)(state, jnp.ones((4, 2))))\n",
            PAIR,
            LOSS,
        ),
        "state = optimizer",
        id="result-differentiated",
    ),
    pytest.param(
        "NNX503",
        program(
            """\
            def train_step(net, opt, batch):
                return opt.update(net, nnx.grad(loss_fn)(net, batch))


            model = train_step(model, optimizer, jnp.ones((4, 2)))
            """,
            PAIR,
            LOSS,
        ),
        "return opt.update",
        id="result-returned-for-a-model",
    ),
    pytest.param(
        "NNX503",
        program(
            "state = optimizer.update(model, grads)\noptimizer.update(state, grads)\n",
            PAIR,
            GRADS,
        ),
        "state = optimizer",
        id="result-updated",
    ),
    pytest.param(
        "NNX503",
        program(
            "from elsewhere import loss\n\nstate = optimizer.update(model, grads)\nnnx.grad(loss)(state)\n",
            PAIR,
            GRADS,
        ),
        "state = optimizer",
        id="result-differentiated-by-a-loss-from-elsewhere",
    ),
    pytest.param(
        "NNX504",
        program(
            """\
            def train_step():
                opt = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)
                opt.update(model, nnx.grad(loss_fn)(model, jnp.ones((4, 2))))


            train_step()
            for _ in range(10):
                train_step()
            """,
            NET,
            LOSS,
        ),
        "opt = nnx.Optimizer",
        id="fresh-in-a-function-called-before-and-in-a-loop",
    ),
    pytest.param(
        "NNX504",
        program(
            """\
            for _ in range(10):
                optimizer = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)
                grads = nnx.grad(loss_fn)(model, jnp.ones((4, 2)))
                optimizer.update(model, grads)
            """,
            NET,
            LOSS,
        ),
        "optimizer = nnx.Optimizer",
        id="fresh-in-a-loop",
    ),
    pytest.param(
        "NNX504",
        program(
            """\
            def train_step(net, batch):
                opt = nnx.Optimizer(net, optax.adam(1e-3), wrt=nnx.Param)
                opt.update(net, nnx.grad(loss_fn)(net, batch))


            while True:
                train_step(model, jnp.ones((4, 2)))
            """,
            NET,
            LOSS,
        ),
        "opt = nnx.Optimizer",
        id="fresh-in-a-function-called-in-a-loop",
    ),
    pytest.param(
        "NNX504",
        program(
            """\
            def make(net):
                return nnx.Optimizer(net, optax.adam(1e-3), wrt=nnx.Param)


            @nnx.jit
            def train_step(net, opt, batch):
                opt.update(net, nnx.grad(loss_fn)(net, batch))


            for _ in range(10):
                train_step(model, make(model), jnp.ones((4, 2)))
            """,
            NET,
            LOSS,
        ),
        "return nnx.Optimizer",
        id="fresh-from-a-factory-in-a-loop",
    ),
    pytest.param(
        "NNX504",
        program(
            """\
            @nnx.jit
            def train_step(net, batch):
                opt = nnx.Optimizer(net, optax.adam(1e-3), wrt=nnx.Param)
                loss, grads = nnx.value_and_grad(loss_fn)(net, batch)
                opt.update(net, grads)
                return loss
            """,
            LOSS,
        ),
        "opt = nnx.Optimizer",
        id="fresh-in-a-compiled-step",
    ),
    pytest.param(
        "NNX504",
        program(
            """\
            @jax.jit
            def train_step(graphdef, state, batch):
                net = nnx.merge(graphdef, state)
                opt = nnx.Optimizer(net, optax.adam(1e-3), wrt=nnx.Param)
                opt.update(net, nnx.grad(loss_fn)(net, batch))
                return nnx.state(net)
            """,
            LOSS,
        ),
        "opt = nnx.Optimizer",
        id="fresh-in-a-functional-step",
    ),
    pytest.param(
        "NNX504",
        program(
            """\
            def train(net, batches):
                def body(carry, batch):
                    opt = nnx.Optimizer(net, optax.adam(1e-3), wrt=nnx.Param)
                    opt.update(net, nnx.grad(loss_fn)(net, batch))
                    return carry, None

                return nnx.scan(body)(None, batches), jax.lax.scan(body, None, batches)
            """,
            LOSS,
        ),
        "opt = nnx.Optimizer",
        id="fresh-in-a-scan",
    ),
    pytest.param(
        "NNX505",
        program(
            """\
            @jax.jit
            def train_step(net: nnx.Module, opt: nnx.Optimizer, batch):
                opt.update(net, nnx.grad(loss_fn)(net, batch))
            """,
            LOSS,
        ),
        "@jax.jit",
        id="jit-that-nothing-here-calls",
    ),
    pytest.param(
        "NNX505",
        program(
            """\
            def train_step(net, opt, batch):
                opt.update(net, nnx.grad(loss_fn)(net, batch))


            step = jax.jit(train_step, donate_argnums=(0, 1))
            step(model, optimizer, jnp.ones((4, 2)))
            """,
            PAIR,
            LOSS,
        ),
        "jax.jit(train_step",
        id="jit-as-a-call",
    ),
    pytest.param(
        "NNX505",
        program(
            """\
            from functools import partial


            @partial(jax.jit, static_argnames="width")
            def train_step(net, opt, batch, width):
                opt.update(net, nnx.grad(loss_fn)(net, batch))


            train_step(model, optimizer, jnp.ones((4, 2)), width=3)
            """,
            PAIR,
            LOSS,
        ),
        "@partial(jax.jit",
        id="jit-with-options",
    ),
    pytest.param(
        "NNX505",
        program(
            """\
            @jax.jit
            def train_step(net, opt, batch):
                opt.update(net, nnx.grad(loss_fn)(net, batch))
                return net


            model = train_step(model, optimizer, jnp.ones((4, 2)))
            """,
            PAIR,
            LOSS,
        ),
        "@jax.jit",
        id="jit-that-returns-the-model-only",
    ),
    pytest.param(
        "NNX505",
        program(
            """\
            @jax.jit
            def train_step(net, opt, batch):
                opt.update(net, nnx.grad(loss_fn)(net, batch))


            jax.vmap(train_step)(model, optimizer, jnp.ones((4, 2)))
            """,
            PAIR,
            LOSS,
        ),
        "@jax.jit",
        id="jit-that-is-handed-on",
    ),
    pytest.param(
        "NNX505",
        program(
            """\
            class Trainer(nnx.Module):
                def __init__(self, model):
                    self.model = model
                    self.optimizer = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)

                @jax.jit
                def step(self, batch):
                    self.optimizer.update(self.model, nnx.grad(loss_fn)(self.model, batch))
            """,
            LOSS,
        ),
        "@jax.jit",
        id="jit-of-a-method",
    ),
]


@pytest.mark.parametrize(("code", "text", "part"), REPORTED)
def test_reported(code: str, text: str, part: str) -> None:
    result = check(text)
    assert found(result) == [(code, line_of(text, part), "manual")]
    assert all(finding.message for finding in result.findings)
    assert result.changed == {}


CORRECT = [
    pytest.param(
        """\
        @jax.jit
        def evaluate(net, batch):
            moving = nnx.clone(net)
            outputs = moving(batch)
            nnx.update(net, nnx.state(moving, nnx.BatchStat))
            return outputs
        """,
        id="statistics-dropped-in-jit",
    ),
    pytest.param(
        """\
        nnx.var_defaults(hijax=True)


        @jax.jit
        def train_step(net, opt, batch):
            opt.update(net, nnx.grad(loss_fn)(net, batch))


        train_step(model, optimizer, jnp.ones((4, 2)))
        """,
        id="mutable-variables",
    ),
    pytest.param(
        """\
        for step in range(100):
            if step:
                print(step)
            else:
                fast = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)
            fast.update(model, nnx.grad(loss_fn)(model, jnp.ones((4, 2))))
        """,
        id="made-in-the-other-branch-of-the-first-turn",
    ),
    pytest.param(
        """\
        for step in range(100):
            if step == 0:
                fast = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)
            fast.update(model, nnx.grad(loss_fn)(model, jnp.ones((4, 2))))
        """,
        id="made-in-the-first-turn-and-not-named-before",
    ),
    pytest.param(
        """\
        from elsewhere import sample


        def adapt(net):
            inner = nnx.Optimizer(net, optax.sgd(0.1), wrt=nnx.Param)
            inner.update(net, nnx.grad(loss_fn)(net, jnp.ones((4, 2))))


        for task in range(100):
            adapt(sample(task))
        """,
        id="adaptation-of-a-model-from-elsewhere",
    ),
    pytest.param(
        """\
        def make(pack):
            @jax.jit
            def train_step(net, opt, batch):
                opt.update(net, nnx.grad(loss_fn)(net, batch))
                return pack(net, opt)

            return train_step
        """,
        id="step-that-returns-the-result-of-a-parameter",
    ),
    pytest.param(
        """\
        @jax.jit
        def train_step(state, batch):
            grads = nnx.grad(loss_fn)(state.model, batch)
            state.optimizer.update(state.model, grads)
            return state.averaged()
        """,
        id="step-that-returns-the-result-of-a-method",
    ),
    pytest.param(
        """\
        def create():
            net = nnx.Linear(2, 1, rngs=nnx.Rngs(0))
            return net, nnx.Optimizer(net, optax.adam(1e-3), wrt=nnx.Param)


        net, opt = create()
        for _ in range(10):
            opt.update(net, nnx.grad(loss_fn)(net, jnp.ones((4, 2))))
        """,
        id="factory-called-once",
    ),
    pytest.param(
        """\
        for seed in range(3):
            net = nnx.Linear(2, 1, rngs=nnx.Rngs(seed))
            opt = nnx.Optimizer(net, optax.adam(1e-3), wrt=nnx.Param)
            for _ in range(10):
                opt.update(net, nnx.grad(loss_fn)(net, jnp.ones((4, 2))))
        """,
        id="trials",
    ),
    pytest.param(
        """\
        for seed in range(3):
            net = nnx.Linear(2, 1, rngs=nnx.Rngs(seed))
            opt = nnx.Optimizer(net, optax.adam(1e-3), wrt=nnx.Param)
            opt.update(net, nnx.grad(loss_fn)(net, jnp.ones((4, 2))))
        """,
        id="trials-of-one-step",
    ),
    pytest.param(
        """\
        def fit(net, rate):
            opt = nnx.Optimizer(net, optax.sgd(rate), wrt=nnx.Param)
            for _ in range(10):
                opt.update(net, nnx.grad(loss_fn)(net, jnp.ones((4, 2))))


        for rate in (0.1, 0.01):
            fit(model, rate)
        """,
        id="a-new-optimizer-for-each-stage",
    ),
    pytest.param(
        """\
        for step in range(100):
            if step % 10 == 0:
                optimizer = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)
            optimizer.update(model, nnx.grad(loss_fn)(model, jnp.ones((4, 2))))
        """,
        id="restarts-now-and-then",
    ),
    pytest.param(
        """\
        fast = None
        for step in range(100):
            if fast is None:
                fast = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)
            fast.update(model, nnx.grad(loss_fn)(model, jnp.ones((4, 2))))
        """,
        id="made-in-the-first-turn",
    ),
    pytest.param(
        """\
        for task in range(100):
            fast = nnx.clone(model)
            inner = nnx.Optimizer(fast, optax.sgd(0.1), wrt=nnx.Param)
            inner.update(fast, nnx.grad(loss_fn)(fast, jnp.ones((4, 2))))
        """,
        id="adaptation-of-a-clone",
    ),
    pytest.param(
        """\
        start = nnx.clone(nnx.state(model))
        for trial in range(5):
            nnx.update(model, start)
            trial_optimizer = nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)
            trial_optimizer.update(model, nnx.grad(loss_fn)(model, jnp.ones((4, 2))))
        """,
        id="the-model-starts-anew-in-each-trial",
    ),
    pytest.param(
        """\
        def train(nets):
            for net in nets:
                opt = nnx.Optimizer(net, optax.sgd(0.1), wrt=nnx.Param)
                opt.update(net, nnx.grad(loss_fn)(net, jnp.ones((4, 2))))
        """,
        id="one-step-for-each-of-several-models",
    ),
    pytest.param(
        """\
        def one_step(net, opt_class=nnx.Optimizer):
            opt = nnx.Optimizer(net, optax.sgd(0.1), wrt=nnx.Param)
            opt.update(net, nnx.grad(loss_fn)(net, jnp.ones((4, 2))))


        one_step(model)
        """,
        id="a-single-step-in-all",
    ),
    pytest.param(
        """\
        @jax.jit
        def train(net, batches):
            opt = nnx.Optimizer(net, optax.adam(1e-3), wrt=nnx.Param)

            def body(carry, batch):
                net, opt = carry
                opt.update(net, nnx.grad(loss_fn)(net, batch))
                return (net, opt), None

            (net, opt), _ = jax.lax.scan(body, (net, opt), batches)
            return net
        """,
        id="a-whole-run-in-one-compiled-function",
    ),
    pytest.param(
        """\
        def step(net, batch):
            updates = optimizer.update(net, nnx.grad(loss_fn)(net, batch))
            return optax.global_norm(updates)


        _ = optimizer.update(model, nnx.grad(loss_fn)(model, jnp.ones((4, 2))))
        norm = step(model, jnp.ones((4, 2)))
        """,
        id="updates-that-are-wanted",
    ),
    pytest.param(
        """\
        tx = optax.adam(1e-3)
        params = nnx.state(model, nnx.Param)
        opt_state = tx.init(params)
        grads = nnx.grad(loss_fn)(model, jnp.ones((4, 2)))
        updates, opt_state = tx.update(grads, opt_state, params)
        nnx.update(model, optax.apply_updates(params, updates))
        """,
        id="optax-by-hand",
    ),
    pytest.param(
        """\
        metrics = nnx.MultiMetric(loss=nnx.metrics.Average("loss"))
        options = {}
        options = options.update({"a": 1})
        result = metrics.update(loss=jnp.ones(()))
        """,
        id="other-things-with-an-update",
    ),
    pytest.param(
        """\
        graphdef, params, rest = nnx.split(model, nnx.Param, ...)


        def functional(params, x):
            net = nnx.merge(graphdef, params, rest)
            return jnp.mean(net(x) ** 2)


        grads = nnx.grad(functional)(params, jnp.ones((4, 2)))
        """,
        id="a-tree-that-is-merged",
    ),
    pytest.param(
        """\
        def penalty(params):
            return optax.global_norm(params) + params.kernel.sum() + params["bias"].mean()


        grads = nnx.grad(penalty)(nnx.state(model, nnx.Param))
        """,
        id="a-tree-that-is-read",
    ),
    pytest.param(
        """\
        @jax.jit
        def train_step(net, opt, batch):
            loss, grads = nnx.value_and_grad(loss_fn)(net, batch)
            opt.update(net, grads)
            return (net, opt), loss


        (model, optimizer), loss = train_step(model, optimizer, jnp.ones((4, 2)))
        """,
        id="functional-step",
    ),
    pytest.param(
        """\
        @jax.jit
        def train_step(graphdef, state, batch):
            net, opt = nnx.merge(graphdef, state)
            loss, grads = nnx.value_and_grad(loss_fn)(net, batch)
            opt.update(net, grads)
            return nnx.state((net, opt)), loss


        graphdef, state = nnx.split((model, optimizer))
        state, loss = train_step(graphdef, state, jnp.ones((4, 2)))
        """,
        id="split-and-merge-step",
    ),
    pytest.param(
        """\
        @jax.jit
        def train_step(net, opt, batch):
            opt.update(net, nnx.grad(loss_fn)(net, batch))
            graphdef, state = nnx.split((net, opt))
            return state
        """,
        id="step-that-returns-a-split",
    ),
    pytest.param(
        """\
        from elsewhere import pack


        @jax.jit
        def train_step(net, opt, batch):
            opt.update(net, nnx.grad(loss_fn)(net, batch))
            packed = pack(net, opt)
            return packed
        """,
        id="step-that-returns-something-unknown",
    ),
    pytest.param(
        """\
        @jax.jit
        def train_step(carry, batch):
            net, opt = carry
            opt.update(net, nnx.grad(loss_fn)(net, batch))
            return net, opt
        """,
        id="step-over-a-tuple",
    ),
    pytest.param(
        """\
        @jax.jit
        def adapted_loss(net, batch):
            fast = nnx.clone(net)
            opt = nnx.Optimizer(fast, optax.sgd(0.1), wrt=nnx.Param)
            opt.update(fast, nnx.grad(loss_fn)(fast, batch))
            return loss_fn(fast, batch)
        """,
        id="adaptation-inside-a-compiled-function",
    ),
    pytest.param(
        """\
        @jax.jit
        def evaluate(net, batch):
            return loss_fn(net, batch)


        @nnx.jit
        def train_step(net, opt, batch):
            opt.update(net, nnx.grad(loss_fn)(net, batch))


        for _ in range(3):
            train_step(model, optimizer, jnp.ones((4, 2)))
            print(evaluate(model, jnp.ones((4, 2))))
        """,
        id="in-place-under-nnx-jit",
    ),
    pytest.param(
        """\
        both = nnx.ModelAndOptimizer(model, optax.adam(1e-3))
        both.update(nnx.grad(loss_fn)(both.model, jnp.ones((4, 2))))
        """,
        id="model-and-optimizer",
    ),
    pytest.param(
        """\
        class Logged(nnx.Optimizer):
            def __init__(self, model, tx):
                super().__init__(model, tx, wrt=nnx.Param)


        logged = Logged(model, optax.adam(1e-3))
        logged.update(model, nnx.grad(loss_fn)(model, jnp.ones((4, 2))))
        """,
        id="an-optimizer-class-of-its-own",
    ),
    pytest.param(
        """\
        class Optimizer:
            def __init__(self, model, tx):
                self.model = model

            def update(self, model, grads):
                return Optimizer(model, grads)


        opt = Optimizer(model, optax.adam(1e-3))
        opt = opt.update(model, nnx.grad(loss_fn)(model, jnp.ones((4, 2))))
        """,
        id="a-class-of-the-same-name",
    ),
]


@pytest.mark.parametrize("body", CORRECT)
def test_correct_code_is_left_in_peace(body: str) -> None:
    assert check(program(body, PAIR, LOSS)) == Result()


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=f"{path.parent.name}-{path.stem}") for path in sorted(FIXTURES.glob("*/nnx*.py"))],
)
def test_migrated_fixtures_have_no_pitfall(path: Path) -> None:
    result = check(path.read_text("utf-8"))
    assert not result.changed
    assert not [finding for finding in result.findings if finding.code.startswith("NNX")]


def test_a_pitfall_is_no_component() -> None:
    text = (FIXTURES / "one_step" / "linen.py").read_text("utf-8")
    broken = "\n\ndef create(model):\n    return nnx.Optimizer(model, optax.sgd(0.1))\n"
    joined = text.replace("import optax\n", "import optax\nfrom flax import nnx\n") + broken
    result = check(joined)
    assert [component.status for component in result.components] == ["migrated"]
    assert [f.component for f in result.findings if f.code == "NNX501"] == [None]
    after = result.changed["train.py"]
    assert "nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)" in after
    assert "TrainState" not in after
    assert check(after) == Result()


BROKEN = program("state = optimizer.update(model, grads)\n", PAIR, GRADS)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        pytest.param(BROKEN.replace("grads)\n", "grads)  # noqa: NNX503\n"), Options(), id="noqa"),
        pytest.param(BROKEN, Options(ignore=("NNX503",)), id="ignored"),
        pytest.param(BROKEN, Options(select=("LNX",)), id="not-selected"),
    ],
)
def test_what_is_silenced_is_not_edited(text: str, options: Options) -> None:
    assert check(text, options) == Result()
    assert check(BROKEN).changed
