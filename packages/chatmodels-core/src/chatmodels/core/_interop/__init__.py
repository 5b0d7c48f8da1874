"""Readers and writers of the message formats of other libraries."""
