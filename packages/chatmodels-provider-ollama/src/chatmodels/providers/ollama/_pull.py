"""Downloading of models from a library to the server ("Pull a model")."""

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

_SUCCESS = "success"
_STEP = 1_800.0
_DEFAULT_TIMEOUT = Timeout(read=_STEP, first_event=_STEP, between_events=_STEP)
"""The default time limits of a step, in seconds.

The server verifies files of many gigabytes for minutes without reporting progress.
"""


class PullProgress(msgspec.Struct, frozen=True, gc=False, repr_omit_defaults=True):
    """The progress of a pull.

    Attributes:
        status: The current step as named by Ollama; "success" is the last one.
        digest: The digest of the file that is downloaded; None for other steps.
        completed: The downloaded bytes of the file.
        total: The size of the file in bytes.
    """

    status: str
    digest: str | None = None
    completed: int | None = None
    total: int | None = None


def pull(model: str, /, *, insecure: bool = False, **options: object) -> Generator[PullProgress]:
    """Download a model and yield the progress; complete files are not downloaded again.

    Closing the generator stops the pull; the next pull continues from there.

    Args:
        model: The model's name in the library, for example "qwen3:4b".
        insecure: Whether to allow a library without TLS.
        options: Options of `create_chat_model`, such as `host` and `timeout`.

    Yields:
        The progress of each step, up to many times a second.

    Raises:
        ModelNotFoundError: The library does not have the model.
        StreamInterruptedError: The pull ended before the model was complete.
        ChatModelError: The pull failed for another reason.
    """
    last = ""
    resolved, request = _prepare(model, insecure, options)
    with closing(PROVIDER.follow(resolved, request, NdjsonFramer(), _read, op="pull")) as steps:
        for progress in steps:
            last = progress.status
            yield progress
    _require_success(model, last)


async def apull(
    model: str, /, *, insecure: bool = False, **options: object
) -> AsyncGenerator[PullProgress]:
    """Download a model and yield the progress: the async form of `pull`.

    Cancelling the task stops the pull.
    """
    last = ""
    resolved, request = _prepare(model, insecure, options)
    stream = PROVIDER.afollow(resolved, request, NdjsonFramer(), _read, op="pull")
    async with aclosing(stream) as steps:
        async for progress in steps:
            last = progress.status
            yield progress
    _require_success(model, last)


def _prepare(
    model: str, insecure: bool, options: dict[str, object]
) -> tuple[ProviderOptions, HttpRequest]:
    body = {"model": model, "stream": True} | ({"insecure": True} if insecure else {})
    request = HttpRequest(path="/api/pull", body=write_body(body, PROVIDER_NAME, ()))
    resolved = registry.provider_options(PROVIDER_NAME, **options)
    if resolved.timeout == Timeout():
        resolved = msgspec.structs.replace(resolved, timeout=_DEFAULT_TIMEOUT)
    return resolved, request


def _read(frame: Frame) -> PullProgress:
    try:
        wire = progress_decoder.decode(frame.data)
    except NOT_JSON as error:
        reject(frame.data, error, "the progress of a pull")
    if wire.error or wire.status is None:
        reject(frame.data, "it has no status", "the progress of a pull")
    return PullProgress(wire.status, wire.digest, wire.completed, wire.total)


def _require_success(model: str, last: str) -> None:
    if last != _SUCCESS:
        raise StreamInterruptedError(
            f"{PROVIDER_NAME}: the pull of {model!r} ended after {last or 'nothing'!r}; "
            "pull again to continue",
            op="pull",
            provider=PROVIDER_NAME,
        )
