"""The errors of batches: those that pass, refuse a batch, make it unreadable, or end the run."""

from chatmodels.bulk._batch_shards import ATTEMPTS, Shard
from chatmodels.core import (
    CallTimeoutError,
    ChatModelError,
    ConfigurationError,
    ErrorCode,
    InvalidRequestError,
    ResponseInvalidError,
    is_retryable,
)

FAILURES = 10
"""The number of requests about a batch, or of creations, with which a run ends if all fail."""

_TIMEOUT = 408
_NOT_FOUND = 404


def tolerate(error: ChatModelError, failures: int, /) -> None:
    """Accept an error that can pass; not many of them in a row.

    Raises:
        ChatModelError: The error, if it cannot pass or has come too often.
    """
    if not is_retryable(error) or failures >= FAILURES:
        raise error


def is_lost(error: ChatModelError, /) -> bool:
    """Report whether a batch, or its answers, can never be read."""
    return error.status == _NOT_FOUND or isinstance(error, ResponseInvalidError)


def lost_batch(id_: str | None, error: ChatModelError, /) -> ConfigurationError:
    """Return the error of a batch that can never be read."""
    return ConfigurationError(
        f"batch {id_} cannot be read: {error.message}; check that the API key belongs to its "
        "account, or pass changed='redo' to abandon it: the rows without a result are sent, and "
        "paid, again",
        op="bulk",
    )


def is_failure(error: ChatModelError, /) -> bool:
    """Report whether a batch failed by a fault of the vendor, instead of being refused."""
    return is_retryable(error) and error.code is not ErrorCode.RATE_LIMITED


def is_refusal(error: ChatModelError, /) -> bool:
    """Report whether a vendor has certainly not created a batch."""
    return error.status is not None and 400 <= error.status < 500 and error.status != _TIMEOUT


def too_few(shard: Shard, fewest: int, /) -> InvalidRequestError:
    """Return the error of rows that are too few for a batch."""
    remedy = (
        f"{len(shard.rows)} are left for one; call the model for them with via='auto'"
        if shard.is_last
        else f"the limits of a batch allow {len(shard.rows)}; raise batch_rows or batch_tokens if "
        "they are small, or call the model with via='auto'"
    )
    return InvalidRequestError(
        f"the vendor accepts batches of {fewest} rows or more, and {remedy}", op="batch"
    )


def unanswered() -> CallTimeoutError:
    """Return the error of a row that no batch has answered."""
    return CallTimeoutError(
        f"the row was in {ATTEMPTS} batches, and none of them has answered it; retry it, or use "
        "via='auto'"
    )
