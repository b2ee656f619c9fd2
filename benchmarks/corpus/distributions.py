"""The pinned distributions: published packages that still hold Linen code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Distribution:
    """One archive of the package index; its files below `folder` that match `pattern` are migrated."""

    name: str
    version: str
    sha256: str
    folder: str = "."
    pattern: str = "*.py"
    from_source: bool = False

    @property
    def requirement(self) -> str:
        """What pip is asked for."""
        return f"{self.name}=={self.version}"


DISTRIBUTIONS: Mapping[str, Distribution] = {
    each.name: each
    for each in (
        Distribution(
            "flax",
            "0.12.1",
            "ce2229a2ecb689678ba619e822346447c173c2ac1635e674e8249b97ed816cab",
            folder="flax-0.12.1/examples",
            from_source=True,
        ),
        Distribution("cleanrl", "1.2.0", "002f6dac6cd0efb5889cd9096a252da1b4bc98a8f52ccb1f47a7215c18b30369"),
        Distribution("rejax", "0.1.3", "86c7468b5b3c9b520b813d0e89137f36e1472d14c327ae86c5328b6e0ca629c0"),
        Distribution("navix", "4.0.0", "e2b79c06bea8779a21291263d5313dd0460443ddda5b690087381e19923dbc51"),
        Distribution("sbx-rl", "0.28.0", "1493cc24ef96ecaf267ef2563d19c87fe02a9dc0ca39df59020378f720e4a951"),
        Distribution("ott-jax", "0.4.6", "7f713b9dc1b9ac644599ee3830def9e02739b83811af884844263da67c5a1774"),
        Distribution(
            "jax-resnet", "0.0.4", "16a0a3c371bfb7ab11c2fd825b44accfd0dc315e2959aa7369894bf245aa8d6a"
        ),
        Distribution(
            "flaxmodels", "0.1.3", "fc560089f2dcc46e04c99f7e44619f532bb7a436ef29409b5a84a63074e445da"
        ),
        Distribution(
            "recurrentgemma", "1.0.1", "6d6b513766f559807c43fd98a205d05ece54a329efe3842a5a033e35dee42b4e"
        ),
        Distribution(
            "diffusers", "0.32.2", "d7f182b49c7f428737ee3bf6397d463ec03b85f4f3b2c9470bd1d73292b609ff"
        ),
        Distribution(
            "transformers",
            "4.57.1",
            "b10d05da8fa67dc41644dbbf9bc45a44cb86ae33da6f9295f5fbf5b7890bd267",
            pattern="modeling_flax_*.py",
        ),
    )
}
