"""The content of calls: selection, encoding, truncation."""
