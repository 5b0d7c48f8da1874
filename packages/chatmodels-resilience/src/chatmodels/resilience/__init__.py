"""Retry policies for the calls of chatmodels."""

from chatmodels.core.extending import publish
from chatmodels.resilience._retry import Retry

__all__ = ["Retry"]

publish(globals())
