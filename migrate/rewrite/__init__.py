"""libcst edits: from a plan's edits to new text, with everything else byte for byte as it was."""
