"""Policies around the calls of chatmodels: retries, fallbacks, limits.

Each policy serves all four shapes of a call. `model.with_policies(outer, inner)` adds policies
outside of those that the model has, the first one outermost.

All policies except `Retry`, which HTTP models use, are imported on first use.
"""

from typing import TYPE_CHECKING

from chatmodels.core.extending import import_lazily, publish
from chatmodels.resilience._retry import Retry

if TYPE_CHECKING:
    from chatmodels.resilience._budget import Budget
    from chatmodels.resilience._cache import Cache
    from chatmodels.resilience._circuit_breaker import OUTAGE_CODES, CircuitBreaker
    from chatmodels.resilience._concurrency import OVERLOAD_CODES, Concurrency
    from chatmodels.resilience._deadline import Deadline
    from chatmodels.resilience._fallback import FALLBACK_CODES, Fallback
    from chatmodels.resilience._hedge import Hedge
    from chatmodels.resilience._memory_store import CacheStore, MemoryStore
    from chatmodels.resilience._rate_limit import RateLimit
    from chatmodels.resilience._reask import Reask
    from chatmodels.resilience._redis_limits import RedisLimits
    from chatmodels.resilience._redis_store import RedisStore
    from chatmodels.resilience._retry_budget import RetryBudget
    from chatmodels.resilience._route import UNHEALTHY_CODES, Route
    from chatmodels.resilience._route_member import RouteMember, RouteStrategy
    from chatmodels.resilience._sqlite_store import SqliteStore
    from chatmodels.resilience._strategies import Cheapest, LowestLatency, Sticky, Weighted

__all__ = [
    "FALLBACK_CODES",
    "OUTAGE_CODES",
    "OVERLOAD_CODES",
    "UNHEALTHY_CODES",
    "Budget",
    "Cache",
    "CacheStore",
    "Cheapest",
    "CircuitBreaker",
    "Concurrency",
    "Deadline",
    "Fallback",
    "Hedge",
    "LowestLatency",
    "MemoryStore",
    "RateLimit",
    "Reask",
    "RedisLimits",
    "RedisStore",
    "Retry",
    "RetryBudget",
    "Route",
    "RouteMember",
    "RouteStrategy",
    "SqliteStore",
    "Sticky",
    "Weighted",
]

_MODULES = {
    "FALLBACK_CODES": "_fallback",
    "OUTAGE_CODES": "_circuit_breaker",
    "OVERLOAD_CODES": "_concurrency",
    "UNHEALTHY_CODES": "_route",
    "Budget": "_budget",
    "Cache": "_cache",
    "CacheStore": "_memory_store",
    "Cheapest": "_strategies",
    "CircuitBreaker": "_circuit_breaker",
    "Concurrency": "_concurrency",
    "Deadline": "_deadline",
    "Fallback": "_fallback",
    "Hedge": "_hedge",
    "LowestLatency": "_strategies",
    "MemoryStore": "_memory_store",
    "RateLimit": "_rate_limit",
    "Reask": "_reask",
    "RedisLimits": "_redis_limits",
    "RedisStore": "_redis_store",
    "RetryBudget": "_retry_budget",
    "Route": "_route",
    "RouteMember": "_route_member",
    "RouteStrategy": "_route_member",
    "SqliteStore": "_sqlite_store",
    "Sticky": "_strategies",
    "Weighted": "_strategies",
}

publish(globals(), lazy=_MODULES)


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_lazily(globals(), _MODULES, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
