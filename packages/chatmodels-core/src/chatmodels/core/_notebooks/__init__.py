"""Shows values in notebooks."""
