"""Errors: their classes, the rules for their codes, and how they are pickled."""
