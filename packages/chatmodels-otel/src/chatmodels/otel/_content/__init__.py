"""The content of calls: captured, encoded, truncated."""
