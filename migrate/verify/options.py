"""The command line of verify: its options, and the request that they make."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from migrate.verify.request import Request


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; everything after `--` is kept for the programs."""
    parser.add_argument("before", type=Path, metavar="BEFORE", help="the Linen program")
    parser.add_argument("after", type=Path, nargs="?", metavar="AFTER", help="the NNX program")
    parser.add_argument("--steps", type=int, default=10, metavar="N", help="optimizer steps (default: 10)")
    parser.add_argument(
        "--from-step", type=int, default=0, metavar="K", help="start from the state before it after K steps"
    )
    parser.add_argument("--python", metavar="PATH", help="interpreter that runs the programs")
    parser.add_argument("--timeout", type=float, default=600.0, metavar="S", help="seconds for each run")
    parser.add_argument("--cwd", type=Path, metavar="DIR", help="directory in which the programs run")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the report as a page, too")
    parser.add_argument("--map", action="store_true", help="print how the leaves were paired")
    parser.add_argument("--leaf-map", type=Path, metavar="FILE", help="TOML file that pairs leaves by hand")
    parser.add_argument("--layers", action="store_true", help="compare the output of every module")
    parser.add_argument("--resume", action="store_true", help="also save and restore in the middle")
    parser.add_argument("--verdict-only", action="store_true", help="no step times, no forward look")
    parser.set_defaults(program_args=())
    _keep_program_arguments(parser)


def _keep_program_arguments(parser: argparse.ArgumentParser) -> None:
    """Cut the command line at `--` first, as argparse would give what follows to AFTER."""
    parse = parser.parse_known_args

    def cut(
        args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        given = list(args or ())
        at = given.index("--") if "--" in given else len(given)
        found, rest = parse(given[:at], namespace)
        found.program_args = tuple(given[at + 1 :])
        return found, rest

    parser.parse_known_args = cut  # type: ignore[method-assign,assignment]


def request_from(namespace: argparse.Namespace) -> Request:
    """The request that parsed options ask for; `after` is None where the command line has none."""
    return Request(
        before=namespace.before,
        after=namespace.after,
        steps=namespace.steps,
        from_step=namespace.from_step,
        python=namespace.python,
        args=namespace.program_args,
        timeout=namespace.timeout,
        cwd=namespace.cwd,
        html=namespace.html,
        show_map=namespace.map,
        leaf_map=namespace.leaf_map,
        layers=namespace.layers,
        resume=namespace.resume,
        verdict_only=namespace.verdict_only,
    )
