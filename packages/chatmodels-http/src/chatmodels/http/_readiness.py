"""Waits for a server that starts, or that loads its model."""

import time
from collections.abc import Callable, Sequence

from chatmodels.core import ChatModelError, ModelInfo, registry
from chatmodels.core.extending import running_library


def wait_until_ready(
    name: str,
    /,
    *,
    within: float = 600.0,
    interval: float = 0.5,
    on_wait: Callable[[ChatModelError], object] | None = None,
    **options: object,
) -> Sequence[ModelInfo]:
    """Request the list of models until the server of a provider returns it.

    A refused connection, a time-out and a status such as 503 are waited for: llama.cpp's server
    responds with 503 while it loads its model, and vLLM's opens its port afterwards.

    Args:
        name: The registered name of the provider, as in "llamacpp".
        within: The longest time to wait, in seconds.
        interval: The time between two requests, in seconds.
        on_wait: A function that is called with the error of each failed request, to show progress.
        options: Options of the provider, such as `base_url`: see `create_chat_model`.

    Returns:
        The models that the server lists.

    Raises:
        ChatModelError: The server was not ready in time, and this is its last error; or it failed
            in a way that does not end by itself, as for a rejected key.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            return registry.list_models(name, **options)
        except ChatModelError as error:
            if not error.retryable or time.monotonic() >= deadline:
                raise
            if on_wait is not None:
                on_wait(error)
        time.sleep(interval)


async def await_until_ready(
    name: str,
    /,
    *,
    within: float = 600.0,
    interval: float = 0.5,
    on_wait: Callable[[ChatModelError], object] | None = None,
    **options: object,
) -> Sequence[ModelInfo]:
    """Async version of `wait_until_ready`."""
    deadline = time.monotonic() + within
    while True:
        try:
            return await registry.alist_models(name, **options)
        except ChatModelError as error:
            if not error.retryable or time.monotonic() >= deadline:
                raise
            if on_wait is not None:
                on_wait(error)
        await running_library().sleep(interval)
