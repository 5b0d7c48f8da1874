"""Fetches models from a library onto the machine ("Pull a model")."""

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing

import msgspec

from chatmodels.core import StreamInterruptedError, Timeout, registry
from chatmodels.core.extending import ProviderOptions
from chatmodels.http import Frame, HttpRequest, NdjsonFramer
from chatmodels.http.wire import NOT_JSON, write_body
from chatmodels.providers.ollama._errors import reject
from chatmodels.providers.ollama._metadata import PROVIDER_NAME
from chatmodels.providers.ollama._provider import PROVIDER
from chatmodels.providers.ollama._wire import progress_decoder

_OVER = "success"
_STEP = 1_800.0
_PATIENCE = Timeout(read=_STEP, first_event=_STEP, between_events=_STEP)
"""How long a step may take unless the caller says otherwise, in seconds.

To verify a file of many gigabytes takes minutes, of which the server tells nothing.
"""


class PullProgress(msgspec.Struct, frozen=True, gc=False, repr_omit_defaults=True):
    """How far a pull is.

    Attributes:
        status: What is going on, in Ollama's words; "success" at last.
        digest: Which of the model's files is fetched, while one is.
        completed: How many bytes of it have come.
        total: How many bytes it has.
    """

    status: str
    digest: str | None = None
    completed: int | None = None
    total: int | None = None


def pull(model: str, /, *, insecure: bool = False, **options: object) -> Generator[PullProgress]:
    """Fetch a model, and tell how far it is; what is there already is not fetched again.

    To leave the generator before its end, or to close it, stops the pull; another one goes on
    where it was left.

    Args:
        model: Its name in the library, as in "qwen3:4b".
        insecure: Whether the library may be one without TLS.
        options: As for `create_chat_model`, such as `host` and `timeout`.

    Yields:
        The steps, some of them many times a second.

    Raises:
        ModelNotFoundError: The library has no such model.
        StreamInterruptedError: The pull ended before the model was there.
        ChatModelError: Anything else went wrong.
    """
    last = ""
    found, request = _prepared(model, insecure, options)
    with closing(PROVIDER.follow(found, request, NdjsonFramer(), _read, op="pull")) as steps:
        for progress in steps:
            last = progress.status
            yield progress
    _require_success(model, last)


async def apull(
    model: str, /, *, insecure: bool = False, **options: object
) -> AsyncGenerator[PullProgress]:
    """Fetch a model, awaited; the twin of `pull`. A cancelled task stops the pull."""
    last = ""
    found, request = _prepared(model, insecure, options)
    following = PROVIDER.afollow(found, request, NdjsonFramer(), _read, op="pull")
    async with aclosing(following) as steps:
        async for progress in steps:
            last = progress.status
            yield progress
    _require_success(model, last)


def _prepared(
    model: str, insecure: bool, options: dict[str, object]
) -> tuple[ProviderOptions, HttpRequest]:
    body = {"model": model, "stream": True} | ({"insecure": True} if insecure else {})
    request = HttpRequest(path="/api/pull", body=write_body(body, PROVIDER_NAME, ()))
    found = registry.provider_options(PROVIDER_NAME, **options)
    if found.timeout == Timeout():
        found = msgspec.structs.replace(found, timeout=_PATIENCE)
    return found, request


def _read(frame: Frame) -> PullProgress:
    try:
        wire = progress_decoder.decode(frame.data)
    except NOT_JSON as error:
        reject(frame.data, error, "the progress of a pull")
    if wire.error or wire.status is None:
        reject(frame.data, "it has no status", "the progress of a pull")
    return PullProgress(wire.status, wire.digest, wire.completed, wire.total)


def _require_success(model: str, last: str) -> None:
    if last != _OVER:
        raise StreamInterruptedError(
            f"{PROVIDER_NAME}: the pull of {model!r} ended after {last or 'nothing'!r}; "
            "pull again, which goes on from there",
            op="pull",
            provider=PROVIDER_NAME,
        )
