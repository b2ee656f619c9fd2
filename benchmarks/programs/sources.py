"""The archives that the programs come from: those of the corpus, and some for a program only."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.corpus.distributions import DISTRIBUTIONS, Distribution

SOURCES: Mapping[str, Distribution] = {
    **DISTRIBUTIONS,
    "navix-source": Distribution(
        "navix",
        "4.0.0",
        "d17ff1f6569775e8d20f7e515f696a282bd4a810934bde1bcb46c9f720194a9e",
        folder="navix-4.0.0",
        from_source=True,
    ),
    "optax-source": Distribution(
        "optax",
        "0.1.5",
        "0aa379b56f51dbd525562f5ee6805a180a2616f3e9fe8080582352bcbb520f2e",
        folder="optax-0.1.5/examples",
        from_source=True,
    ),
}
"""By the name that a program gives; examples often are in source archives alone."""
