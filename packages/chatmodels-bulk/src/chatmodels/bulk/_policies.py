"""The policies of a run around its model."""

from collections.abc import Mapping
from typing import Any

from chatmodels.bulk._gate import Gate
from chatmodels.bulk._limited_rows import LimitedRows
from chatmodels.bulk._limits import Limits, Via
from chatmodels.core import (
    ChatModel,
    InvalidRequestError,
    create_chat_model,
)
from chatmodels.core.extending import Policy


def limited(
    model: ChatModel | str,
    limits: Limits,
    gate: Gate,
    model_options: Mapping[str, Any] | None = None,
    /,
    *,
    via: Via = "calls",
) -> ChatModel:
    """Return the model with the policies of a run.

    The limits of requests and tokens are inside of the retries, so that they count each attempt,
    and a `Retry-After` holds the other rows back for as long, unless it is about its row alone. An
    alias or a ready model has retries of its own, inside of which nothing can be added.

    Raises:
        ConfigurationError: The model cannot be created, or a limit has no effect.
        InvalidRequestError: There are options for a model that exists already, or `max_retries`.
    """
    from chatmodels.resilience import RateLimit, Retry

    limits.refuse_unused(via)
    requests, tokens = limits.requests_per_minute, limits.tokens_per_minute
    rows = LimitedRows()
    limit = rows.outer(RateLimit(requests=requests, tokens=tokens))
    policies: list[Policy] = [gate.outer(limit)]
    chosen: dict[str, Any] = dict(model_options or {})
    if not isinstance(model, str):
        if chosen:
            raise InvalidRequestError(
                "model_options are for a model that is passed as text; create the model with "
                f"them instead: {', '.join(chosen)}"
            )
    elif ":" not in model:
        model = create_chat_model(model, **chosen)
    else:
        if "max_retries" in chosen:
            raise InvalidRequestError(
                "max_retries cannot be an option of the model; pass Limits(retries=...)"
            )
        chosen["max_retries"] = 0
        model = create_chat_model(model, **chosen)
        policies = [gate.outer(Retry(max_retries=limits.retries)), limit]
    return model.with_policies(*policies, gate.inner(rows.inner))
