"""Secrets, whose values are not shown."""

import os
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NoReturn, Self, TypeGuard

from chatmodels.core._concurrency.running import running_library
from chatmodels.core._errors.classes import AuthenticationError, ChatModelError, ConfigurationError

SecretSource = str | Callable[[], str | Awaitable[str]]
"""A secret, or a sync or async function that returns the current one."""

MASK = "***"
"""Text that stands in place of a secret."""


class Secret:
    """A credential: a static value, or a function that returns a rotating one.

    Its value does not appear in any repr, string, format, pickle or JSON; only `reveal` and
    `areveal` return it. A function is called for every request, so it should cache an expensive
    value. A result that cannot be sent in a header is rejected here, because the error of an HTTP
    library would quote it.

    A pickle does not contain the value. A value from an environment variable is read again from
    the environment; other values are missing after unpickling, which the first use reports.
    Copies and deep copies are the same object.

    Args:
        source: The value, or a sync or async function that returns it.
        origin: The environment variable that the value came from, if any.

    Raises:
        ConfigurationError: The source is empty, or neither a `str` nor a function.

    Examples:
        >>> key = Secret("sk-1234")
        >>> print(f"{key} {key!r} {key.reveal()}")
        *** Secret('***') sk-1234
    """

    __slots__ = ("_origin", "_source", "_value")

    def __init__(self, source: SecretSource, /, *, origin: str | None = None) -> None:
        # A type checker rules this out, but not every caller uses one.
        value: object = source
        self._origin = origin
        self._value: str | None = None
        self._source: Callable[[], str | Awaitable[str]] | None = None
        if isinstance(value, str):
            if not value:
                raise ConfigurationError("a secret must not be empty")
            self._value = value
        elif callable(source):
            self._source = source
        else:
            raise ConfigurationError(
                "a secret must be a str or a function that returns one, not an object of type "
                f"{type(value).__name__}"
            )

    @property
    def origin(self) -> str | None:
        """The environment variable that the value came from; None for other sources."""
        return self._origin

    @property
    def static(self) -> bool:
        """True if the value never changes; otherwise, a retry of a rejected call can succeed."""
        return self._source is None

    @property
    def sendable(self) -> bool:
        """False if the value is known and is not printable ASCII without spaces."""
        return self._value is None or _is_sendable(self._value)

    def reveal(self) -> str:
        """Return the value.

        Raises:
            AuthenticationError: The function failed, did not return a str, or is async; or the
                value is missing because the secret was pickled.
        """
        return self._call() if self._value is None else self._value

    async def areveal(self) -> str:
        """Return the value; an async function is awaited.

        A sync function is called in a worker thread, since it can fetch the value over a network.

        Raises:
            AuthenticationError: The function failed or did not return a str; or the value is
                missing because the secret was pickled.
        """
        if self._value is not None:
            return self._value
        if self._source is None:
            return self._value_from_environment()
        try:
            value = await _called(self._source)
            if not isinstance(value, str):
                value = await value
        except Exception as error:
            _fail(error)
        if not _is_usable(value):
            problem = _problem(value)
            del value  # a traceback would show it
            raise AuthenticationError(problem)
        return value

    def _call(self) -> str:
        if self._source is None:
            return self._value_from_environment()
        try:
            value = self._source()
        except Exception as error:
            _fail(error)
        if isinstance(value, Coroutine):
            # Otherwise Python would warn that it was never awaited.
            value.close()
            raise AuthenticationError(
                "the secret comes from an async function, which a sync call cannot await; use the "
                "async methods (agenerate, astream, abatch) or pass a sync function"
            )
        if not _is_usable(value):
            problem = _problem(value)
            del value  # a traceback would show it
            raise AuthenticationError(problem)
        return value

    def _value_from_environment(self) -> str:
        value = os.environ.get(self._origin) if self._origin else None
        if not value:
            raise AuthenticationError(
                f"the secret came from {self._origin}, which is not set in this process; set it"
                if self._origin
                else "the secret was passed in another process, and pickles do not contain "
                "secrets; create the model here, or set the secret in the environment"
            )
        if not _is_sendable(value):
            del value  # a traceback would show it
            raise AuthenticationError(
                f"the secret in {self._origin} has white space, control characters or non-ASCII "
                "letters; strip line ends"
            )
        self._value = value
        return value

    def __repr__(self) -> str:
        return f"Secret({MASK!r})" if self._origin is None else f"Secret(from {self._origin})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str, /) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        if self._value is not None:
            return self._value == other._value
        return self is other or (self._source is not None and self._source == other._source)

    def __hash__(self) -> int:
        return hash(self._source if self._value is None else self._value)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any], /) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Secret._unpickled, (self._origin,)

    @classmethod
    def _unpickled(cls, origin: str | None) -> Self:
        secret = cls(MASK, origin=origin)
        # The variable can be set after unpickling, so it is read when the secret is used.
        secret._value = None
        return secret


async def _called(source: Callable[[], str | Awaitable[str]]) -> str | Awaitable[str]:
    code = getattr(source, "__code__", None)
    if code is not None and code.co_flags & _ASYNC:
        return source()
    return await running_library().in_thread(source)


_ASYNC = 0x80  # inspect.CO_COROUTINE, without importing inspect


_unpickled = Secret._unpickled  # pyright: ignore[reportPrivateUsage] - in pickles of 0.1.0


def _is_usable(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value) and _is_sendable(value)


def _problem(value: object) -> str:
    subject = "the function of the secret returned"
    if not isinstance(value, str):
        return f"{subject} an object of type {type(value).__name__}, not a str"
    if not value:
        return f"{subject} an empty str"
    return (
        f"{subject} a str with white space, control characters or non-ASCII letters; "
        "strip line ends"
    )


def _is_sendable(value: str) -> bool:
    return value.isascii() and value.isprintable() and " " not in value


def _fail(error: Exception) -> NoReturn:
    if isinstance(error, ChatModelError):
        raise error
    # Its message could quote the secret; the cause is chained for debugging.
    raise AuthenticationError(
        f"the function of the secret failed with {type(error).__name__}"
    ) from error
