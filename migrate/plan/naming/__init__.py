"""Names of new things, and names that are taken."""
