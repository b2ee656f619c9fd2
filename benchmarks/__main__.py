"""`python -m benchmarks`: measure, compare with the budgets, print the table."""

from __future__ import annotations

import argparse
import platform
import tempfile
from pathlib import Path

from benchmarks import peers
from benchmarks.session import Session, measure
from benchmarks.table import markdown


def main() -> None:
    """Measure every tree and print one table."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="linen2nnx-benchmarks-") as name:
        root = Path(name)
        try:
            environments = peers.prepare(arguments.environments or root / "environments")
        except peers.InstallFailed as failure:
            raise SystemExit(f"benchmarks: {failure}") from failure
        found = measure(
            Session(environments, arguments.rounds, arguments.limit, tuple(arguments.without)), root
        )
    print(f"Python {platform.python_version()} on {platform.machine()}; {peers.versions(environments)}.\n")
    print(markdown(found), end="")
    for peer, problem in environments.missing.items():
        print(f"\n{peer} was skipped, it could not be installed: {problem}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks", description="Time linen2nnx and its peers.")
    parser.add_argument("--rounds", type=int, default=5, help="paired rounds after the warm-up (default: 5)")
    parser.add_argument(
        "--limit",
        type=float,
        default=180.0,
        help="seconds after which a command is stopped (default: 180)",
    )
    parser.add_argument(
        "--environments",
        type=Path,
        help="keep the environments of the peers in this directory (default: a temporary one)",
    )
    parser.add_argument(
        "--without", action="append", default=[], metavar="CASE", help="leave a fixture out of the Linen tree"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
