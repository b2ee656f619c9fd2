"""Errors that end a command with one sentence on standard error and exit code 2."""

from __future__ import annotations


class UsageError(Exception):
    """The command cannot start or finish as it was asked; the message says what to do."""
