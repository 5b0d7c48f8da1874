"""Log events, and records with the ids of their span."""
