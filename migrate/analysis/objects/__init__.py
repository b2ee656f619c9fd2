"""Objects of the project's own classes that keep models and states in attributes."""
