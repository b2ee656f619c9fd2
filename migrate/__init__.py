"""linen2nnx: migrate Flax Linen training code to Flax NNX and prove that the numbers stay."""

from __future__ import annotations

__version__ = "0.1.0"
