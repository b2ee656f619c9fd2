"""What recording costs: step time, memory and disk with and without it, and a whole comparison.

Prints a table with a row for each size; run it as `python -m benchmarks.verify_cost [WIDTH ROWS]...`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from migrate.verify import child
from migrate.verify.api import Request, verify

STEPS = 12
WARM_UP = 2
ROUNDS = 3
SIZES = ((500, 1024), (500, 4096), (1000, 1024))
LINEN = """
import json, resource, sys, time, jax, jax.numpy as jnp, numpy as np, optax
from flax import linen as nn
from flax.training.train_state import TrainState
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        for _ in range(4):
            x = nn.relu(nn.Dense({width})(x))
        return nn.Dense(1)(x)
@jax.jit
def step(state, x, y):
    loss_fn = lambda p: jnp.mean((state.apply_fn({{"params": p}}, x) - y) ** 2)
    loss, grads = jax.value_and_grad(loss_fn)(state.params)
    return state.apply_gradients(grads=grads), loss
x = jnp.asarray(np.random.default_rng(0).normal(size=({rows}, {width})), jnp.float32)
net = Net()
params = net.init(jax.random.key(0), x)["params"]
state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.adam(1e-3))
times = []
for index in range({steps}):
    start = time.perf_counter()
    state, loss = step(state, x, x[:, :1])
    jax.block_until_ready(state)
    times.append(time.perf_counter() - start)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
if sys.argv[1:]:
    open(sys.argv[1], "w").write(json.dumps([times, peak]))
"""
NNX = """
import jax, jax.numpy as jnp, numpy as np, optax
from flax import nnx
class Net(nnx.Module):
    def __init__(self, *, rngs):
        for index in range(4):
            setattr(self, f"Dense_{{index}}", nnx.Linear({width}, {width}, rngs=rngs))
        self.Dense_4 = nnx.Linear({width}, 1, rngs=rngs)
    def __call__(self, x):
        for index in range(4):
            x = nnx.relu(getattr(self, f"Dense_{{index}}")(x))
        return self.Dense_4(x)
@nnx.jit
def step(net, optimizer, x, y):
    loss, grads = nnx.value_and_grad(lambda net: jnp.mean((net(x) - y) ** 2))(net)
    optimizer.update(net, grads)
    return loss
x = jnp.asarray(np.random.default_rng(0).normal(size=({rows}, {width})), jnp.float32)
net = Net(rngs=nnx.Rngs(0))
optimizer = nnx.Optimizer(net, optax.adam(1e-3), wrt=nnx.Param)
for index in range({steps}):
    step(net, optimizer, x, x[:, :1])
"""


@dataclass(frozen=True)
class Run:
    """Median seconds of a step after warm-up, and the peak memory of the process in MiB."""

    step: float
    peak: float


def main(sizes: Sequence[tuple[int, int]]) -> None:
    """Measure each size: `width` squared times four parameters, batches of `rows`."""
    print("| parameters | step | recorded | ratio | memory | recorded | event file | verify of 10 steps |")
    print("|---|---|---|---|---|---|---|---|")
    for width, rows in sizes:
        print(_row(width, rows), flush=True)


def _row(width: int, rows: int) -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before, after, out = folder / "linen.py", folder / "nnx.py", folder / "run.events"
        for path, text in ((before, LINEN), (after, NNX)):
            path.write_text(text.format(width=width, rows=rows, steps=STEPS), encoding="utf-8")
        rounds = [(_plain(before), _recorded(before, out)) for _ in range(ROUNDS)]
        size = out.stat().st_size / 2**20
        start = time.perf_counter()
        report = verify(Request(before, after, steps=10))
        whole = time.perf_counter() - start
    ratio = median(recorded.step / bare.step for bare, recorded in rounds)
    bare, recorded = (min(runs, key=lambda run: run.step) for runs in zip(*rounds, strict=True))
    return (
        f"| {4 * width * width / 1e6:.2f} M | {bare.step * 1e3:.0f} ms | {recorded.step * 1e3:.0f} ms "
        f"| {ratio:.2f} | {bare.peak:.0f} MiB | {recorded.peak:.0f} MiB | {size:.1f} MiB "
        f"| {whole:.1f} s, {report.verdict} ({report.grade}) |"
    )


def _plain(program: Path) -> Run:
    result = program.with_suffix(".json")
    subprocess.run([sys.executable, str(program), str(result)], check=True)
    return _read(result)


def _recorded(program: Path, out: Path) -> Run:
    result = program.with_suffix(".json")
    result.unlink()
    child.run(child.Job(program, out, (str(result),), STEPS, None, sys.executable, 600.0))
    return _read(result)


def _read(result: Path) -> Run:
    times, peak = json.loads(result.read_text(encoding="utf-8"))
    return Run(median(times[WARM_UP:]), peak)


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(list(zip(given[::2], given[1::2], strict=True)) or SIZES)
