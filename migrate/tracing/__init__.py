"""`migrate --trace`: the sizes of layers, read off a call of the user's own code."""
