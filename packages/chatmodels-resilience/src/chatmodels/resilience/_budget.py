"""Limits the tokens and the cost that a model can use."""

from decimal import Decimal
from threading import RLock
from typing import Any, Literal

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    Cost,
    QuotaExceededError,
)
from chatmodels.core.extending import CallInfo, Flow, Send, load_price_list, logger
from chatmodels.resilience._validation import number_problems

UnknownCost = Literal["raise", "ignore"]


class Budget:
    """A policy that refuses calls when a number of tokens, or an amount of money, has been used.

    The usage of a call is known when it ends, so calls that are under way can exceed the budget.
    What arrived of a failed call or of a stream that was left early counts, if its usage is known.

    The cost is `response.cost`. If it is unknown although the tokens are known, no price list has
    the model: pass `prices=` to it. Each such model is logged once as a warning.

    >>> budget = Budget(tokens=1_000_000, cost=5)  # for model.with_policies(budget)

    Args:
        tokens: The number of tokens, of input and output together; None for no limit.
        cost: The amount of money; None for no limit. It can be a float, an int or a `Decimal`.
        currency: The currency of `cost`, by its code of ISO 4217.
        unknown_cost: The reaction to a call whose cost is unknown, if there is a limit. After it,
            "raise" refuses all calls, as their cost cannot be limited; "ignore" counts only the
            calls whose cost is known.

    Raises:
        ConfigurationError: There is no limit, or it is not positive.
    """

    def __init__(
        self,
        *,
        tokens: int | None = None,
        cost: Decimal | float | None = None,
        currency: str = "USD",
        unknown_cost: UnknownCost = "raise",
    ) -> None:
        problems = _problems(tokens, cost, unknown_cost)
        if problems:
            raise ConfigurationError(f"Budget: {problems}", op="configure")
        self.tokens = tokens
        self.cost = None if cost is None else Decimal(str(cost))
        self.currency = currency
        self.unknown_cost: UnknownCost = unknown_cost
        self._used = 0
        self._spent = Decimal(0)
        self._unknown: dict[tuple[str, str], str] = {}
        self._lock = RLock()  # the garbage collector can end a call within `with`
        if cost is not None:
            load_price_list()  # not at the end of the first call, since it takes half a second

    @property
    def used(self) -> int:
        """The tokens used so far."""
        return self._used

    @property
    def spent(self) -> Decimal:
        """The known cost so far; always 0 without `cost`."""
        return self._spent

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Return the flow of one call."""
        if reason := self._exhausted():
            raise QuotaExceededError(reason)
        call.on_end(self._add)
        return (yield Send(request))

    def _exhausted(self) -> str:
        """Return the reason to refuse a call; empty if there is none."""
        if self.tokens is not None and self._used >= self.tokens:
            return (
                f"the budget of {self.tokens:,} tokens is used up ({self._used:,} used); "
                "create another Budget to continue"
            )
        if self.cost is None:
            return ""
        if self._spent >= self.cost:
            return (
                f"the budget of {self.cost:f} {self.currency} is used up ({self._spent:f} spent); "
                "create another Budget to continue"
            )
        if self._unknown and self.unknown_cost == "raise":
            (provider, model), reason = next(iter(self._unknown.items()))
            return (
                f"the budget of {self.cost:f} {self.currency} cannot be kept, as the cost of "
                f"{provider}:{model} is unknown: {reason}; create the model with prices=..., or "
                'the Budget with unknown_cost="ignore"'
            )
        return ""

    def _add(self, response: ChatResponse[Any] | None, error: BaseException | None, /) -> None:
        if response is None:
            return
        usage = response.usage
        cost = None if self.cost is None else response.cost
        with self._lock:
            self._used += usage.total_tokens or 0
            # Without its tokens, a call counts nothing, as for the budget of tokens.
            if cost is not None and (cost.amount is not None or usage.total_tokens is not None):
                self._spend(cost, (response.provider, response.model or response.requested_model))

    def _spend(self, cost: Cost, model: tuple[str, str]) -> None:
        if cost.amount is not None and cost.currency == self.currency:
            self._spent += cost.amount
        elif model not in self._unknown:
            reason = cost.reason or f"it is in {cost.currency}"
            self._unknown[model] = reason
            logger("chatmodels.resilience").warning(
                "a budget cannot count the cost of %s:%s: %s", *model, reason
            )

    def __repr__(self) -> str:
        parts: list[str] = []
        if self.tokens is not None:
            parts.append(f"{self._used:,} of {self.tokens:,} tokens used")
        if self.cost is not None:
            parts.append(f"{self._spent:f} of {self.cost:f} {self.currency} spent")
        return f"<Budget: {', '.join(parts)}>"

    def __reduce__(self) -> Any:
        """Pickle the configuration; another process counts for itself."""
        return _budget, (self.tokens, self.cost, self.currency, self.unknown_cost)


def _problems(tokens: object, cost: object, unknown_cost: object) -> str:
    numbers: dict[str, tuple[object, float, bool]] = {}
    if tokens is not None:
        numbers["tokens"] = (tokens, 1, True)
    if cost is not None:
        number = float(cost) if isinstance(cost, Decimal) and not cost.is_snan() else cost
        numbers["cost"] = (number, 0, False)
    problems = [number_problems(**numbers)]
    if not numbers:
        problems.append("pass tokens=..., cost=..., or both")
    if cost == 0:
        problems.append("cost must be above 0")
    if unknown_cost not in ("raise", "ignore"):
        problems.append(f"unknown_cost must be 'raise' or 'ignore', not {unknown_cost!r}")
    return "; ".join(filter(None, problems))


def _budget(
    tokens: int,
    cost: Decimal | None = None,
    currency: str = "USD",
    unknown_cost: UnknownCost = "raise",
) -> Budget:
    return Budget(tokens=tokens, cost=cost, currency=currency, unknown_cost=unknown_cost)
