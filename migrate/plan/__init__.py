"""What each component becomes, and why not: components, names, the edits that the rules ask for."""
