"""Prove on the user's own program that a migration kept the numbers."""
