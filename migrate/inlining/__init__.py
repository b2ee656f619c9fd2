"""Helpers that build layers at their calls: read as if they stood there, then written as functions again."""
