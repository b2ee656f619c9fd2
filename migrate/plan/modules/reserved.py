"""Names that every NNX module uses for itself."""

from __future__ import annotations

MODES = frozenset({"train", "eval"})
"""Methods that a field may hide: migrated code says the mode by the field or at the call, without them."""
RESERVED = MODES | {"sow", "perturb", "set_attributes", "iter_modules", "iter_children", "rngs", "self"}
