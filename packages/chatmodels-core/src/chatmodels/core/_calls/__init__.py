"""Calls: models, streams, policies, observers."""
