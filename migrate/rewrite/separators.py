"""Commas and blanks between arguments and parameters, kept as the author wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from migrate.rewrite.edits import Piece


def exchanged(items: Sequence[cst.Param], wanted: dict[str, tuple[Piece, ...]], make: Any) -> list[Any]:
    new: list[Any] = []
    for item in items:
        if item.name.value not in wanted:
            new.append(item)
            continue
        made = [make(piece) for piece in wanted[item.name.value]]
        new += like(item, made)
    return new


def like(old: Any, new: list[Any]) -> list[Any]:
    """Items with the separators of the one they replace."""
    if not new:
        return []
    comma = old.comma if isinstance(old.comma, cst.Comma) else None
    inner = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    if comma is not None and isinstance(comma.whitespace_after, cst.ParenthesizedWhitespace):
        blank = cst.TrailingWhitespace()
        after = comma.whitespace_after.with_changes(first_line=blank, empty_lines=[])
        inner = comma.with_changes(whitespace_after=after)
    made = [item.with_changes(comma=inner) for item in new[:-1]]
    last = new[-1].with_changes(comma=old.comma)
    field_name = "whitespace_after_param" if isinstance(old, cst.Param) else "whitespace_after_arg"
    return [*made, last.with_changes(**{field_name: getattr(old, field_name)})]


def separator(call: cst.Call) -> cst.Comma:
    """The comma that stands between the arguments of a call."""
    for arg in call.args[:-1]:
        if isinstance(arg.comma, cst.Comma):
            after = arg.comma.whitespace_after
            if isinstance(after, cst.ParenthesizedWhitespace):
                return arg.comma.with_changes(
                    whitespace_after=after.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=[])
                )
            return arg.comma
    return cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def with_arguments(call: cst.Call, args: list[cst.Arg]) -> cst.Call:
    """A call with new arguments; the last one keeps a comma only where the last one had it."""
    had = call.args[-1].comma if call.args else cst.MaybeSentinel.DEFAULT
    if args:
        args[-1] = args[-1].with_changes(comma=had)
    else:
        call = call.with_changes(whitespace_before_args=cst.SimpleWhitespace(""))
    return call.with_changes(args=args)


def trimmed(params: cst.Parameters) -> cst.Parameters:
    """No comma after the last parameter that was not there before."""
    starred = isinstance(params.star_arg, (cst.Param, cst.ParamStar))
    if params.params and not (starred or params.kwonly_params or params.star_kwarg):
        *first, last = params.params
        if isinstance(last.comma, cst.Comma) and isinstance(
            last.comma.whitespace_after, cst.SimpleWhitespace
        ):
            return params.with_changes(params=[*first, last.with_changes(comma=cst.MaybeSentinel.DEFAULT)])
    return params


def followed(last: cst.Arg, comma: cst.Comma) -> tuple[cst.Arg, cst.Comma | cst.MaybeSentinel]:
    """The last argument with `comma` after it, and the comma for the argument that then stands last.

    A comment at the end of its line stays beside the argument that it was written for.
    """
    blank, between = getattr(last.comma, "whitespace_after", None), comma.whitespace_after
    inside = isinstance(blank, cst.ParenthesizedWhitespace) and blank.first_line.comment is not None
    if not inside or not isinstance(between, cst.ParenthesizedWhitespace):
        return last.with_changes(comma=comma), last.comma
    assert isinstance(blank, cst.ParenthesizedWhitespace) and isinstance(last.comma, cst.Comma)
    bare = blank.first_line.with_changes(comment=None, whitespace=cst.SimpleWhitespace(""))
    own = comma.with_changes(whitespace_after=between.with_changes(first_line=blank.first_line))
    return last.with_changes(comma=own), last.comma.with_changes(
        whitespace_after=blank.with_changes(first_line=bare)
    )
