"""Functions as tools, types as forms of answers, and the JSON Schema of both."""
