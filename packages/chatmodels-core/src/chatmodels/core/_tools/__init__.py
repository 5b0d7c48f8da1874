"""Functions as tools, and types as structured output."""
