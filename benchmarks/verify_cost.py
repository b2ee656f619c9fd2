"""What recording costs: a step with and without it, and a whole comparison, for a given model width.

Prints one line for each measurement; run it as `python benchmarks/verify_cost.py [WIDTH]`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from migrate.verify import child
from migrate.verify.api import Request, verify
from migrate.verify.recording import load

STEPS = 12
LINEN = """
import time, jax, jax.numpy as jnp, numpy as np, optax
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
for index in range({steps}):
    start = time.perf_counter()
    state, loss = step(state, x, x[:, :1])
    jax.block_until_ready(state)
    print(time.perf_counter() - start)
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


def main(width: int, rows: int) -> None:
    """Measure one size: `width` squared times four parameters, batches of `rows`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before, after = folder / "linen.py", folder / "nnx.py"
        for path, text in ((before, LINEN), (after, NNX)):
            path.write_text(text.format(width=width, rows=rows, steps=STEPS), encoding="utf-8")
        plain = subprocess.run([sys.executable, str(before)], capture_output=True, text=True, check=True)
        bare = sorted(float(line) for line in plain.stdout.split()[2:])[(STEPS - 2) // 2]
        recorded = _recorded(before, folder)
        start = time.perf_counter()
        report = verify(Request(before, after, steps=10))
        whole = time.perf_counter() - start
    print(f"parameters {4 * width * width / 1e6:.2f} M, step {bare * 1e3:.1f} ms")
    print(f"recorded step {recorded * 1e3:.1f} ms, {recorded / bare:.2f} times")
    print(f"verify of 10 steps: {whole:.1f} s, {report.verdict} ({report.grade})")


def _recorded(program: Path, folder: Path) -> float:
    """Median seconds between recorded steps, recording included."""
    out = folder / "run.events"
    child.run(child.Job(program, out, (), STEPS, None, sys.executable, 600.0))
    marks = [update.header["time"] for update in load(out).tracks[0].updates][2:]
    return sorted(b - a for a, b in pairwise(marks))[(len(marks) - 1) // 2]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500, int(sys.argv[2]) if len(sys.argv) > 2 else 1024)
