"""How long linen2nnx takes, beside a bare parse and the tools that do similar work."""
