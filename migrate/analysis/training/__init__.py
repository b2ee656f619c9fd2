"""Linen training code: definitions, states, optimizers, and the transforms around them."""
