"""Responses of HTTP/1.1, read from bytes without a network."""
