"""The one error of verify that is the caller's to mend."""

from __future__ import annotations


class VerifyError(Exception):
    """Wrong use or a broken set-up; the message is one sentence that says what to do."""
