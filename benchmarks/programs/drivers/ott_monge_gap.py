"""OTT's Monge gap estimator between two clouds of random points."""

import jax.numpy as jnp
import numpy as np
import optax
from driver_support import absent

absent("lineax", "jaxtyping", "equinox", "diffrax", "jaxopt")

from ott.neural.methods import monge_gap
from ott.neural.networks import potentials


def points(seed, shift):
    random = np.random.default_rng(seed)
    while True:
        yield jnp.asarray(random.normal(shift, size=(8, 2)), jnp.float32)


def distance(mapped, target):
    return jnp.mean((mapped.mean(0) - target.mean(0)) ** 2), None


def gap(source, mapped):
    return monge_gap.monge_gap_from_samples(source, mapped, return_output=True, max_iterations=20)


estimator = monge_gap.MongeGapEstimator(
    dim_data=2,
    model=potentials.PotentialMLP(dim_hidden=[8, 8], is_potential=False),
    optimizer=optax.adam(1e-2),
    fitting_loss=distance,
    regularizer=gap,
    num_train_iters=14,
    logging=True,
    valid_freq=5,
)
estimator.train_map_estimator(points(0, 0.0), points(1, 1.0), points(2, 0.0), points(3, 1.0))
