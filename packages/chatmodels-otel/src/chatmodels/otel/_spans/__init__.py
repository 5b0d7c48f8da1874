"""Spans of calls, tools and registries."""
