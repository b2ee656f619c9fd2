"""Public training programs, run before and after their migration on small synthetic data."""
