"""What a call of `grad` or `value_and_grad` gives, for Linen's trees and for NNX's alike."""

from __future__ import annotations

from migrate.analysis.kinds import UNKNOWN, Sequence, Value


def shaped(with_value: bool, has_aux: bool, grads: Value, aux: Value) -> Value:
    """The gradients, beside the loss and what the loss function gives with it."""
    match with_value, has_aux:
        case True, True:
            return Sequence((Sequence((UNKNOWN, aux)), grads))
        case True, False:
            return Sequence((UNKNOWN, grads))
        case False, True:
            return Sequence((grads, aux))
        case _:
            return grads
