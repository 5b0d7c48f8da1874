"""The tool loop: rounds of a model and its tools, until the final response."""
