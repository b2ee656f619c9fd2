"""What functions take and give afterwards, and who could notice."""
