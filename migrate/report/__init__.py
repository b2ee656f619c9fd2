"""Results as text and as data; nothing here prints."""
