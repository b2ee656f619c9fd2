"""Functions that build layers and are called from other files: read as if each of these had them itself."""
