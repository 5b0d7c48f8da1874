"""JSON Schemas, and their translation for vendors."""
