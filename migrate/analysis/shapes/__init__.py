"""Shapes of arrays as expressions, through every operation that is known."""
