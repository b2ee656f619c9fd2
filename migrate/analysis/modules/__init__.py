"""Linen module classes from the inside: their layers, fields, names and loops."""
