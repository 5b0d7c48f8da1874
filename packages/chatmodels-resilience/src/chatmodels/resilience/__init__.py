"""Policies around the calls of chatmodels: retries, fallbacks, limits.

Each policy serves all four shapes of a call. `model.with_policies(outer, inner)` adds policies
outside of those that the model has, the first one outermost.
"""

from chatmodels.core.extending import publish
from chatmodels.resilience._budget import Budget
from chatmodels.resilience._circuit_breaker import OUTAGE_CODES, CircuitBreaker
from chatmodels.resilience._concurrency import OVERLOAD_CODES, Concurrency
from chatmodels.resilience._deadline import Deadline
from chatmodels.resilience._fallback import FALLBACK_CODES, Fallback
from chatmodels.resilience._rate_limit import RateLimit
from chatmodels.resilience._reask import Reask
from chatmodels.resilience._retry import Retry

__all__ = [
    "FALLBACK_CODES",
    "OUTAGE_CODES",
    "OVERLOAD_CODES",
    "Budget",
    "CircuitBreaker",
    "Concurrency",
    "Deadline",
    "Fallback",
    "RateLimit",
    "Reask",
    "Retry",
]

publish(globals())
