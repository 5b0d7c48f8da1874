"""Log events, and log records with the ids of their span."""
