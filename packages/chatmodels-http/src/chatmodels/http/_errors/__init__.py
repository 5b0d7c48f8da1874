"""Failed responses as errors."""
