"""Optax's example of training a Flax module, on the noise that it makes itself."""

import flax_example

flax_example.main([])
