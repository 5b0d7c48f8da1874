"""Providers by name, their options and secrets, and the models made from them."""
