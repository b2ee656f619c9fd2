"""What each comparison may cost: upper bounds on our CPU time divided by theirs."""

from __future__ import annotations

from collections.abc import Mapping

Budget = Mapping[str, float]

START_UP: Budget = {"pyupgrade": 1.5}
LARGE: Budget = {"read the files (less start-up)": 1.0}
NO_FLAX: Budget = {"bump-pydantic": 0.2, "torchfix": 0.2}
HEAVY: Budget = {"libcst.parse_module": 2.0, "bump-pydantic": 0.2, "torchfix": 0.2}
SOURCES: Budget = {"libcst.parse_module": 2.0, "bump-pydantic": 0.2, "torchfix": 0.2}
