"""The child's side of verify: needs only jax, flax, optax and numpy, and is loaded by path."""
