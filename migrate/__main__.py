"""`python -m migrate`, the same command as `linen2nnx`."""

from __future__ import annotations

from migrate.cli import entry

entry()
