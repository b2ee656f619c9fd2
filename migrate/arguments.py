"""The command line: subcommands and their flags."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence

from migrate import __version__

_DESCRIPTION = "Migrate Flax Linen training code to Flax NNX, and prove that the losses stay the same."
_EPILOG = (
    "exit codes: 0 nothing to report or everything done, 1 findings, would change, or not equivalent, "
    "2 wrong use or a broken set-up, 3 verify is inconclusive"
)


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments of one call; raises SystemExit for --help, --version and wrong use.

    Only the subcommand that is asked for gets its flags: the others, and what they import, cost nothing.
    """
    parser = argparse.ArgumentParser("linen2nnx", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument("--version", action="version", version=f"linen2nnx {__version__}")
    command = next((each for each in arguments if not each.startswith("-")), None)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (summary, add) in _COMMANDS.items():
        subparser = subparsers.add_parser(name, help=summary, description=f"{summary}.")
        if name == command:
            add(subparser)
    return parser.parse_args(arguments)


def _check(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser)
    _add_reporting(parser)
    _add_style(parser)


def _migrate(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser)
    parser.add_argument("--diff", action="store_true", help="print the diff (the default without --write)")
    parser.add_argument("--write", action="store_true", help="write the new texts over the files")
    parser.add_argument("--allow-dirty", action="store_true", help="write over uncommitted changes, too")
    parser.add_argument(
        "--path-map", metavar="FILE", help="write which variable of Linen is which of NNX, as TOML"
    )
    parser.add_argument(
        "--trace",
        metavar="FILE:CALL",
        help="read sizes that the code does not tell off this call, which is evaluated in abstract values",
    )
    parser.add_argument("--exit-non-zero-on-fix", action="store_true", help="exit 1 if files were written")
    _add_reporting(parser)
    _add_style(parser)


def _verify(parser: argparse.ArgumentParser) -> None:
    from migrate.verify import options

    options.add_arguments(parser)
    _add_style(parser)


def _rule(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", nargs="?", metavar="CODE", help="the rule to explain; all are listed without")
    parser.add_argument("--all", action="store_true", help="print docs/rules.md: every page in one")


def _add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files, directories or - (default: .)")
    parser.add_argument("--stdin-filename", metavar="PATH", help="the path that - stands for")
    parser.add_argument(
        "--exclude", action="extend", type=_listed, metavar="PATTERNS", help="leave out, as in .gitignore"
    )
    parser.add_argument(
        "--force-exclude",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="apply exclusions to files that are named, too",
    )


def _add_reporting(parser: argparse.ArgumentParser) -> None:
    for flag in ("--select", "--ignore"):
        parser.add_argument(flag, action="extend", type=_listed, metavar="CODES", help="by prefix, as LNX1")
    parser.add_argument("--output-format", choices=("text", "json"), help="default: text")
    parser.add_argument("--exit-zero", action="store_true", help="exit 0 with findings, too")
    parser.add_argument("-q", "--quiet", action="store_true", help="print no summary")


def _add_style(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--style", choices=("functional", "stateful"), help="default: functional")
    parser.add_argument(
        "--bridge",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="wrap modules that cannot be rewritten, to migrate what trains them (default)",
    )


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


_COMMANDS: Mapping[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "check": ("Report Linen training code and pitfalls in NNX code", _check),
    "migrate": ("Print, or with --write apply, the rewrite to NNX", _migrate),
    "verify": ("Run a program before and after migration and compare the numbers", _verify),
    "rule": ("List the rules, or explain one", _rule),
}
