"""A model that distributes calls over other models."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal

from chatmodels.core import (
    ChatModel,
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    ErrorCode,
    HealthReport,
    InternalError,
    TokenCount,
)
from chatmodels.core.extending import (
    AsyncHealthChecker,
    AsyncTokenCounter,
    CallableModel,
    CallInfo,
    Explanation,
    HealthChecker,
    StandardChatModel,
    TokenCounter,
)
from chatmodels.resilience._circuit_breaker import OUTAGE_CODES
from chatmodels.resilience._fallback import FALLBACK_CODES
from chatmodels.resilience._route_member import RouteMember, RouteStrategy
from chatmodels.resilience._routing import Routing
from chatmodels.resilience._strategies import STRATEGIES
from chatmodels.resilience._validation import code_problems, model_problems, number_problems

UNHEALTHY_CODES = OUTAGE_CODES | {
    ErrorCode.AUTHENTICATION,
    ErrorCode.CIRCUIT_OPEN,
    ErrorCode.MODEL_NOT_FOUND,
    ErrorCode.PERMISSION_DENIED,
    ErrorCode.QUOTA_EXCEEDED,
    ErrorCode.RATE_LIMITED,
}
"""The codes of errors after which a `Route` leaves a member out: its next call would fail, too."""

StrategyName = Literal["round_robin", "least_busy", "lowest_latency", "cheapest", "sticky"]


class Route(StandardChatModel):
    """A model that distributes calls over other models, and calls another one if one fails.

    It is used as any model is: call it, or add policies and observers. Each member applies its own
    default settings, policies, retries and rules for what it does not support. The response has the
    provider, the model and the warnings of the member that returned it. `failed_attempts` of the
    response or of the error lists the failed attempts of all members.

    After an error with a code in `on`, the strategy chooses among the members that were not called
    yet. A request with `idempotent=False` is sent to one member only. A stream is replaced only
    before its first event. A total time limit of the call applies to all members together. Retries
    of a member come before its replacement: create members with `max_retries=0` to replace them at
    once.

    A member is left out after `failures` failures in a row, or at once for the time that its
    provider advises (`retry_after`). After that time, one call probes it: its success brings the
    member back, and its failure leaves it out again. If all members are left out, calls raise
    `CircuitOpenError` without a request.

    The strategies, by name:

    - "round_robin": in turn.
    - "least_busy": the fewest calls under way. A stream is under way until it ends or is closed.
    - "lowest_latency": `LowestLatency()`, the lowest mean time to the first event or the response.
    - "cheapest": `Cheapest()`, the lowest price in the price list.
    - "sticky": `Sticky()`, the same member for the same setting `user`.

    `Weighted` and the classes above have arguments. Any function that is a
    `RouteStrategy` can be passed.

    Threads, tasks and event loops can share a route. A pickled one has its configuration only.
    `check_health` checks all members, `explain` describes the request of the first one,
    `count_tokens` counts its tokens, and `close` closes all of them. Replacements and changes of
    health are logged to `chatmodels.resilience`.

    ```python
    model = Route([first, second], "least_busy")
    print(model.generate("Hello").text)
    ```

    Args:
        models: The models, or a mapping from names of your choice to them. By default, a member is
            named `provider:model`, with a number if there are several.
        strategy: The name of a strategy, or a strategy.
        name: The name of the model that the route is, for errors, logs and observers; by default
            the names of the members' models. Its provider is "route".
        on: The codes of errors after which another member is called.
        failures: The number of failures in a row after which a member is left out.
        reset_after: Seconds until a probe of a member that is left out.
        unhealthy_on: The codes of errors that count as failures of a member.
        clock: Returns the time in seconds, on the scale of `CallInfo.deadline`.

    Raises:
        ConfigurationError: There are no models, something is not a model, a code or a strategy is
            unknown, a number is out of range, or the strategy does not fit the members.
    """

    def __init__(
        self,
        models: Sequence[CallableModel] | Mapping[str, CallableModel],
        strategy: StrategyName | RouteStrategy = "round_robin",
        *,
        name: str | None = None,
        on: Collection[ErrorCode | str] = FALLBACK_CODES,
        failures: int = 3,
        reset_after: float = 30.0,
        unhealthy_on: Collection[ErrorCode | str] = UNHEALTHY_CODES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        given = list(models.values() if isinstance(models, Mapping) else models)
        chosen = STRATEGIES.get(strategy) if isinstance(strategy, str) else lambda: strategy
        problems = model_problems(given)
        if not given:
            problems.append("pass at least one model")
        if chosen is None:
            problems.append(
                f"there is no strategy {strategy!r}; pass {', '.join(STRATEGIES)}, or an object "
                "such as Weighted(...)"
            )
        problems.append(
            number_problems(failures=(failures, 1, True), reset_after=(reset_after, 0, False))
        )
        problems += map(code_problems, (on, unhealthy_on))
        if chosen is None or any(problems):
            message = "; ".join(filter(None, problems))
            raise ConfigurationError(f"Route: {message}", op="configure")
        self._routing = Routing(
            dict(models) if isinstance(models, Mapping) else _named(models),
            chosen(),
            frozenset(map(ErrorCode, on)),
            failures,
            reset_after,
            frozenset(map(ErrorCode, unhealthy_on)),
            clock,
        )
        name = name or "|".join(dict.fromkeys(model.model for model in given))
        super().__init__("route", name, policies=[self._routing])

    @property
    def members(self) -> tuple[RouteMember, ...]:
        """The models with their current state."""
        return self._routing.members

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        """Raise an error: the members respond, not the route itself.

        Raises:
            InternalError: Always.
        """
        raise InternalError("a Route has no provider of its own; its members respond")

    def explanation(self, request: ChatRequest, /) -> Explanation:
        """Describe the request of the first member."""
        model = self.members[0].model
        if isinstance(model, ChatModel):
            return model.explain(request)
        return super().explanation(request)

    def token_count(self, request: ChatRequest, /) -> TokenCount:
        """Count the tokens of the request of the first member."""
        model = self.members[0].model
        if isinstance(model, TokenCounter):
            return model.count_tokens(request)
        return super().token_count(request)

    async def atoken_count(self, request: ChatRequest, /) -> TokenCount:
        """Count the tokens of the request of the first member; async."""
        model = self.members[0].model
        if isinstance(model, AsyncTokenCounter):
            return await model.acount_tokens(request)
        return await super().atoken_count(request)

    def probe(self) -> HealthReport:
        """Check the health of all members, one after another."""
        models = [each.model for each in self.members]
        return self._summary(
            [each.check_health() for each in models if isinstance(each, HealthChecker)]
        )

    async def aprobe(self) -> HealthReport:
        """Check the health of all members, one after another; async."""
        models = [each.model for each in self.members]
        return self._summary(
            [await each.acheck_health() for each in models if isinstance(each, AsyncHealthChecker)]
        )

    def _summary(self, reports: Sequence[HealthReport]) -> HealthReport:
        """Return a report that is as good as the best one: one healthy member is enough."""
        statuses = [report.status for report in reports]
        healthy = statuses.count("healthy")
        worst = "unhealthy" if set(statuses) == {"unhealthy"} else "unknown"
        messages = [f"{healthy} of {len(self.members)} members are healthy"]
        messages += [f"{each.provider}: {each.message}" for each in reports if each.message]
        return HealthReport(
            provider=self.provider,
            status="healthy" if healthy else worst,
            message="; ".join(messages),
        )

    def close(self) -> None:
        """Close all members."""
        for member in self.members:
            if isinstance(member.model, ChatModel):
                member.model.close()

    async def aclose(self) -> None:
        """Close all members; async."""
        for member in self.members:
            if isinstance(member.model, ChatModel):
                await member.model.aclose()


def _named(models: Sequence[CallableModel]) -> dict[str, CallableModel]:
    """Return the models by name, `provider:model`, with a number from the second of a name on."""
    named: dict[str, CallableModel] = {}
    counts: dict[str, int] = {}
    for model in models:
        name = f"{model.provider}:{model.model}"
        counts[name] = count = counts.get(name, 0) + 1
        named[name if count == 1 else f"{name} #{count}"] = model
    return named
