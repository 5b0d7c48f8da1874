"""Retries and other policies around the calls of chatmodels."""

from chatmodels.resilience._retry import Retry

__all__ = ["Retry"]
