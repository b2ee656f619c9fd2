"""Names that every NNX module uses for itself."""

from __future__ import annotations

RESERVED = frozenset(
    {"train", "eval", "sow", "perturb", "set_attributes", "iter_modules", "iter_children", "rngs", "self"}
)
