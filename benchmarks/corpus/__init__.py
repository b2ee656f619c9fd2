"""What becomes of public Linen code: what is migrated, why the rest is not, and what is broken."""
