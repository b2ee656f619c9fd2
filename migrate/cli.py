"""The room that talks to a person: runs a command, prints its outcome, gives the exit code."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TextIO

from migrate.arguments import parse_arguments
from migrate.commands.outcome import Outcome
from migrate.errors import UsageError


def entry() -> None:
    """Run the console script and leave the process."""
    try:
        code = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except KeyboardInterrupt:
        code = 130
    raise SystemExit(code)


def main(argv: Sequence[str]) -> int:
    """Run the command that `argv` asks for and return its exit code."""
    try:
        namespace = parse_arguments(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    except UsageError as error:
        return _fail(error)
    try:
        outcome = _run(namespace)
    except UsageError as error:
        return _fail(error)
    _print(outcome)
    return outcome.code


def _run(namespace: Namespace) -> Outcome:
    """Import the command only now: each brings what it needs and nothing else."""
    if namespace.command == "rule":
        from migrate.commands.rule import rule

        return rule(namespace.code, namespace.all)
    if namespace.command == "verify":
        return _verify(namespace)
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    data = sys.stdin.buffer.read() if namespace.paths == ["-"] else b""
    if namespace.command == "check":
        from migrate.commands.check import check

        return check(namespace, data, colour)
    from migrate.commands.migrate import migrate

    return migrate(namespace, data, colour)


def _verify(namespace: Namespace) -> Outcome:
    """The command that needs numpy, and shows how far it is."""
    try:
        from migrate.commands.verify import verify
    except ModuleNotFoundError as error:
        if error.name != "numpy":
            raise
        raise UsageError("verify needs numpy; install linen2nnx[verify]") from error
    from migrate.progress import progress_line

    with progress_line(sys.stderr) as line:
        return verify(namespace, line.show)


def _print(outcome: Outcome) -> None:
    _write(sys.stdout, outcome.out)
    if outcome.data:
        sys.stdout.flush()
        sys.stdout.buffer.write(outcome.data)
    _write(sys.stderr, outcome.err)


def _write(stream: TextIO, text: str) -> None:
    """Write what the stream's encoding has no character for as an escape instead of failing."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _fail(error: UsageError) -> int:
    _write(sys.stderr, f"linen2nnx: {error}\n")
    return 2
