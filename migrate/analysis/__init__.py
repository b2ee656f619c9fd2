"""What the code means: scopes, names, kinds of values, where states flow, sizes."""
