"""Files in and out: the only package that touches the user's disk."""
