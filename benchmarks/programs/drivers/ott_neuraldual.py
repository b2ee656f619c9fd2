"""OTT's neural dual solver between two clouds of random points."""

import jax.numpy as jnp
import numpy as np
import optax
from driver_support import absent

absent("lineax", "jaxtyping", "equinox", "diffrax", "jaxopt")

from ott.neural.methods import neuraldual
from ott.neural.networks import potentials


def points(seed, shift):
    random = np.random.default_rng(seed)
    while True:
        yield jnp.asarray(random.normal(shift, size=(8, 2)), jnp.float32)


dual = neuraldual.W2NeuralDual(
    dim_data=2,
    neural_f=potentials.PotentialMLP(dim_hidden=[8, 8]),
    neural_g=potentials.PotentialMLP(dim_hidden=[8, 8], is_potential=False),
    optimizer_f=optax.adam(1e-2),
    optimizer_g=optax.adam(1e-2),
    num_train_iters=14,
    conjugate_solver=None,
)
dual(points(0, 0.0), points(1, 1.0), points(2, 0.0), points(3, 1.0))
