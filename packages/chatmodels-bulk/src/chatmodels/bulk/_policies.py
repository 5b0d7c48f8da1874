"""The policies of a run around its model."""

from typing import Any

from chatmodels.bulk._limits import Limits
from chatmodels.core import (
    ChatModel,
    ChatRequest,
    OutputInvalidError,
    ResponseInvalidError,
    create_chat_model,
)
from chatmodels.core.extending import CallInfo, Flow, Policy, Send


def limited(model: ChatModel | str, limits: Limits, /) -> ChatModel:
    """Return the model with the policies of a run.

    The limits of requests and tokens are inside of the retries, so that they count each attempt,
    and a `Retry-After` holds the other rows back for as long. An alias or a ready model has retries
    of its own, inside of which nothing can be added.

    Raises:
        ConfigurationError: The model cannot be created.
    """
    from chatmodels.resilience import RateLimit, Retry

    policies: list[Policy] = [_again_if_malformed]
    if not isinstance(model, str):
        pass
    elif ":" not in model:
        model = create_chat_model(model)
    else:
        model = create_chat_model(model, max_retries=0)
        policies.append(Retry(max_retries=limits.retries))
    requests, tokens = limits.requests_per_minute, limits.tokens_per_minute
    return model.with_policies(*policies, RateLimit(requests=requests, tokens=tokens))


def _again_if_malformed(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
    """Send a request once more if its response is malformed, which can be by chance."""
    try:
        return (yield Send(request))
    except OutputInvalidError:
        raise  # the model's mistake: `Reask` is for it
    except ResponseInvalidError:
        return (yield Send(request))
