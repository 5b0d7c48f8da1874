"""Waiting, threads and tasks of async calls."""
