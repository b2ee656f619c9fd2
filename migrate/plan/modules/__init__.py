"""What a module class becomes: its `__init__`, and the calls in it."""
